/**
 * The default filters and scores by their definition: every question walks over all nodes and all pods, nothing is
 * counted ahead, nothing is remembered. Slow on purpose, and written without looking at the plugins, so that the two can
 * be compared. Upstream documentation: concepts/scheduling-eviction.
 */
import type { Node, Pod, PodAffinityTerm, TopologySpreadConstraint } from '../../../api/groups/core-v1/types.ts'
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import { matchesLabelSelector } from '../../../api/selectors/label-selector.ts'
import { matchesNodeSelection, matchesTerm } from '../framework/node-selector.ts'
import { tolerates, toleratesTaint } from '../framework/taints.ts'
import { placedRequestsForScoring, podRequests, podRequestsForScoring } from '../snapshot/pod-requests.ts'
import { amountOf } from '../snapshot/resource-amounts.ts'

export interface PlainCluster {
  readonly nodes: readonly Node[]
  /** Placed ones; those on nodes that do not exist count nowhere. */
  readonly pods: readonly Pod[]
  /** Labels by name of namespace. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** What owns or selects the pod, for default spreading. */
  readonly workload?: LabelSelector
}

export interface PlainVerdict {
  readonly plugin: string
  readonly reasons: readonly string[]
  readonly curable: boolean
}

export interface PlainScore {
  readonly raw: number
  readonly normalised: number
}

type Filter = (pod: Pod, node: Node, cluster: PlainCluster) => Omit<PlainVerdict, 'plugin'> | null

const labelsOf = (object: { readonly metadata: { readonly labels?: Record<string, string> } }) => object.metadata.labels ?? {}
const podsOn = ({ pods }: PlainCluster, node: Node) => pods.filter(pod => pod.spec.nodeName === node.metadata.name)
const no = (reasons: string | readonly string[], curable: boolean) => ({ reasons: typeof reasons === 'string' ? [reasons] : reasons, curable })

const filters: readonly (readonly [plugin: string, filter: Filter])[] = [
  ['NodeUnschedulable', (pod, node) => (node.spec.unschedulable === true && !toleratesTaint(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }) ? no('node(s) were unschedulable', false) : null)],
  ['NodeName', (pod, node) => ((pod.spec.nodeName ?? '') !== '' && pod.spec.nodeName !== node.metadata.name ? no("node(s) didn't match the requested node name", false) : null)],
  ['TaintToleration', (pod, node) => ((node.spec.taints ?? []).some(taint => taint.effect !== 'PreferNoSchedule' && !toleratesTaint(pod, taint)) ? no('node(s) had untolerated taint(s)', false) : null)],
  ['NodeAffinity', (pod, node) => (matchesNodeSelection(pod, node) ? null : no("node(s) didn't match Pod's node affinity/selector", false))],
  ['NodePorts', portsFilter],
  ['NodeResourcesFit', fitFilter],
  ['PodTopologySpread', spreadFilter],
  ['InterPodAffinity', affinityFilter],
]

export function bruteVerdict(pod: Pod, node: Node, cluster: PlainCluster): PlainVerdict | null {
  for (const [plugin, filter] of filters) {
    const verdict = filter(pod, node, cluster)
    if (verdict !== null) return { plugin, ...verdict }
  }
  return null
}

export function bruteScores(pod: Pod, nodes: readonly Node[], cluster: PlainCluster): Record<string, readonly PlainScore[]> {
  const scored = (raw: readonly number[], normalise: (score: number, raw: readonly number[], index: number) => number): PlainScore[] => raw.map((score, index) => ({ raw: score, normalised: normalise(score, raw, index) }))
  const share = (score: number, raw: readonly number[]) => (Math.max(0, ...raw) === 0 ? 0 : Math.floor((100 * score) / Math.max(...raw)))
  const asIs = (score: number) => score
  const near = nodes.map(node => attraction(pod, node, cluster))
  const spread = spreadScores(pod, nodes, cluster)
  return {
    TaintToleration: scored(nodes.map(node => unlovedTaints(pod, node)), (score, raw) => 100 - share(score, raw)),
    NodeAffinity: scored(nodes.map(node => (pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).filter(term => matchesTerm(term.preference, node)).reduce((sum, term) => sum + term.weight, 0)), share),
    NodeResourcesFit: scored(nodes.map(node => emptiness(pod, node, cluster)), asIs),
    PodTopologySpread: spread,
    InterPodAffinity: scored(near, (score, raw) => (Math.max(...raw) === Math.min(...raw) ? 0 : Math.trunc(100 * ((score - Math.min(...raw)) / (Math.max(...raw) - Math.min(...raw)))))),
    NodeResourcesBalancedAllocation: scored(nodes.map(node => balanceGain(pod, node, cluster)), asIs),
    ImageLocality: scored(nodes.map(node => imageScore(pod, node, cluster)), asIs),
    DynamicResources: scored(nodes.map(() => 0), asIs), // no pod of these histories claims devices
  }
}

