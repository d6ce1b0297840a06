/** The kubarium command that does what was just clicked with faults. */
import { targetText } from '../../../electron/contract/fault-target-text.ts'
import type { FaultKind, FaultTarget } from '../../../electron/contract/faults.ts'
import { kubariumCommand } from '../../lib/kubarium-command.ts'
import type { FaultOrder } from '../../stores/faults.ts'

/** Parameters that have their default are not said. */
export function injectCommand(kind: Pick<FaultKind, 'parameters'>, { kind: name, target, parameters, durationMs }: FaultOrder, lab: string): string {
  const isBoth = target.type === 'link' && target.bothWays
  const settings = kind.parameters.filter(parameter => parameters[parameter.name] !== undefined && parameters[parameter.name] !== parameter.default).map(parameter => `${parameter.name}=${parameters[parameter.name]}`)
  return kubariumCommand(
    lab, 'fault', 'inject', name, isBoth ? targetText({ ...target, bothWays: false }) : targetText(target),
    ...(settings.length === 0 ? [] : ['--set', ...settings]),
    ...(isBoth ? ['--both'] : []),
    ...(durationMs === null ? [] : ['--for', durationMs % 1_000 === 0 ? `${durationMs / 1_000}s` : `${durationMs}ms`]),
  )
}

export function previewCommand(kind: string, target: FaultTarget, lab: string): string {
  const isBoth = target.type === 'link' && target.bothWays
  return kubariumCommand(lab, 'fault', 'preview', kind, isBoth ? targetText({ ...target, bothWays: false }) : targetText(target), ...(isBoth ? ['--both'] : []))
}

/** @param id null: all that run. */
export function healCommand(id: string | null, lab: string): string {
  return kubariumCommand(lab, 'fault', 'heal', ...(id === null ? [] : [id]))
}
