/** The kubarium command that does what was just clicked with drills. */
import type { DrillChoice, DrillRepair } from '../../../electron/contract/drills.ts'
import { kubariumCommand } from '../../lib/kubarium-command.ts'

export function runCommand(choice: DrillChoice, seed: number | null, repair: DrillRepair, lab: string): string {
  return kubariumCommand(lab, 'drill', 'run', ...('name' in choice ? [choice.name] : ['--file', choice.file]), ...(seed === null ? [] : ['--seed', String(seed)]), ...(repair === 'expert' ? ['--expert'] : []))
}