function portsFilter(pod: Pod, node: Node, cluster: PlainCluster): ReturnType<Filter> {
  const ports = (of: Pod) => [...of.spec.containers, ...(of.spec.initContainers ?? []).filter(container => container.restartPolicy === 'Always')].flatMap(container => container.ports ?? []).filter(port => (port.hostPort ?? 0) > 0).map(port => ({ ip: port.hostIP ?? '0.0.0.0', protocol: port.protocol ?? 'TCP', port: port.hostPort }))
  const taken = podsOn(cluster, node).flatMap(ports)
  const clashes = ports(pod).some(wanted => taken.some(held => held.port === wanted.port && held.protocol === wanted.protocol && (held.ip === wanted.ip || held.ip === '0.0.0.0' || wanted.ip === '0.0.0.0')))
  return clashes ? no("node(s) didn't have free ports for the requested pod ports", true) : null
}

function usedOn(node: Node, cluster: PlainCluster, resource: string): number {
  return podsOn(cluster, node).reduce((sum, pod) => sum + (podRequests(pod).get(resource) ?? 0), 0)
}

function allocatableOf(node: Node, resource: string): number {
  return amountOf(resource, node.status.allocatable?.[resource] ?? '0')
}

function fitFilter(pod: Pod, node: Node, cluster: PlainCluster): ReturnType<Filter> {
  const reasons: string[] = []
  let curable = true
  if (podsOn(cluster, node).length + 1 > allocatableOf(node, 'pods')) reasons.push('Too many pods')
  const wanted = podRequests(pod)
  const known = ['cpu', 'memory', 'ephemeral-storage']
  for (const resource of [...known, ...[...wanted.keys()].filter(name => name.includes('/'))]) {
    const amount = wanted.get(resource) ?? 0
    if (amount === 0 || amount <= allocatableOf(node, resource) - usedOn(node, cluster, resource)) continue
    reasons.push(`Insufficient ${resource}`)
    if (amount > allocatableOf(node, resource)) curable = false
  }
  return reasons.length === 0 ? null : no(reasons, curable)
}

function spreadSelector(constraint: TopologySpreadConstraint, pod: Pod): LabelSelector | undefined {
  const own = (constraint.matchLabelKeys ?? []).filter(key => labelsOf(pod)[key] !== undefined).map(key => ({ key, operator: 'In', values: [labelsOf(pod)[key]!] }))
  return constraint.labelSelector === undefined ? undefined : { ...constraint.labelSelector, matchExpressions: [...(constraint.labelSelector.matchExpressions ?? []), ...own] }
}

function countedOn(node: Node, selector: LabelSelector | undefined, pod: Pod, cluster: PlainCluster): number {
  const isEmpty = Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0
  return isEmpty ? 0 : podsOn(cluster, node).filter(other => other.metadata.namespace === pod.metadata.namespace && other.metadata.deletionTimestamp === undefined && matchesLabelSelector(selector, labelsOf(other))).length
}

function isEligible(node: Node, constraint: TopologySpreadConstraint, pod: Pod): boolean {
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNodeSelection(pod, node)) return false
  return constraint.nodeTaintsPolicy !== 'Honor' || (node.spec.taints ?? []).every(taint => taint.effect === 'PreferNoSchedule' || toleratesTaint(pod, taint))
}

/** Pods by domain, over the nodes that have all keys and that the policies let count. */
function domains(constraint: TopologySpreadConstraint, selector: LabelSelector | undefined, keys: readonly string[], pod: Pod, cluster: PlainCluster): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of cluster.nodes) {
    const domain = labelsOf(node)[constraint.topologyKey]
    if (domain === undefined || keys.some(key => labelsOf(node)[key] === undefined) || !isEligible(node, constraint, pod)) continue
    counts.set(domain, (counts.get(domain) ?? 0) + countedOn(node, selector, pod, cluster))
  }
  return counts
}

