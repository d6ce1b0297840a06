/**
 * EventRecorder: tells users what a component did to an object, as core/v1 Events, without flooding the store.
 *
 *   EV1  The same event again (object, type, reason, message) raises the count of the first instead of making another.
 *   EV2  After 10 events of one object that differ in message only, within 10 minutes, they become one:
 *        "(combined from similar events): …".
 *   EV3  One object may cause 25 events at once and one more every 5 minutes; what is beyond is dropped.
 *   EV4  Recording never blocks and never throws. Events go out in order; a refused one is dropped, a lost connection is
 *        retried a few times.
 */
import { events as eventType } from '../api/resources.ts'
import type { Event, ObjectReference } from '../api/groups/core-v1/types.ts'
import type { Clock } from '../base/clock.ts'
import { sleep, timeText } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { errorText, silentLog } from '../base/log.ts'
import type { Client } from './client.ts'
import { isNotFound, StatusError } from './status-error.ts'

/** What an event is about: any object, or as much of a reference as is known. */
export interface EventSubject {
  readonly apiVersion?: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string }
}

/** What a recorder needs of a client. */
export type EventClient = Pick<Client, 'create' | 'patch'>

export interface EventOptions {
  readonly fieldPath?: string
  /** What was being done: Scheduling, Binding. */
  readonly action?: string
  /** The other object of what happened. */
  readonly related?: EventSubject
}

export interface EventRecorderOptions {
  readonly client: EventClient
  readonly clock: Clock
  readonly component: string
  /** Node name, for components of a node. */
  readonly host?: string
  readonly log?: Log
  readonly signal?: AbortSignal
}

const similarLimit = 10
const similarWindowMs = 10 * 60_000
const burst = 25
const refillMs = 5 * 60_000
const mostPending = 1_000
const mostRemembered = 4_096
const attempts = 5

interface Written {
  name: string
  count: number
  firstTimestamp: string
}

interface Pending {
  readonly subject: EventSubject
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly fieldPath?: string
  readonly action?: string
  readonly related?: EventSubject
  readonly atMs: number
}

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #written = new Map<string, Written>()
  readonly #similar = new Map<string, { messages: Set<string>; lastMs: number }>()
  readonly #tokens = new Map<string, { tokens: number; atMs: number }>()
  readonly #pending: Pending[] = []
  #sending = false
  #serial = 0

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  event(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, options: EventOptions = {}): void {
    if (this.#pending.length >= mostPending || !this.#mayTell(subject)) return // EV3
    this.#pending.push({ subject, type, reason, message: message.slice(0, 1_024), ...options, atMs: this.#options.clock.now() })
    if (!this.#sending) void this.#sendAll()
  }

  /** Resolves when nothing is left to send. For tests and for an orderly end. */
  async flushed(): Promise<void> {
    while (this.#sending) await sleep(this.#options.clock, 1)
  }

  async #sendAll(): Promise<void> {
    this.#sending = true
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) await this.#send(next)
    this.#sending = false
  }

  async #send(pending: Pending): Promise<void> {
    const { clock, log = silentLog, signal } = this.#options
    for (let attempt = 1; attempt <= attempts && signal?.aborted !== true; attempt++) {
      try {
        await this.#write(pending)
        return
      } catch (error) {
        if (error instanceof StatusError && error.code < 500) { // EV4
          log.debug('event was refused', { reason: pending.reason, error: errorText(error) })
          return
        }
        await sleep(clock, 500 * 2 ** attempt, signal).catch(() => {})
      }
    }
  }

  async #write(pending: Pending): Promise<void> {
    const { client, signal } = this.#options
    const subjectId = idOf(pending.subject)
    const similarKey = [subjectId, pending.fieldPath ?? '', pending.type, pending.reason].join('|')
    const combined = this.#isCombined(similarKey, pending)
    const message = combined ? `(combined from similar events): ${pending.message}` : pending.message
    const key = combined ? similarKey : `${similarKey}|${message}`
    const namespace = pending.subject.metadata.namespace ?? 'default'
    const lastTimestamp = timeText(pending.atMs)
    const written = this.#written.get(key)
    if (written !== undefined) { // EV1
      try {
        await client.patch(eventType, { namespace, name: written.name }, { count: written.count + 1, lastTimestamp, message }, { patchType: 'merge' }, signal)
        written.count++
        return
      } catch (error) {
        if (!isNotFound(error)) throw error
        this.#written.delete(key)
      }
    }
    const event = this.#eventOf(pending, message, lastTimestamp)
    await client.create(eventType, event, {}, signal)
    if (this.#written.size >= mostRemembered) this.#written.delete(this.#written.keys().next().value!)
    this.#written.set(key, { name: event.metadata.name!, count: 1, firstTimestamp: lastTimestamp })
  }

  #eventOf(pending: Pending, message: string, at: string): Omit<Event, 'metadata' | 'apiVersion' | 'kind'> & { metadata: { name: string; namespace: string } } {
    const { component, host } = this.#options
    const { subject, related, action } = pending
    const { metadata } = subject
    const namespace = metadata.namespace ?? 'default'
    const suffix = (BigInt(Math.floor(pending.atMs)) * 1_000_000n + BigInt(this.#serial++ % 1_000_000)).toString(16)
    return {
      metadata: { name: `${metadata.name}.${suffix}`, namespace },
      involvedObject: { ...referenceTo(subject), ...(pending.fieldPath === undefined ? {} : { fieldPath: pending.fieldPath }) },
      ...(related === undefined ? {} : { related: referenceTo(related) }),
      ...(action === undefined ? {} : { action }),
      reason: pending.reason, message, type: pending.type, count: 1, firstTimestamp: at, lastTimestamp: at,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    }
  }

  #isCombined(key: string, pending: Pending): boolean {
    const similar = this.#similar.get(key)
    if (similar === undefined || pending.atMs - similar.lastMs > similarWindowMs) {
      if (this.#similar.size >= mostRemembered) this.#similar.delete(this.#similar.keys().next().value!)
      this.#similar.set(key, { messages: new Set([pending.message]), lastMs: pending.atMs })
      return false
    }
    similar.lastMs = pending.atMs
    if (similar.messages.size < similarLimit) similar.messages.add(pending.message)
    return similar.messages.size >= similarLimit // EV2
  }

  #mayTell(subject: EventSubject): boolean {
    const id = idOf(subject)
    const nowMs = this.#options.clock.now()
    const bucket = this.#tokens.get(id) ?? { tokens: burst, atMs: nowMs }
    const tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs)
    if (this.#tokens.size >= mostRemembered) this.#tokens.delete(this.#tokens.keys().next().value!)
    this.#tokens.set(id, { tokens: Math.max(0, tokens - 1), atMs: nowMs })
    return tokens >= 1
  }
}

function referenceTo({ kind, apiVersion, metadata }: EventSubject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    kind, name,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}

function idOf({ kind, metadata }: EventSubject): string {
  return [kind, metadata.namespace ?? '', metadata.name, metadata.uid ?? ''].join('/')
}
