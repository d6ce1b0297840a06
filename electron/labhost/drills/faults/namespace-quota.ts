/** A namespace in which nothing more can be made. */
import type { Fault } from '../fault.ts'
import { unlessGone } from '../unless-gone.ts'

const name = 'kubarium-fault'

export const namespaceQuota: Fault<'object'> = {
  kind: {
    name: 'namespace-quota', title: 'A namespace in which nothing more can be made', group: 'cluster', target: 'object', resource: 'namespaces', parameters: [], lasts: true, providers: null,
    effect: 'A ResourceQuota of no pods is made in the namespace.',
    evidence: 'New pods are refused with "exceeded quota"; their ReplicaSets say FailedCreate. Pods that run go on.',
    healing: 'The ResourceQuota is deleted.',
  },
  claims: target => [`the quota of namespace ${target.name}`],
  async inject(world, { target }) {
    await world.api.post(quotasPath(target.name), { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard: { pods: '0' } } })
  },
  async heal(world, { target }) {
    await unlessGone(world.api.delete(`${quotasPath(target.name)}/${name}`))
  },
}

function quotasPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/resourcequotas`
}