function spreadFilter(pod: Pod, node: Node, cluster: PlainCluster): ReturnType<Filter> {
  const hard = (pod.spec.topologySpreadConstraints ?? []).filter(constraint => constraint.whenUnsatisfiable === 'DoNotSchedule')
  for (const constraint of hard) {
    const domain = labelsOf(node)[constraint.topologyKey]
    if (domain === undefined) return no("node(s) didn't match pod topology spread constraints (missing required label)", false)
    const selector = spreadSelector(constraint, pod)
    const counts = domains(constraint, selector, hard.map(other => other.topologyKey), pod, cluster)
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values())
    const skew = (counts.get(domain) ?? 0) + (matchesLabelSelector(selector, labelsOf(pod)) ? 1 : 0) - least
    if (skew > constraint.maxSkew) return no("node(s) didn't match pod topology spread constraints", true)
  }
  return null
}

function spreadScores(pod: Pod, nodes: readonly Node[], cluster: PlainCluster): PlainScore[] {
  const own = pod.spec.topologySpreadConstraints ?? []
  const system: TopologySpreadConstraint[] = cluster.workload === undefined ? [] : [{ topologyKey: 'kubernetes.io/hostname', maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: cluster.workload }, { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: cluster.workload }]
  const soft = own.length > 0 ? own.filter(constraint => constraint.whenUnsatisfiable === 'ScheduleAnyway') : system
  if (soft.length === 0) return nodes.map(() => ({ raw: 0, normalised: 0 }))
  const keys = own.length > 0 ? soft.map(constraint => constraint.topologyKey) : []
  const isIgnored = (node: Node) => keys.some(key => labelsOf(node)[key] === undefined)
  const scored = nodes.filter(node => !isIgnored(node))
  const parts = soft.map(constraint => {
    const selector = spreadSelector(constraint, pod)
    const byHost = constraint.topologyKey === 'kubernetes.io/hostname'
    const size = byHost ? scored.length : new Set(scored.map(node => labelsOf(node)[constraint.topologyKey] ?? '')).size
    const counts = byHost ? undefined : domains(constraint, selector, keys, pod, cluster)
    return (node: Node) => {
      const domain = labelsOf(node)[constraint.topologyKey]
      if (domain === undefined) return 0
      return (counts === undefined ? countedOn(node, selector, pod, cluster) : (counts.get(domain) ?? 0)) * Math.log(size + 2) + (constraint.maxSkew - 1)
    }
  })
  const raw = nodes.map(node => (isIgnored(node) ? 0 : Math.round(parts.reduce((sum, part) => sum + part(node), 0))))
  const counted = raw.filter((_, index) => !isIgnored(nodes[index]!))
  const most = Math.max(0, ...counted)
  const least = Math.min(...counted)
  return raw.map((score, index) => ({ raw: score, normalised: isIgnored(nodes[index]!) ? 0 : most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most) }))
}

/** Does a term of `owner` speak of `other`? */
function speaksOf(term: PodAffinityTerm, owner: Pod, other: Pod, cluster: PlainCluster): boolean {
  const namespace = other.metadata.namespace ?? ''
  const names = (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined ? [owner.metadata.namespace ?? ''] : (term.namespaces ?? [])
  const isMeant = names.includes(namespace) || (term.namespaceSelector !== undefined && matchesLabelSelector(term.namespaceSelector, cluster.namespaces.get(namespace) ?? {}))
  const own = (keys: readonly string[] | undefined, operator: string) => (keys ?? []).filter(key => labelsOf(owner)[key] !== undefined).map(key => ({ key, operator, values: [labelsOf(owner)[key]!] }))
  const selector = term.labelSelector === undefined ? undefined : { ...term.labelSelector, matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...own(term.matchLabelKeys, 'In'), ...own(term.mismatchLabelKeys, 'NotIn')] }
  return isMeant && matchesLabelSelector(selector, labelsOf(other))
}

function nodeOf(pod: Pod, cluster: PlainCluster): Node | undefined {
  return cluster.nodes.find(node => node.metadata.name === pod.spec.nodeName)
}

function sharesDomain(a: Node | undefined, b: Node, key: string): boolean {
  return a !== undefined && labelsOf(b)[key] !== undefined && labelsOf(a)[key] === labelsOf(b)[key]
}

