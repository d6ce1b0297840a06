/**
 * What faults inside components share: a rule at a point of the component, in the fault's name. It is set for a short while and
 * kept up, so that it comes back to a component that started again and lapses where nobody is left to end it.
 */
import type { FaultGroup, FaultParameter, FaultTargetType } from '../../../contract/faults.ts'
import { type Fault, type FaultOrder, type HookRule, type TargetOf, textOf } from '../fault.ts'

interface HookFault<T extends FaultTargetType> {
  readonly name: string
  readonly group: FaultGroup
  readonly title: string
  readonly parameters?: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  rule(order: FaultOrder<T>): HookRule
  /** For what ends the process: it is not to end the next one too. */
  readonly isOnce?: true
}

const healing = 'The rule is taken out of the component; where nobody is left to do so it lapses by itself after 20 seconds.'

/** Of components of the desktop, agents of nodes (kubelet@node-1), or `dns`. */
export function componentHook({ components, ...fault }: HookFault<'component'> & { readonly components: readonly string[] }): Fault<'component'> {
  return hookFault({ ...fault, target: 'component', components }, ({ name }) => name)
}

/** Of an agent on a node. */
export function agentHook({ agent, ...fault }: HookFault<'node'> & { readonly agent: 'kubelet' | 'kube-proxy' | 'overlay' }): Fault<'node'> {
  return hookFault({ ...fault, target: 'node' }, ({ name }) => `${agent}@${name}`)
}

function hookFault<T extends 'component' | 'node'>({ rule, isOnce, parameters = [], ...kind }: HookFault<T> & { readonly target: T; readonly components?: readonly string[] }, componentOf: (target: TargetOf<T>) => string): Fault<T> {
  const set: Fault<T>['inject'] = (world, order) => world.hook(componentOf(order.target), order.id, rule(order), order.leftMs)
  return {
    kind: { ...kind, parameters, resource: null, lasts: true, providers: kind.target === 'node' ? ['qemu', 'namespace'] : null, healing },
    claims: () => [], // of several rules at one point the first that fits decides
    inject: set,
    isOfDesktop: true,
    ...(isOnce === true ? {} : { keep: set }),
    heal: (world, { id, target }) => world.clearHook(componentOf(target), id),
  }
}

/** Parameters that narrow a rule, by the attribute they are for; an empty one stands for any. */
export function narrowed(order: Pick<FaultOrder, 'parameters'>, attributes: readonly string[]): { readonly match?: Readonly<Record<string, string>> } {
  const given = attributes.map(name => [name, textOf(order, name)] as const).filter(([, value]) => value !== '')
  return given.length === 0 ? {} : { match: Object.fromEntries(given) }
}

/** Values with commas between them, `*` at the end of one for any rest; empty for any. */
export function anyOf(...names: readonly string[]): readonly FaultParameter[] {
  return names.map(name => ({ name, type: 'text', default: '' }))
}

export function milliseconds(usual: number): FaultParameter {
  return { name: 'ms', type: 'number', unit: 'ms', least: 1, most: 600_000, default: usual }
}

export function text(name: string, usual: string): FaultParameter {
  return { name, type: 'text', default: usual }
}
