/**
 * Evicting the victims of a preemption, in the background. Upstream: framework/preemption Executor (SchedulerAsyncPreemption).
 *
 *   EX1  Each victim first gets the condition DisruptionTarget, then is deleted; one that is deleted already costs nothing.
 *   EX2  The last victim goes after all others, so that its deletion wakes the preemptor when there is room.
 *   EX3  While victims are being evicted the preemptor is not tried; from the deletion of the last one on it may be.
 *   EX4  Pods of lower priority that were promised the node lose the promise.
 *   EX5  A victim that is not bound yet, because it waits for a permit, is rejected in memory and not deleted.
 *   EX6  When an eviction failed the preemptor is tried again at once.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { pods } from '../../../api/resources.ts'
import { errorText } from '../../../base/log.ts'
import { isNotFound } from '../../../machinery/status-error.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import { patchPodStatus } from '../framework/pod-status.ts'
import { podFacts } from '../snapshot/pod-facts.ts'

export class Evictions {
  readonly #handle: PluginHandle
  /** By uid of the preemptor: the last victim, once its turn has come. */
  readonly #running = new Map<string, Pod | null>()

  constructor(handle: PluginHandle) {
    this.#handle = handle
  }

  /** EX3 */
  isRunning(preemptor: Pod): boolean {
    const last = this.#running.get(preemptor.metadata.uid)
    if (last === undefined) return false
    if (last === null) return true
    const seen = this.#handle.findPod(last.metadata.namespace!, last.metadata.name)
    return seen !== undefined && seen.metadata.deletionTimestamp === undefined
  }

  start(preemptor: Pod, node: string, victims: readonly Pod[]): void {
    const living = victims.filter(victim => victim.metadata.deletionTimestamp === undefined)
    if (living.length === 0) return
    this.#handle.metrics.preemptionVictims.observe(victims.length)
    this.#running.set(preemptor.metadata.uid, null)
    void this.#evictAll(preemptor, node, living)
  }

  async #evictAll(preemptor: Pod, node: string, victims: readonly Pod[]): Promise<void> {
    const { clock, log, metrics, activate } = this.#handle
    const startedAt = clock.monotonic()
    let result: 'success' | 'error' = 'success'
    try {
      await this.#takePromisesBack(preemptor, node)
      const last = victims.at(-1)!
      await Promise.all(victims.slice(0, -1).map(victim => this.#evict(preemptor, node, victim)))
      this.#running.set(preemptor.metadata.uid, last) // EX2
      await this.#evict(preemptor, node, last)
    } catch (error) {
      result = 'error'
      if (!this.#handle.signal.aborted) log.error('preemption failed', { pod: podName(preemptor), node, error: errorText(error) })
    } finally {
      this.#running.delete(preemptor.metadata.uid)
      metrics.preempted(result, (clock.monotonic() - startedAt) / 1_000)
      if (result === 'error') activate(preemptor) // EX6
    }
  }

  async #evict(preemptor: Pod, node: string, victim: Pod): Promise<void> {
    const { client, clock, signal, log, waitingPods, profileName } = this.#handle
    let message = `Preempted by pod ${preemptor.metadata.uid} on node ${node}`
    if (waitingPods.get(victim.metadata.uid)?.preempt('preempted') === true) message += ' (in kube-scheduler memory).' // EX5
    else {
      try {
        await patchPodStatus(client, clock, victim, { condition: { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: `${profileName}: preempting to accommodate a higher priority pod` } }, signal)
        await client.delete(pods, { namespace: victim.metadata.namespace!, name: victim.metadata.name }, { preconditions: { uid: victim.metadata.uid } }, signal) // EX1
      } catch (error) {
        if (isNotFound(error)) return
        throw error
      }
    }
    log.info('pod preempted', { victim: podName(victim), by: podName(preemptor), node })
    this.#handle.event(victim, 'Normal', 'Preempted', message, { action: 'Preempting', related: preemptor })
  }

  /** EX4 */
  async #takePromisesBack(preemptor: Pod, node: string): Promise<void> {
    const { nominated, client, clock, signal } = this.#handle
    const lower = nominated.on(node).filter(other => podFacts(other).priority < podFacts(preemptor).priority)
    await Promise.all(lower.map(other => patchPodStatus(client, clock, other, { nominate: null }, signal)))
  }
}

function podName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`
}
