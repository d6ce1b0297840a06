/** Faults drawn by a seed, with what they can be aimed at on a lab that has the objects of `steady-state.ts`. */
import { type Random, pick } from '../../../agents/base/random.ts'
import type { FaultKind } from '../../../electron/contract/faults.ts'
import { faults } from '../../../electron/labhost/drills/fault-kinds.ts'

export interface DrawnFault {
  readonly kind: string
  readonly target: string
  readonly lasts: boolean
}

export interface Aims {
  readonly components: readonly string[]
  readonly nodes: readonly string[]
  /** By resource: NAMESPACE/NAME. */
  readonly objects: Readonly<Record<string, readonly string[]>>
}

/** One, or two at once, in turn. */
export function drawFaults(count: number, random: Random, aims: Aims): readonly (readonly DrawnFault[])[] {
  const kinds = faults.map(({ kind }) => kind).filter(kind => kind.target !== 'link' && (kind.providers === null || kind.providers.includes('namespace')) && targetsOf(kind, aims).length > 0)
  const one = (): DrawnFault => {
    const kind = pick(random, kinds)!
    return { kind: kind.name, target: pick(random, targetsOf(kind, aims))!, lasts: kind.lasts }
  }
  const rounds: (readonly DrawnFault[])[] = []
  for (let left = count; left > 0; left -= rounds.at(-1)!.length) rounds.push(rounds.length % 2 === 0 || left === 1 ? [one()] : [one(), one()])
  return rounds
}

function targetsOf(kind: Pick<FaultKind, 'target' | 'resource'> & { readonly components?: readonly string[] }, { components, nodes, objects }: Aims): readonly string[] {
  switch (kind.target) {
    case 'component':
      return components.filter(name => kind.components === undefined || kind.components.includes(name.split('@')[0]!))
    case 'node':
      return nodes
    case 'object':
      return objects[kind.resource ?? ''] ?? []
    case 'link':
      return []
  }
}
