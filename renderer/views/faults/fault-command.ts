/** The kubarium command that does what was just clicked. */
import { targetText } from '../../../electron/contract/fault-target-text.ts'
import type { FaultKind } from '../../../electron/contract/faults.ts'
import type { FaultOrder } from '../../stores/faults.ts'

const defaultLab = 'default'

/** Parameters that have their default are not said. */
export function injectCommand(kind: Pick<FaultKind, 'parameters'>, { kind: name, target, parameters, durationMs }: FaultOrder, lab: string): string {
  const isBoth = target.type === 'link' && target.bothWays
  const settings = kind.parameters.filter(parameter => parameters[parameter.name] !== undefined && parameters[parameter.name] !== parameter.default).map(parameter => quoted(`${parameter.name}=${parameters[parameter.name]}`))
  return [
    'kubarium fault inject', name, quoted(isBoth ? targetText({ ...target, bothWays: false }) : targetText(target)),
    ...(isBoth ? ['--both'] : []),
    ...(durationMs === null ? [] : [`--for ${durationMs % 1_000 === 0 ? `${durationMs / 1_000}s` : `${durationMs}ms`}`]),
    ...ofLab(lab),
    ...(settings.length === 0 ? [] : [`--set ${settings.join(' ')}`]),
  ].join(' ')
}

/** @param id null: all that run. */
export function healCommand(id: string | null, lab: string): string {
  return ['kubarium fault heal', ...(id === null ? [] : [id]), ...ofLab(lab)].join(' ')
}

function ofLab(lab: string): readonly string[] {
  return lab === defaultLab ? [] : [`--name ${lab}`]
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`
}
