/**
 * Clients that ask a lab's API server for more than anybody needs, for faults of load. They live in the lab host and end with it.
 *
 *   AL1  A load has connections of its own: what the lab host itself asks does not queue behind it.
 *   AL2  A client asks so many times a second and waits for no answer to be kind; at most so many of its questions are open at once.
 *   AL3  Events that were made are deleted when their load ends.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type ApiCredentials, ApiClient } from '../cluster/api-client.ts'
import type { ApiLoad } from '../drills/fault.ts'

const mostOpenEach = 8
const eventLabel = 'kubarium.dev/fault'
const eventsPath = '/api/v1/namespaces/default/events'

export class ApiLoads {
  readonly #running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  readonly #credentials: () => ApiCredentials
  readonly #clock: Clock

  constructor(credentials: () => ApiCredentials, clock: Clock) {
    this.#credentials = credentials
    this.#clock = clock
  }

  start(owner: string, load: ApiLoad): void {
    this.#running.get(owner)?.stop.abort(new Error('begun anew'))
    const stop = new AbortController()
    const ended = Promise.all(Array.from({ length: load.clients }, () => this.#client(owner, load, stop.signal))).then(() => {})
    this.#running.set(owner, { stop, ended })
  }

  async stop(owner: string): Promise<void> {
    const running = this.#running.get(owner)
    running?.stop.abort(new Error('the fault is over'))
    await running?.ended
    this.#running.delete(owner)
    using client = new ApiClient(this.#credentials())
    await client.delete(`${eventsPath}?labelSelector=${encodeURIComponent(`${eventLabel}=${owner}`)}`) // AL3
  }

  close(): void {
    for (const { stop } of this.#running.values()) stop.abort(new Error('the lab host leaves'))
  }

  async #client(owner: string, { what, perSecond }: ApiLoad, signal: AbortSignal): Promise<void> {
    using client = new ApiClient(this.#credentials()) // AL1
    const open = new Set<Promise<unknown>>()
    while (!signal.aborted) {
      if (open.size < mostOpenEach) { // AL2
        const question = this.#ask(client, owner, what, perSecond, signal).catch(() => {}).finally(() => open.delete(question))
        open.add(question)
      }
      await sleep(this.#clock, 1_000 / perSecond, signal).catch(() => {})
    }
    await Promise.all(open)
  }

  #ask(client: ApiClient, owner: string, what: ApiLoad['what'], perSecond: number, signal: AbortSignal): Promise<unknown> {
    switch (what) {
      case 'lists':
        return client.ask('GET', '/api/v1/pods', undefined, {}, signal)
      case 'watches':
        return client.ask('GET', `/api/v1/pods?watch=true&timeoutSeconds=${Math.max(1, Math.ceil(mostOpenEach / perSecond))}`, undefined, {}, signal)
      case 'events': {
        const time = new Date(this.#clock.now()).toISOString().slice(0, 19)
        return client.ask('POST', eventsPath, {
          apiVersion: 'v1', kind: 'Event', metadata: { generateName: 'storm-', labels: { [eventLabel]: owner } }, involvedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'default', namespace: 'default' },
          reason: 'Storm', message: 'somebody tells of everything', type: 'Normal', source: { component: 'event-storm' }, firstTimestamp: `${time}Z`, lastTimestamp: `${time}Z`, count: 1,
        }, {}, signal)
      }
      case 'retries':
        return client.ask('POST', '/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'Never_Valid' }, spec: { containers: [] } }, {}, signal)
    }
  }
}
