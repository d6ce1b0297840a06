/**
 * A pod's resolv.conf.
 *
 *   DN1  ClusterFirst: the cluster's server, the pod's namespace, svc and cluster domains before the node's, ndots:5.
 *   DN2  ClusterFirst on the host network, Default, and no cluster server at all: the node's own.
 *   DN3  None: nothing but dnsConfig. Otherwise dnsConfig's servers and searches are added and its options win.
 *   DN4  Duplicates are dropped; at most 3 servers and 32 searches of 2048 characters together.
 * Upstream: kubelet/network/dns.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'

export interface ResolverConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export interface ClusterDns {
  readonly servers: readonly string[]
  readonly domain: string
}

export function readResolvConf(text: string): ResolverConfig {
  const servers: string[] = []
  let searches: string[] = []
  let options: string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && words[0] !== undefined) servers.push(words[0])
    if (keyword === 'search') searches = words.map(word => (word === '.' ? word : word.replace(/\.$/, '')))
    if (keyword === 'options') options = words
  }
  return { servers, searches, options }
}

export function podResolverConfig(pod: Pod, host: ResolverConfig, cluster: ClusterDns): ResolverConfig {
  const base = baseConfig(pod, host, cluster)
  const extra = pod.spec.dnsConfig
  return {
    servers: unique([...base.servers, ...(extra?.nameservers ?? [])]).slice(0, 3),
    searches: fitting(unique([...base.searches, ...(extra?.searches ?? [])])),
    options: mergedOptions(base.options, (extra?.options ?? []).map(option => (option.value === undefined || option.value === '' ? (option.name ?? '') : `${option.name}:${option.value}`))),
  }
}

function baseConfig(pod: Pod, host: ResolverConfig, cluster: ClusterDns): ResolverConfig {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'None') return { servers: [], searches: [], options: [] } // DN3
  const wantsCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true)
  if (!wantsCluster || cluster.servers.length === 0) return host // DN2
  const domains = cluster.domain === '' ? [] : [`${pod.metadata.namespace ?? 'default'}.svc.${cluster.domain}`, `svc.${cluster.domain}`, cluster.domain]
  return { servers: cluster.servers, searches: [...domains, ...host.searches], options: ['ndots:5'] } // DN1
}

function mergedOptions(base: readonly string[], extra: readonly string[]): string[] {
  const byName = new Map(base.map(option => [option.split(':')[0]!, option]))
  for (const option of extra) byName.set(option.split(':')[0]!, option)
  return [...byName.values()]
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}

function fitting(searches: readonly string[]): string[] {
  const kept: string[] = []
  let length = 0
  for (const search of searches.slice(0, 32)) {
    length += search.length + 1
    if (length > 2048) break
    kept.push(search)
  }
  return kept
}