function affinityFilter(pod: Pod, node: Node, cluster: PlainCluster): ReturnType<Filter> {
  const near = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const friends = near.length === 0 ? [] : cluster.pods.filter(other => near.every(term => speaksOf(term, pod, other, cluster)))
  const hasKeys = near.every(term => labelsOf(node)[term.topologyKey] !== undefined)
  const isNear = near.every(term => friends.some(other => sharesDomain(nodeOf(other, cluster), node, term.topologyKey)))
  const hasFriends = friends.some(other => near.some(term => labelsOf(nodeOf(other, cluster) ?? node)[term.topologyKey] !== undefined && nodeOf(other, cluster) !== undefined))
  const startsSeries = !hasFriends && near.every(term => speaksOf(term, pod, pod, cluster))
  if (!hasKeys || (!isNear && !startsSeries)) return no("node(s) didn't match pod affinity rules", false)

  const far = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  if (far.some(term => cluster.pods.some(other => speaksOf(term, pod, other, cluster) && sharesDomain(nodeOf(other, cluster), node, term.topologyKey)))) return no("node(s) didn't match pod anti-affinity rules", true)

  const refuses = (other: Pod) => (other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(term => speaksOf(term, other, pod, cluster) && sharesDomain(nodeOf(other, cluster), node, term.topologyKey))
  return cluster.pods.some(refuses) ? no("node(s) didn't satisfy existing pods anti-affinity rules", true) : null
}

function attraction(pod: Pod, node: Node, cluster: PlainCluster): number {
  let sum = 0
  const weigh = (owner: Pod, speaker: { weight: number; podAffinityTerm: PodAffinityTerm }, about: Pod, at: Node | undefined, sign: number) => {
    if (speaksOf(speaker.podAffinityTerm, owner, about, cluster) && sharesDomain(at, node, speaker.podAffinityTerm.topologyKey)) sum += sign * speaker.weight
  }
  for (const other of cluster.pods) {
    const at = nodeOf(other, cluster)
    for (const [owner, about] of [[pod, other], [other, pod]] as const) {
      for (const term of owner.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) weigh(owner, term, about, at, 1)
      for (const term of owner.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) weigh(owner, term, about, at, -1)
    }
    for (const podAffinityTerm of other.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) weigh(other, { weight: 1, podAffinityTerm }, pod, at, 1)
  }
  return sum
}

function unlovedTaints(pod: Pod, node: Node): number {
  return (node.spec.taints ?? []).filter(taint => taint.effect === 'PreferNoSchedule' && !(pod.spec.tolerations ?? []).some(toleration => tolerates(toleration, taint))).length
}

function emptiness(pod: Pod, node: Node, cluster: PlainCluster): number {
  const scores = ['cpu', 'memory'].filter(resource => allocatableOf(node, resource) > 0).map(resource => {
    const used = podsOn(cluster, node).reduce((sum, other) => sum + (placedRequestsForScoring(other, podRequests(other)).get(resource) ?? 0), 0) + (podRequestsForScoring(pod).get(resource) ?? 0)
    const all = allocatableOf(node, resource)
    return used > all ? 0 : Math.floor(((all - used) * 100) / all)
  })
  return scores.length === 0 ? 0 : Math.floor(scores.reduce((sum, score) => sum + score, 0) / scores.length)
}

function balanceGain(pod: Pod, node: Node, cluster: PlainCluster): number {
  const wanted = podRequests(pod)
  if (['cpu', 'memory'].every(resource => (wanted.get(resource) ?? 0) === 0)) return 0
  const balance = (withPod: boolean) => {
    const shares = ['cpu', 'memory'].filter(resource => allocatableOf(node, resource) > 0).map(resource => Math.min(1, (usedOn(node, cluster, resource) + (withPod ? (wanted.get(resource) ?? 0) : 0)) / allocatableOf(node, resource)))
    return Math.trunc((1 - (shares.length === 2 ? Math.abs((shares[0]! - shares[1]!) / 2) : 0)) * 100)
  }
  return 50 + Math.floor((50 + balance(true) - balance(false)) / 2)
}

function imageScore(pod: Pod, node: Node, { nodes }: PlainCluster): number {
  const holders = (image: string) => nodes.filter(other => (other.status.images ?? []).some(({ names }) => names?.includes(image) === true))
  let sum = 0
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const image = (container.image ?? '').includes(':') ? container.image! : `${container.image ?? ''}:latest`
    const found = (node.status.images ?? []).find(({ names }) => names?.includes(image) === true)
    if (found !== undefined) sum += Math.trunc((found.sizeBytes ?? 0) * (holders(image).length / nodes.length))
  }
  const megabyte = 1024 * 1024
  const most = 1000 * megabyte * ((pod.spec.initContainers ?? []).length + pod.spec.containers.length)
  return Math.floor((100 * (Math.min(Math.max(sum, 23 * megabyte), most) - 23 * megabyte)) / (most - 23 * megabyte))
}
