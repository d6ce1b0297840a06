/** Which tone a reported state is shown in. */
import type { ComponentPhase, LabPhase, MachinePhase, NodeState } from '../../electron/contract/labs.ts'

export type Tone = 'good' | 'busy' | 'bad' | 'idle'

const phaseTones: Readonly<Record<ComponentPhase | LabPhase | MachinePhase, Tone>> = {
  running: 'good', ready: 'good',
  starting: 'busy', stopping: 'busy', deleting: 'busy', creating: 'busy', booting: 'busy', provisioning: 'busy', unready: 'busy', paused: 'busy', degraded: 'busy',
  crashed: 'bad', failed: 'bad',
  stopped: 'idle', absent: 'idle',
}

export function phaseTone(phase: ComponentPhase | LabPhase | MachinePhase): Tone {
  return phaseTones[phase]
}

export function readyTone(ready: NodeState['ready']): Tone {
  return ready === 'True' ? 'good' : ready === null ? 'idle' : ready === 'False' ? 'bad' : 'busy'
}

export function linkTone(link: NodeState['controlLink']): Tone {
  return link === 'up' ? 'good' : link === 'down' ? 'bad' : 'busy'
}
