/**
 * Asks every node's kubelet what is used there, through the API server's node proxy.
 *
 *   SC1  Every node that names a kubelet port is asked once a round; a round begins when the resolution has passed, never
 *        before the last one has ended.
 *   SC2  At most so many nodes at once, each for no longer than the timeout; the order is drawn anew each round.
 *   SC3  A failure is counted and told once until the node answers again; it stops nobody else.
 */
import { nodes } from '../../../api/resources.ts'
import type { Node } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import { errorText } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { Cache } from '../../../machinery/cache.ts'
import type { Client } from '../../../machinery/client.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import { resourcePath } from '../../../machinery/resource-path.ts'
import { readResourceMetrics } from './read-resource-metrics.ts'
import type { UsageHistory } from './usage-history.ts'

export interface ScraperOptions {
  readonly client: Client
  readonly nodes: Cache<Node>
  readonly history: UsageHistory
  readonly resolutionMs: number
  readonly timeoutMs: number
  readonly atOnce: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

export class Scraper {
  readonly #options: ScraperOptions
  readonly #failing = new Map<string, string>()
  #rounds = 0

  constructor(options: ScraperOptions) {
    this.#options = options
    const { metrics } = options
    metrics.observed({ name: 'metrics_server_failing_nodes', help: 'Nodes whose kubelet did not answer the last time.' }, () => this.#failing.size)
  }

  get state(): unknown {
    return { rounds: this.#rounds, ...this.#options.history.size, failing: Object.fromEntries(this.#failing) }
  }

  /** At least one round has ended. */
  get hasScraped(): boolean {
    return this.#rounds > 0
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, resolutionMs } = this.#options
    while (!signal.aborted) {
      const startedAt = clock.monotonic()
      await this.round(signal)
      await sleep(clock, Math.max(0, resolutionMs - (clock.monotonic() - startedAt)), signal).catch(() => {}) // SC1
    }
  }

  async round(signal: AbortSignal): Promise<void> {
    const { atOnce, clock, history, random } = this.#options
    const names = this.#options.nodes.list().filter(({ status }) => (status.daemonEndpoints?.kubeletEndpoint?.Port ?? 0) > 0).map(({ metadata }) => ({ name: metadata.name, rank: random.next() }))
    const waiting = names.sort((a, b) => a.rank - b.rank).map(({ name }) => name) // SC2
    for (const name of this.#failing.keys()) if (this.#options.nodes.get({ name }) === undefined) this.#failing.delete(name)
    await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, async () => {
      for (let name = waiting.pop(); name !== undefined && !signal.aborted; name = waiting.pop()) await this.#scrape(name, signal)
    }))
    history.forgetOld(clock.now())
    this.#rounds++
  }

  async #scrape(name: string, signal: AbortSignal): Promise<void> {
    const { client, clock, history, log, metrics, timeoutMs } = this.#options
    const requests = metrics.counter({ name: 'metrics_server_kubelet_request_total', help: 'Scrapes of kubelets.', labels: ['success'] })
    try {
      const { status, body } = await client.raw({ method: 'GET', path: `${resourcePath(nodes, { name, subresource: 'proxy' })}/metrics/resource`, timeoutMs, signal })
      if (status !== 200) throw new Error(`request failed, status ${status}: ${body.slice(0, 200)}`)
      history.put(name, readResourceMetrics(body, clock.now()), clock.now())
      requests.add(1, { success: 'true' })
      if (this.#failing.delete(name)) log.info('node answers again', { node: name })
    } catch (error) { // SC3
      if (signal.aborted) return
      requests.add(1, { success: 'false' })
      if (!this.#failing.has(name)) log.warn('node could not be scraped', { node: name, error: errorText(error) })
      this.#failing.set(name, errorText(error))
    }
  }
}
