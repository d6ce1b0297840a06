/** A pod is deleted, as by a user. */
import { type Fault, numberOf } from '../fault.ts'
import { podPath } from '../object-paths.ts'

export const podDelete: Fault<'object'> = {
  kind: {
    name: 'pod-delete', title: 'A pod is deleted', group: 'workload', target: 'object', resource: 'pods', lasts: false, providers: null,
    parameters: [{ name: 'graceSeconds', type: 'number', unit: 's', least: 0, most: 3_600, default: 30 }],
    effect: 'The pod is deleted through the API.',
    evidence: 'Its controller makes another; Endpoints lose its address before it ends.',
    healing: 'There is nothing to heal: its controller makes another.',
  },
  claims: () => [],
  async inject(world, order) {
    await world.api.delete(podPath(order.target), { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: Math.round(numberOf(order, 'graceSeconds')) })
  },
}
