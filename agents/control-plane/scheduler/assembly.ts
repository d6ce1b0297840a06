/** Puts a scheduler together from its profiles and its ports: queue, plugins with their handles, extenders, decisions. */
import type { Pod } from '../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../api/groups/policy-v1/types.ts'
import type { Clock } from '../../base/clock.ts'
import { faultPoints } from '../../base/fault-points.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../machinery/client.ts'
import type { Metrics } from '../../machinery/metrics.ts'
import { WaitingPods } from './binding/waiting-pods.ts'
import { preemptWithExtenders } from './extender/ask-extenders.ts'
import type { Extender } from './extender/extender.ts'
import { faultyPlugins } from './framework/faulty-plugins.ts'
import { createSchedulerMetrics } from './framework/metrics.ts'
import type { SchedulerMetrics } from './framework/metrics.ts'
import type { PluginHandle } from './framework/plugin-handle.ts'
import { allPlugins } from './framework/plugin-set.ts'
import type { ProfileSpec } from './profile/configured-profiles.ts'
import type { Profile } from './profile/profile.ts'
import type { BackoffLimits } from './queue/backoff.ts'
import { SchedulingQueue } from './queue/scheduling-queue.ts'
import type { SchedulerOptions } from './scheduler.ts'
import { Scheduler } from './scheduler.ts'
import type { Cluster } from './snapshot/cluster.ts'

export interface AssemblyOptions {
  readonly profiles: readonly ProfileSpec[]
  readonly extenders?: readonly Extender[]
  readonly backoff?: BackoffLimits
  readonly longestUnschedulableMs?: number
  readonly cluster: Cluster
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly signal: AbortSignal
  readonly findPod: (namespace: string, name: string) => Pod | undefined
  readonly budgets: () => readonly PodDisruptionBudget[]
  /** Reports an event under the name of a profile. */
  readonly event: (profile: string, ...event: Parameters<PluginHandle['event']>) => void
  readonly breathe: SchedulerOptions['breathe']
}

export interface AssembledScheduler {
  readonly scheduler: Scheduler
  readonly queue: SchedulingQueue
  readonly waitingPods: WaitingPods
  readonly profiles: ReadonlyMap<string, Profile>
  readonly metrics: SchedulerMetrics
}

export function assembleScheduler(options: AssemblyOptions): AssembledScheduler {
  const { cluster, client, clock, random, log, signal, findPod, extenders = [] } = options
  const metrics = createSchedulerMetrics(options.metrics)
  const waitingPods = new WaitingPods(clock)
  const handleOf = (profileName: string): PluginHandle => ({
    profileName, cluster, client, clock, random, log, metrics, signal, findPod, waitingPods,
    nominated: { on: node => queue.nominated.on(node), nodeOf: uid => queue.nominated.nodeOf(uid), forget: uid => { queue.nominated.forget(uid) } },
    event: (...event) => { options.event(profileName, ...event) },
    budgets: options.budgets,
    extendPreemption: (pod, candidates) => preemptWithExtenders(extenders, pod, candidates, cluster, log),
    activate: pod => { queue.activate(pod) },
  })
  const profiles = new Map(options.profiles.map(spec => [spec.name, { name: spec.name, percentageOfNodesToScore: spec.percentageOfNodesToScore, plugins: faultPoints.isOn ? faultyPlugins(spec.plugins(handleOf(spec.name))) : spec.plugins(handleOf(spec.name)) }]))
  const sort = [...profiles.values()][0]?.plugins.queueSort[0]
  if (sort === undefined) throw new Error('a scheduler needs a profile with a QueueSort plugin')
  const queue: SchedulingQueue = new SchedulingQueue({
    clock, log, sort,
    profiles: new Map([...profiles].map(([name, { plugins }]) => [name, { preEnqueue: plugins.preEnqueue, plugins: allPlugins(plugins) }])),
    ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
    ...(options.longestUnschedulableMs === undefined ? {} : { longestUnschedulableMs: options.longestUnschedulableMs }),
    onMove: (to, event) => { metrics.incoming(to, event) },
    onHint: metrics.hintTook,
  })
  const scheduler = new Scheduler({
    profiles, extenders, cluster, queue, waitingPods, client, clock, random, log, metrics, signal, findPod,
    event: (subject, ...rest) => { options.event((subject as Pod).spec.schedulerName ?? 'default-scheduler', subject, ...rest) },
    breathe: options.breathe,
  })
  publishGauges(options.metrics, { queue, cluster, scheduler })
  return { scheduler, queue, waitingPods, profiles, metrics }
}

function publishGauges(metrics: Metrics, { queue, cluster, scheduler }: { queue: SchedulingQueue; cluster: Cluster; scheduler: Scheduler }): void {
  const named = (name: string) => `scheduler_${name}`
  metrics.observed({ name: named('pending_pods'), help: 'Pods that wait, by queue: active, backoff, unschedulable (tried and rejected), gated (held before the first try).', labels: ['queue'] }, () => {
    const counts = queue.counts()
    return (['active', 'backoff', 'unschedulable', 'gated'] as const).map(name => ({ labels: { queue: name }, value: counts[name] }))
  })
  metrics.observed({ name: named('unschedulable_pods'), help: 'Waiting pods by a plugin that rejected them; a pod counts for each.', labels: ['plugin', 'profile'] }, () => queue.rejections().map(({ plugin, profile, pods }) => ({ labels: { plugin, profile }, value: pods })))
  metrics.observed({ name: named('inflight_events'), help: 'Changes of the cluster that are kept for pods being tried.', labels: ['event'] }, () => [...queue.keptEvents()].map(([event, value]) => ({ labels: { event }, value })))
  metrics.observed({ name: named('cache_size'), help: 'Nodes, pods and assumed pods in the cluster view.', labels: ['type'] }, () => [
    { labels: { type: 'nodes' }, value: cluster.nodes.length },
    { labels: { type: 'pods' }, value: cluster.nodes.reduce((sum, node) => sum + node.pods.size, 0) },
    { labels: { type: 'assumed_pods' }, value: cluster.assumedPods },
  ])
  metrics.observed({ name: named('goroutines'), help: 'Work in the background, by kind.', labels: ['operation'] }, () => [{ labels: { operation: 'binding' }, value: scheduler.bindings }])
}
