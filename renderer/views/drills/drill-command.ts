/** The kubarium command that does what was just clicked with drills. */
import type { DrillChoice, DrillRepair } from '../../../electron/contract/drills.ts'
import { kubariumCommand } from '../../lib/kubarium-command.ts'

export function runCommand(choice: DrillChoice, seed: number | null, repair: DrillRepair, lab: string): string {
  return kubariumCommand(lab, 'drill', 'run', ...named(choice), ...(seed === null ? [] : ['--seed', String(seed)]), ...(repair === 'expert' ? ['--expert'] : []))
}

export function previewCommand(choice: DrillChoice, seed: number | null, lab: string): string {
  return kubariumCommand(lab, 'drill', 'preview', ...named(choice), ...(seed === null ? [] : ['--seed', String(seed)]))
}

function named(choice: DrillChoice): readonly string[] {
  return 'name' in choice ? [choice.name] : ['--file', choice.file]
}
