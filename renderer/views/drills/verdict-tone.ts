/** Which tone a verdict is shown in. */
import type { DrillVerdict } from '../../../electron/contract/drills.ts'
import type { Tone } from '../../lib/tone.ts'

const tones: Readonly<Record<DrillVerdict, Tone>> = { passed: 'good', failed: 'bad', aborted: 'bad', problem: 'bad', stopped: 'idle' }

export function verdictTone(verdict: DrillVerdict): Tone {
  return tones[verdict]
}
