/**
 * Keeps the Node objects of all simulated nodes: registers them, and posts what their kubelets would post.
 *
 *   NK1  A node that is on and not there is made, with its whole status by one write; a Node of that name which is not
 *        simulated is left alone and complained of.
 *   NK2  Its status is posted when it says something else than the API server, and otherwise every five minutes.
 *   NK3  A node that was shut down in order says once that it is not ready; one whose plug was pulled says nothing.
 *   NK4  Labels that are missing are added; what others wrote stays.
 */
import type { Node } from '../../../api/groups/core-v1/types.ts'
import { nodes as nodeType } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { Cache } from '../../../machinery/cache.ts'
import type { Client } from '../../../machinery/client.ts'
import { runQueueWorkers } from '../../../machinery/queue-workers.ts'
import { queryText, resourcePath } from '../../../machinery/resource-path.ts'
import { readStatusError } from '../../../machinery/status-error.ts'
import { WorkQueue } from '../../../machinery/work-queue.ts'
import { type KubeletFacts, isNews, labelsOf, newNode, statusOf } from './node-object.ts'
import type { SimulatedNode } from './simulated-node.ts'

export interface NodeKeeperDeps {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly cache: Cache<Node>
  readonly kubelet: KubeletFacts
  readonly node: (name: string) => SimulatedNode | undefined
  /** Its Node is there, and in the cache. */
  readonly registered: (name: string) => void
}

const workers = 48
/** A server that is away for a moment is no news. */
const toldAfterFailures = 5
const json = { 'content-type': 'application/json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }

export class NodeKeeper {
  readonly #deps: NodeKeeperDeps
  readonly #queue: WorkQueue<string>
  readonly #reportMs: number
  /** Names taken by nodes that are not ours. */
  readonly strangers = new Set<string>()

  constructor(deps: NodeKeeperDeps, reportMs: number) {
    this.#deps = deps
    this.#reportMs = reportMs
    this.#queue = new WorkQueue({ name: 'nodes', clock: deps.clock })
  }

  look(name: string): void {
    this.#queue.add(name)
  }

  run(signal: AbortSignal): Promise<void> {
    return runQueueWorkers(this.#queue, {
      workers,
      work: name => this.#reconcile(name, signal),
      onFailure: (name, error, failures) => {
        if (failures === toldAfterFailures) this.#deps.log.warn('node could not be kept', { node: name, error: errorText(error) })
      },
    }, signal)
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<void> {
    const { cache, kubelet, clock, random } = this.#deps
    const node = this.#deps.node(name)
    if (node === undefined || node.power === 'off') return // NK3
    const present = cache.get({ name })
    if (present === undefined) {
      if (node.power === 'on') await this.#register(node, signal)
      return
    }
    this.#deps.registered(name)
    const missing = Object.entries(labelsOf(node)).filter(([label, value]) => present.metadata.labels?.[label] !== value)
    if (missing.length > 0) await this.#send('PATCH', resourcePath(nodeType, { name }), { metadata: { labels: Object.fromEntries(missing) } }, strategic, signal) // NK4
    const status = statusOf(node, kubelet, present, clock.now())
    const isDue = this.#queue.causes(name).includes('report') // NK2
    if (isDue || isNews(present, status)) await this.#send('PATCH', resourcePath(nodeType, { name, subresource: 'status' }), { status }, strategic, signal)
    if (node.power === 'on') this.#queue.addAfter(name, this.#reportMs * (1 + random.next() * 0.1), 'report')
  }

  /** NK1 */
  async #register(node: SimulatedNode, signal: AbortSignal): Promise<void> {
    const { client, clock, log, kubelet } = this.#deps
    const reply = await client.raw({ method: 'POST', path: resourcePath(nodeType, {}), headers: json, body: JSON.stringify(newNode(node, kubelet, clock.now())), signal })
    if (reply.status < 300) {
      this.strangers.delete(node.name)
      return // its arrival in the cache wakes us
    }
    if (reply.status !== 409) throw readStatusError(reply.status, reply.body, undefined)
    if (this.#deps.cache.get({ name: node.name }) !== undefined || this.strangers.has(node.name)) return
    const found = await client.get(nodeType, { name: node.name }, signal)
    if (Object.entries(labelsOf(node)).every(([label, value]) => found.metadata.labels?.[label] === value)) return // ours, and on its way to the cache
    this.strangers.add(node.name)
    log.error('a node of this name is there already and is not simulated; it is left alone', { node: node.name })
  }

  async #send(method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const reply = await this.#deps.client.raw({ method, path: path + queryText({ fieldManager: 'kubelet' }), headers, body: JSON.stringify(body), signal })
    if (reply.status >= 300 && reply.status !== 404) throw readStatusError(reply.status, reply.body, undefined)
  }
}
