/**
 * What was chosen elsewhere to be broken, as it stands in the address: nodes/NAME or RESOURCE/NAMESPACE/NAME.
 *
 *   AM1  A node is struck by faults of nodes, of links at it, and of components on it; an object by those of its resource.
 */
import type { FaultKind } from '../../../electron/contract/faults.ts'
import type { ComponentState } from '../../../electron/contract/labs.ts'
import { componentsFor } from './check-order.ts'

export type Aim = { readonly type: 'node'; readonly name: string } | { readonly type: 'object'; readonly resource: string; readonly namespace: string; readonly name: string }

/** Null: nothing, or nothing that can be understood. */
export function readAim(text: unknown): Aim | null {
  const [resource = '', first = '', second, ...rest] = typeof text === 'string' ? text.split('/') : []
  if (resource === '' || first === '' || rest.length > 0) return null
  if (resource === 'nodes') return second === undefined ? { type: 'node', name: first } : null
  return { type: 'object', resource, namespace: second === undefined ? '' : first, name: second ?? first }
}

export function aimText(aim: Aim): string {
  return aim.type === 'node' ? aim.name : [aim.resource, aim.namespace, aim.name].filter(part => part !== '').join('/')
}

/** AM1 */
export function strikes(kind: Pick<FaultKind, 'target' | 'resource' | 'components'>, aim: Aim, components: readonly Pick<ComponentState, 'name'>[]): boolean {
  if (aim.type === 'object') return kind.target === 'object' && kind.resource === aim.resource
  return kind.target === 'node' || kind.target === 'link' || (kind.target === 'component' && componentOn(kind, aim.name, components) !== undefined)
}

/** The first component of a node that the fault can be aimed at. */
export function componentOn(kind: Pick<FaultKind, 'components'>, node: string, components: readonly Pick<ComponentState, 'name'>[]): string | undefined {
  return componentsFor(kind, components).find(name => name.endsWith(`@${node}`))
}
