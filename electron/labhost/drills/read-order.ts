/** Checks what is asked for against the schema of its fault; everything that is wrong is refused by name. */
import type { FaultTarget, FaultValues } from '../../contract/faults.ts'
import { FaultError } from './fault-error.ts'
import type { Fault, FaultWorld, WrittenKind } from './fault.ts'
import { faults } from './fault-kinds.ts'

export const shortestMs = 100
export const longestMs = 24 * 3_600_000

export function findFault(name: string): Fault {
  const fault = faults.find(({ kind }) => kind.name === name)
  if (fault === undefined) throw new FaultError('not-found', `there is no fault "${name}"; \`kubarium fault kinds\` lists them`)
  return fault
}

/** Every parameter, given or by default. */
export function readParameters(kind: WrittenKind, given: FaultValues): FaultValues {
  const unknown = Object.keys(given).find(name => !kind.parameters.some(parameter => parameter.name === name))
  if (unknown !== undefined) throw new FaultError('invalid-argument', `${kind.name} has no parameter "${unknown}"; it has ${kind.parameters.map(({ name }) => name).join(', ') || 'none'}`)
  return Object.fromEntries(kind.parameters.map(parameter => {
    const value = Object.hasOwn(given, parameter.name) ? given[parameter.name]! : parameter.default
    const refuse = (wanted: string): never => { throw new FaultError('invalid-argument', `${parameter.name} of ${kind.name} must be ${wanted}, not ${JSON.stringify(value)}`) }
    if (parameter.type === 'number') {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      return [parameter.name, typeof number === 'number' && number >= parameter.least && number <= parameter.most ? number : refuse(`from ${parameter.least} to ${parameter.most} ${parameter.unit}`.trim())]
    }
    if (typeof value !== 'string') return [parameter.name, refuse('text')]
    return [parameter.name, parameter.type === 'text' || parameter.choices.includes(value) ? value : refuse(`one of ${parameter.choices.join(', ')}`)]
  }))
}

export function checkTarget(kind: WrittenKind, target: FaultTarget, world: FaultWorld): void {
  if (target.type !== kind.target) throw new FaultError('invalid-argument', `${kind.name} is aimed at a ${kind.resource ?? kind.target}, not at a ${target.type}`)
  if (target.type === 'component' && !world.components.includes(target.name)) throw new FaultError('not-found', `there is no component "${target.name}"; there are ${world.components.join(', ')}`)
  if (target.type === 'component' && kind.components !== undefined && !kind.components.includes(target.name.split('@')[0]!)) throw new FaultError('invalid-argument', `${kind.name} cannot be aimed at ${target.name}; it can at ${kind.components.join(', ')}`)
  for (const name of nodesOf(target)) {
    const node = world.nodes.find(candidate => candidate.name === name)
    if (node === undefined) throw new FaultError('not-found', `there is no node "${name}"; there are ${world.nodes.map(other => other.name).join(', ') || 'none'}`)
    if (kind.providers !== null && !kind.providers.includes(node.provider)) throw new FaultError('unsupported', `${kind.name} cannot be had on ${name}, whose provider is ${node.provider}; it can with ${kind.providers.join(', ')}`)
  }
}

function nodesOf(target: FaultTarget): readonly string[] {
  if (target.type === 'node') return [target.name]
  return target.type === 'link' ? [target.from, target.to].filter(end => end !== '*') : []
}
