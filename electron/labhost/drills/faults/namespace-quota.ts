/** A namespace in which nothing more can be made. */
import type { Fault } from '../fault.ts'

const name = 'kubarium-fault'

export const namespaceQuota: Fault<'object'> = {
  kind: {
    name: 'namespace-quota', group: 'cluster', target: 'object', resource: 'namespaces', parameters: [], lasts: true, providers: null,
    effect: 'A ResourceQuota of no pods is made in the namespace.',
    evidence: 'New pods are refused with "exceeded quota"; their ReplicaSets say FailedCreate. Pods that run go on.',
    healing: 'The ResourceQuota is deleted.',
  },
  claims: target => [`the quota of namespace ${target.name}`],
  async inject(world, { target }) {
    await world.api.post(`/api/v1/namespaces/${encodeURIComponent(target.name)}/resourcequotas`, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard: { pods: '0' } } })
  },
  async heal(world, { target }) {
    await world.api.delete(`/api/v1/namespaces/${encodeURIComponent(target.name)}/resourcequotas/${name}`).catch((error: unknown) => {
      if ((error as { readonly code?: unknown }).code !== 404) throw error
    })
  },
}
