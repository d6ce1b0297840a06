/**
 * What a fault can be aimed at in this lab, and whether what was written fits its schema. The lab host checks again.
 *
 *   CO1  A component is offered only if the fault can be aimed at such a one, a node only if its provider can have the fault.
 *   CO2  A number fits from its least to its most, both included; a text always does.
 */
import type { FaultKind, FaultParameter } from '../../../electron/contract/faults.ts'
import type { ComponentState, LabState, NodeState } from '../../../electron/contract/labs.ts'
import { baseName } from '../../lib/component-name.ts'

/** Of a duration, in milliseconds; as the lab host takes it. */
export const shortestMs = 100
export const longestMs = 24 * 3_600_000

export function componentsFor({ components }: Pick<FaultKind, 'components'>, present: readonly Pick<ComponentState, 'name'>[]): readonly string[] {
  return present.map(({ name }) => name).filter(name => components === null || components.includes(baseName(name))) // CO1
}

export function nodesFor({ providers }: Pick<FaultKind, 'providers'>, present: readonly Pick<NodeState, 'name' | 'provider'>[]): readonly string[] {
  return present.filter(({ provider }) => providers === null || providers.includes(provider)).map(({ name }) => name) // CO1
}

/** Whether this lab has anything that it can be aimed at; which objects there are is not known before one looks. */
export function isPossible(kind: FaultKind, lab: Pick<LabState, 'components' | 'nodes'>): boolean {
  if (kind.target === 'component') return componentsFor(kind, lab.components).length > 0
  return kind.target === 'object' || nodesFor(kind, lab.nodes).length > 0
}

export function fits(parameter: FaultParameter, value: unknown): boolean {
  switch (parameter.type) {
    case 'number':
      return typeof value === 'number' && value >= parameter.least && value <= parameter.most // CO2
    case 'choice':
      return typeof value === 'string' && parameter.choices.includes(value)
    case 'text':
      return typeof value === 'string'
  }
}

export function isDuration(ms: unknown): ms is number {
  return typeof ms === 'number' && ms >= shortestMs && ms <= longestMs
}
