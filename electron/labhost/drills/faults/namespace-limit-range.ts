/** A namespace in which no container may have what it needs. */
import type { Fault } from '../fault.ts'
import { unlessGone } from '../unless-gone.ts'

const name = 'kubarium-fault'
const path = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/limitranges`

export const namespaceLimitRange: Fault<'object'> = {
  kind: {
    name: 'namespace-limit-range', title: 'A limit range that is too small', group: 'identity', target: 'object', resource: 'namespaces', parameters: [], lasts: true, providers: null,
    effect: 'A LimitRange lets no container of the namespace have more than 4 MiB of memory, and gives those without a limit that much.',
    evidence: 'New pods are refused with "maximum memory usage", or are killed for want of memory (OOMKilled); pods that run go on.',
    healing: 'The LimitRange is deleted.',
  },
  claims: target => [`the limit range of namespace ${target.name}`],
  async inject(world, { target }) {
    await world.api.post(path(target.name), { apiVersion: 'v1', kind: 'LimitRange', metadata: { name }, spec: { limits: [{ type: 'Container', max: { memory: '4Mi' }, default: { memory: '4Mi' }, defaultRequest: { memory: '4Mi' } }] } })
  },
  async heal(world, { target }) {
    await unlessGone(world.api.delete(`${path(target.name)}/${name}`))
  },
}
