/** Small pods, nodes and clusters for tests that read like sentences. */
import type { Node, NodeSpec, Pod, PodSpec } from '../../../api/groups/core-v1/types.ts'
import { seededRandom } from '../../../base/random.ts'
import type { Decision } from '../cycle/schedule-pod.ts'
import { schedulePod } from '../cycle/schedule-pod.ts'
import { fitMessage, postFilterMessage } from '../framework/fit-message.ts'
import { bestCandidate, searchCandidates } from '../preemption/plan.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import type { ClusterLookups } from '../snapshot/cluster.ts'
import { Cluster, emptyLookups } from '../snapshot/cluster.ts'

let uids = 0

export interface PodOptions {
  readonly labels?: Record<string, string>
  readonly requests?: Record<string, string>
  readonly namespace?: string
  readonly priority?: number
  readonly spec?: Partial<PodSpec>
  readonly ownerUid?: string
}

export function pod(name: string, options: PodOptions = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name, namespace: options.namespace ?? 'default', uid: `uid-${uids++}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels: options.labels ?? {},
      ...(options.ownerUid === undefined ? {} : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'owner', uid: options.ownerUid, controller: true }] }),
    },
    spec: { containers: [{ name: 'c', image: 'web', resources: { requests: options.requests ?? {} } }], priority: options.priority ?? 0, ...options.spec },
    status: {},
  }
}

export function node(name: string, options: { readonly cpu?: string; readonly memory?: string; readonly pods?: string; readonly labels?: Record<string, string>; readonly spec?: Partial<NodeSpec> } = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels: { 'kubernetes.io/hostname': name, ...options.labels } },
    spec: { ...options.spec },
    status: { allocatable: { cpu: options.cpu ?? '2', memory: options.memory ?? '4Gi', pods: options.pods ?? '110' } },
  }
}

/** Nodes with the pods already on them. */
export function cluster(contents: readonly { readonly node: Node; readonly pods?: readonly Pod[] }[], lookups?: Partial<ClusterLookups>): Cluster {
  const made = new Cluster({ ...emptyLookups, ...lookups })
  for (const { node: on, pods = [] } of contents) {
    made.setNode(on)
    for (const placed of pods) made.setPod({ ...placed, spec: { ...placed.spec, nodeName: on.metadata.name } })
  }
  return made
}

export function decide(wanted: Pod, on: Cluster, seed = 1, plugins = defaultPlugins({ cluster: on })): Decision {
  return schedulePod(wanted, on, { plugins, random: seededRandom(seed) })
}

/** The node it goes to, or the message a user would read. */
export function outcome(wanted: Pod, on: Cluster): string {
  const plugins = defaultPlugins({ cluster: on })
  const decision = decide(wanted, on, 1, plugins)
  if (decision.node !== null) return decision.node
  const { candidates, message } = searchCandidates({ pod: wanted, cluster: on, outcome: decision, budgets: [], random: seededRandom(1) })
  const best = bestCandidate(candidates)
  return best === null ? fitMessage(decision.diagnosis, postFilterMessage(plugins, decision, message)) : `preempts ${best.victims.map(victim => victim.metadata.name).sort().join(' ')} on ${best.node}`
}
