/**
 * The pods of a what-if question: of one object, a list, or the documents of a manifest file; each repeated when that is asked.
 *
 *   WP1  A Pod gets the defaults that the API server would give it, a name, a namespace and a uid of its own.
 *   WP2  What makes no pods is left out and told; a question without any pod is refused, and so is a priority class the scheduler
 *        cannot know, because it reads none.
 *   WP3  A workload stands for the pods that it would make at once: its template, as often as its replicas or parallelism say.
 *   WP4  A DaemonSet is refused by name: its pods are bound for one node each.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { setPodOnlyDefaults, setPodSpecDefaults } from '../../../api/groups/core-v1/pod-spec-defaults.ts'
import { deepClone } from '../../../api/schema/clone.ts'

export class WhatIfError extends Error {
  override readonly name = 'WhatIfError'
}

const mostPods = 100_000
const systemPriorities: Readonly<Record<string, number>> = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 }

export interface WhatIfQuestion {
  readonly pods: readonly Pod[]
  /** Objects that make no pods, as kind/name. */
  readonly leftOut: readonly string[]
}

interface Made {
  readonly template: unknown
  readonly times: number
}

type WorkloadSpec = Readonly<Record<string, unknown>>

/** WP3 */
const workloads: Readonly<Record<string, (spec: WorkloadSpec) => Made>> = {
  Deployment: byReplicas,
  ReplicaSet: byReplicas,
  ReplicationController: byReplicas,
  StatefulSet: byReplicas,
  Job: byParallelism,
  CronJob: ({ jobTemplate }) => byParallelism(isObject(jobTemplate) && isObject(jobTemplate['spec']) ? jobTemplate['spec'] : {}),
}

export function readWhatIfPods(values: readonly unknown[], count: number): WhatIfQuestion {
  if (!Number.isInteger(count) || count < 1 || count > mostPods) throw new WhatIfError(`count must be a whole number from 1 to ${mostPods}`)
  const leftOut: string[] = []
  const found: Pod[] = []
  for (const [index, entry] of values.flatMap(listed).entries()) {
    const kind = isObject(entry) ? entry['kind'] ?? 'Pod' : undefined
    const made = kind === 'Pod' ? { template: entry, times: 1 } : typeof kind === 'string' ? workloads[kind]?.(specOf(entry)) : undefined
    if (kind === 'DaemonSet') throw new WhatIfError(`${nameOf(entry)}: a DaemonSet makes a pod for each node by name; ask about a Pod with its template instead`) // WP4
    if (made === undefined && typeof kind === 'string') leftOut.push(nameOf(entry)) // WP2
    else found.push(...repeated(readPod(made?.template, entry, index), (made?.times ?? 1) * count))
    if (found.length > mostPods) throw new WhatIfError(`at most ${mostPods} pods can be asked about at once`)
  }
  if (found.length === 0) throw new WhatIfError(leftOut.length === 0 ? 'the question names no pod' : `nothing here makes pods: ${leftOut.join(', ')}`) // WP2
  return { pods: found, leftOut }
}

function listed(value: unknown): readonly unknown[] {
  if (value === null) return []
  return isObject(value) && Array.isArray(value['items']) ? value['items'] as unknown[] : [value]
}

function byReplicas({ template, replicas }: WorkloadSpec): Made {
  return { template, times: whole(replicas) }
}

function byParallelism({ template, parallelism, completions }: WorkloadSpec): Made {
  return { template, times: Math.min(whole(parallelism), completions === undefined ? Infinity : whole(completions)) }
}

function whole(count: unknown): number {
  if (count === undefined || count === null) return 1
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > mostPods) throw new WhatIfError(`${JSON.stringify(count)} is no number of pods from 0 to ${mostPods}`)
  return count
}

function repeated(pod: Pod, times: number): readonly Pod[] {
  if (times > mostPods) throw new WhatIfError(`at most ${mostPods} pods can be asked about at once`)
  if (times === 1) return [pod]
  return Array.from({ length: times }, (_, copy) => ({ ...pod, metadata: { ...pod.metadata, name: `${pod.metadata.name}-${copy}`, uid: `${pod.metadata.uid}-${copy}` } }))
}

/** WP1: `entry` is the object that the pod or its template stands in. */
function readPod(template: unknown, entry: unknown, index: number): Pod {
  const where = index === 0 ? 'the pod' : `object ${index + 1}`
  if (!isObject(template) || !isObject(template['spec']) || !Array.isArray(template['spec']['containers'])) throw new WhatIfError(`${where} must be a Pod with spec.containers, or make one`) // WP2
  const pod = deepClone(template) as unknown as Pod
  const { name, namespace } = (entry as { readonly metadata?: { readonly name?: string; readonly namespace?: string } }).metadata ?? {}
  const metadata = { ...pod.metadata, name: name ?? pod.metadata?.name ?? `what-if-${index}`, namespace: namespace ?? pod.metadata?.namespace ?? 'default', uid: `what-if-${index}`, resourceVersion: '0', creationTimestamp: '1970-01-01T00:00:00Z' }
  const { spec } = pod
  setPodSpecDefaults(spec)
  setPodOnlyDefaults(spec)
  const className = spec.priorityClassName ?? ''
  if (spec.priority === undefined && className !== '') {
    const priority = systemPriorities[className]
    if (priority === undefined) throw new WhatIfError(`${where}: name the value in spec.priority, because the scheduler does not read priority class ${className}`) // WP2
    spec.priority = priority
  }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: pod.status ?? {} }
}

function specOf(entry: unknown): WorkloadSpec {
  return isObject(entry) && isObject(entry['spec']) ? entry['spec'] : {}
}

function nameOf(entry: unknown): string {
  const { kind, metadata } = entry as { readonly kind?: string; readonly metadata?: { readonly name?: string } }
  return `${kind}/${metadata?.name ?? '?'}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
