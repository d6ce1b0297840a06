/**
 * Brings pods' statuses to the API server, one pod's writes one after another, always the latest.
 *
 *   SW1  Nothing is sent when the API server already says so.
 *   SW2  What we wrote last is what the next is compared with, even while our watch has not shown it yet.
 *   SW3  A pod that is gone, or is another one of that name, ends the matter; any other failure is tried again.
 */
import { pods } from '../../../api/resources.ts'
import type { Pod, PodStatus } from '../../../api/groups/core-v1/types.ts'
import { backoffMs } from '../../../base/backoff.ts'
import { sleep, type Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Client } from '../../../machinery/client.ts'
import { isConflict, isNotFound } from '../../../machinery/status-error.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { isKubeletCondition, statusPatch } from './pod-status.ts'

interface PodEntry {
  /** The API server's latest copy that we know of. */
  known: Pod
  wanted: PodStatus | undefined
  published: PodStatus | undefined
  sending: Promise<void> | undefined
  isGone: boolean
}

export class StatusWriter {
  readonly #client: Client
  readonly #clock: Clock
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #pods = new Map<string, PodEntry>()

  constructor(deps: { readonly client: Client; readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal }) {
    this.#client = deps.client
    this.#clock = deps.clock
    this.#log = deps.log
    this.#signal = deps.signal
  }

  /** Notes the API server's copy. For a static pod it is its mirror, under the static pod's uid. */
  observe(pod: Pod, uid = pod.metadata.uid): void {
    const entry = this.#pods.get(uid)
    if (entry === undefined) this.#pods.set(uid, { known: pod, wanted: undefined, published: undefined, sending: undefined, isGone: false })
    else if (entry.known.metadata.uid !== pod.metadata.uid || isNewer(pod, entry.known)) entry.known = pod
  }

  /** The pod with the status that was last decided here, and the conditions that others own. */
  basis(pod: Pod): Pod {
    const published = this.#pods.get(pod.metadata.uid)?.published
    if (published === undefined) return pod
    const others = (pod.status.conditions ?? []).filter(condition => !isKubeletCondition(condition.type))
    return { ...pod, status: { ...pod.status, ...published, conditions: [...(published.conditions ?? []).filter(own => !others.some(other => other.type === own.type)), ...others] } }
  }

  publish(uid: string, status: PodStatus): void {
    const entry = this.#pods.get(uid)
    if (entry === undefined) return
    entry.published = status
    entry.wanted = status
    entry.sending ??= this.#send(entry).finally(() => (entry.sending = undefined))
  }

  /** Resolves when what was published is with the API server, or will never be. */
  async flushed(uid: string): Promise<void> {
    await this.#pods.get(uid)?.sending
  }

  latest(uid: string): PodStatus | undefined {
    return this.#pods.get(uid)?.published
  }

  gone(uid: string): void {
    const entry = this.#pods.get(uid)
    if (entry !== undefined) entry.isGone = true
  }

  forget(uid: string): void {
    this.gone(uid)
    this.#pods.delete(uid)
  }

  async #send(entry: PodEntry): Promise<void> {
    for (let failures = 0; entry.wanted !== undefined && !entry.isGone && !this.#signal.aborted; ) {
      const status = entry.wanted
      const patch = statusPatch(entry.known, status)
      if (patch === undefined) { // SW1
        if (entry.wanted === status) entry.wanted = undefined
        continue
      }
      try {
        const answer = await this.#client.patch(pods, keyOf(entry.known), patch, { patchType: 'strategic', subresource: 'status' }, this.#signal)
        if (isNewer(answer, entry.known)) entry.known = answer // SW2
        if (entry.wanted === status) entry.wanted = undefined
        failures = 0
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) { // SW3
          this.#log.info('pod status had no taker', { pod: entry.known.metadata.name, error: errorText(error) })
          entry.wanted = undefined
          return
        }
        failures++
        if (failures === 1) this.#log.warn('pod status could not be written', { pod: entry.known.metadata.name, error: errorText(error) })
        await sleep(this.#clock, backoffMs({ firstMs: 250, maxMs: 10_000 }, failures), this.#signal).catch(() => {})
      }
    }
  }
}

function isNewer(a: Pod, b: Pod): boolean {
  return Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion) || b.metadata.resourceVersion === ''
}
