/** A taint that drives pods away. */
import { type Fault, type FaultWorld, textOf } from '../fault.ts'
import { nodePath } from '../object-paths.ts'
import { unlessGone } from '../unless-gone.ts'

interface Taint {
  readonly key: string
  readonly effect: string
}

const key = 'kubarium.dev/fault'

export const nodeTainted: Fault<'node'> = {
  kind: {
    name: 'node-tainted', title: 'A taint drives pods away', group: 'cluster', target: 'node', resource: null, lasts: true, providers: null,
    parameters: [{ name: 'effect', type: 'choice', choices: ['NoExecute', 'NoSchedule', 'PreferNoSchedule'], default: 'NoExecute' }],
    effect: 'The node gets a taint that no pod tolerates unless it tolerates everything.',
    evidence: 'With NoExecute its pods are evicted at once; with NoSchedule new ones stay Pending.',
    healing: 'The taint is taken away.',
  },
  claims: ({ name }) => [`the taint of ${name}`],
  inject: (world, order) => setTaint(world, order.target.name, [{ key, effect: textOf(order, 'effect') }]),
  heal: (world, { target }) => unlessGone(setTaint(world, target.name, [])),
}

async function setTaint(world: FaultWorld, node: string, ours: readonly Taint[]): Promise<void> {
  const { spec } = (await world.api.get(nodePath(node))) as { readonly spec?: { readonly taints?: readonly Taint[] } }
  await world.api.merge(nodePath(node), { spec: { taints: [...(spec?.taints ?? []).filter(taint => taint.key !== key), ...ours] } })
}
