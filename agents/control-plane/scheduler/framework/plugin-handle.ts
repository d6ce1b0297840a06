/**
 * What a plugin may reach beside the pod and the cluster it is shown. Handed to the factory that makes it; upstream's
 * framework.Handle. Everything that acts is a port: tests hand in fakes.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../../api/groups/policy-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { Client } from '../../../machinery/client.ts'
import type { EventSubject } from '../../../machinery/events.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { SchedulerMetrics } from './metrics.ts'
import type { Plugin } from './plugin.ts'

/** A pod that Permit told to wait: reserved on its node, not yet bound. */
export interface WaitingPod {
  readonly pod: Pod
  readonly node: string
  readonly pendingPlugins: readonly string[]
  allow(plugin: string): void
  reject(plugin: string, message: string): boolean
  /** Its node is wanted for another pod: it is tried again, as after an error. False when it was decided already. */
  preempt(message: string): boolean
}

/** Pods that preemption (or an earlier cycle) promised a node to. */
export interface NominatedPods {
  on(nodeName: string): readonly Pod[]
  nodeOf(uid: string): string | undefined
  /** Takes a nomination back, here and nowhere else. */
  forget(uid: string): void
}

/** Where preemption might make room, with who would have to go. */
export interface VictimsOnNode {
  readonly node: string
  readonly victims: readonly Pod[]
  readonly budgetViolations: number
}

export interface PluginHandle {
  readonly profileName: string
  /** The cluster as it is now; for PreEnqueue, hints and actions. A cycle gets its view as an argument. */
  readonly cluster: ClusterView
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: SchedulerMetrics
  readonly signal: AbortSignal
  readonly nominated: NominatedPods
  readonly waitingPods: { get(uid: string): WaitingPod | undefined; all(): readonly WaitingPod[] }
  event(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, options: { readonly action: string; readonly related?: EventSubject }): void
  budgets(): readonly PodDisruptionBudget[]
  /** The pod as the API server told of it last. */
  findPod(namespace: string, name: string): Pod | undefined
  /** What the extenders that take part in preemption make of the candidates. */
  extendPreemption(pod: Pod, candidates: readonly VictimsOnNode[]): Promise<readonly VictimsOnNode[]>
  /** Brings a pod from wherever it waits into the active queue; PreEnqueue is asked again. */
  activate(pod: Pod): void
}

/** Makes a plugin from its pluginConfig arguments. */
export type PluginFactory<A = unknown> = (args: A, handle: PluginHandle) => Plugin
