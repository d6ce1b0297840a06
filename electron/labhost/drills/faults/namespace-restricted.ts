/** A namespace that suddenly takes only pods which may do nothing. */
import type { Fault } from '../fault.ts'
import { unlessGone } from '../unless-gone.ts'

const label = 'pod-security.kubernetes.io/enforce'
const path = (name: string) => `/api/v1/namespaces/${encodeURIComponent(name)}`

export const namespaceRestricted: Fault<'object'> = {
  kind: {
    name: 'namespace-restricted', title: 'Pod security blocks what is made anew', group: 'identity', target: 'object', resource: 'namespaces', parameters: [], lasts: true, providers: null,
    effect: 'The namespace enforces the pod security standard "restricted".',
    evidence: 'Pods that run go on; those that replace them are refused with "violates PodSecurity", and their ReplicaSets say FailedCreate.',
    healing: 'The namespace gets the label that it had before, or none.',
  },
  claims: target => [`the pod security of namespace ${target.name}`],
  prepare: async (world, { name }) => ({ before: ((await world.api.get(path(name))) as { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } }).metadata?.labels?.[label] ?? null }),
  async inject(world, { target }) {
    await world.api.merge(path(target.name), { metadata: { labels: { [label]: 'restricted' } } })
  },
  async heal(world, { target, memory }) {
    if (memory !== null) await unlessGone(world.api.merge(path(target.name), { metadata: { labels: { [label]: (memory as { readonly before: string | null }).before } } }))
  },
}
