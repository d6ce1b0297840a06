/** No new pod may come to a node. */
import type { Fault } from '../fault.ts'
import { nodePath } from '../object-paths.ts'
import { unlessGone } from '../unless-gone.ts'

export const nodeCordoned: Fault<'node'> = {
  kind: {
    name: 'node-cordoned', title: 'No new pods on a node', group: 'cluster', target: 'node', resource: null, parameters: [], lasts: true, providers: null,
    effect: 'The node is marked unschedulable.',
    evidence: 'kubectl get nodes says SchedulingDisabled; new pods go elsewhere or stay Pending.',
    healing: 'The node is schedulable again, unless it was not before.',
  },
  claims: ({ name }) => [`the schedulability of ${name}`],
  prepare: async (world, { name }) => ({ before: ((await world.api.get(nodePath(name))) as { readonly spec?: { readonly unschedulable?: boolean } }).spec?.unschedulable === true }),
  async inject(world, { target }) {
    await world.api.merge(nodePath(target.name), { spec: { unschedulable: true } })
  },
  async heal(world, { target, memory }) {
    if (memory !== null && !(memory as { readonly before: boolean }).before) await unlessGone(world.api.merge(nodePath(target.name), { spec: { unschedulable: null } }))
  },
}
