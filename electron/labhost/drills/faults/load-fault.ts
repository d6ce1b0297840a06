/** What faults of load share: clients of the lab host that ask too much, in the fault's name; they end with the lab host. */
import { type ApiLoad, type Fault, numberOf } from '../fault.ts'

interface LoadFault {
  readonly name: string
  readonly title: string
  readonly effect: string
  readonly evidence: string
  readonly what: ApiLoad['what']
  readonly clients: number
  readonly perSecond: number
}

export function loadFault({ what, clients, perSecond, ...kind }: LoadFault): Fault<'component'> {
  return {
    kind: {
      ...kind, group: 'load', target: 'component', resource: null, components: ['kube-apiserver'], lasts: true, providers: null,
      parameters: [{ name: 'clients', type: 'number', unit: 'clients', least: 1, most: 500, default: clients }, { name: 'perSecond', type: 'number', unit: '/s', least: 0.1, most: 500, default: perSecond }],
      healing: 'The clients are called back; they end with the lab host, too.',
    },
    claims: () => [],
    inject: (world, order) => world.load(order.id, { what, clients: Math.round(numberOf(order, 'clients')), perSecond: numberOf(order, 'perSecond') }),
    heal: (world, { id }) => world.clearLoad(id),
  }
}
