/** What faults of a link share: a layer of impairments in the fault's name, which goes as a whole. */
import type { FaultParameter } from '../../../contract/faults.ts'
import type { LinkImpairments } from '../../../contract/links.ts'
import type { Fault, FaultOrder } from '../fault.ts'

export interface LinkFault {
  readonly name: string
  readonly title: string
  readonly parameters: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  /** Kernels of nodes can do it, where frames do not pass the lab's switch. */
  readonly alsoOnNodes?: true
  impairments(order: FaultOrder<'link'>): LinkImpairments
}

export function linkFault({ name, title, parameters, effect, evidence, alsoOnNodes, impairments }: LinkFault): Fault<'link'> {
  return {
    kind: { name, title, group: 'network', target: 'link', resource: null, parameters, lasts: true, providers: alsoOnNodes === true ? ['qemu', 'namespace'] : ['qemu'], effect, evidence, healing: 'Its impairments are taken off the link; others stay, and what is under way still arrives.' },
    claims: () => [], // any number may meet on a link
    isOfDesktop: true,
    async inject(world, order) {
      const { from, to, bothWays } = order.target
      const wrong = impairments(order)
      await world.impair(order.id, { from, to }, wrong)
      if (bothWays && from !== to) await world.impair(order.id, { from: to, to: from }, wrong)
    },
    heal: (world, { id }) => world.clearImpairments(id),
  }
}

export function percentParameter(name: string, usual: number): FaultParameter {
  return { name, type: 'number', unit: '%', least: 0, most: 100, default: usual }
}
