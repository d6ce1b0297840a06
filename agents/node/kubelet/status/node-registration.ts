/**
 * Keeps the Node object and its Lease: registers, posts the status when it changed or is five minutes old, renews the
 * Lease every 10 s.
 *
 *   NR1  An existing Node keeps what others wrote; our labels and status are brought up to date. A Node that was deleted
 *        is made again.
 *   NR2  While the node is not Ready it is looked at every second, afterwards every 10 s.
 *   NR3  The Lease is owned by the Node and lasts 40 s; whoever writes it meanwhile loses nothing but a retry.
 */
import { leases, nodes } from '../../../api/resources.ts'
import type { Lease } from '../../../api/groups/coordination-v1/types.ts'
import type { Node, NodeStatus, Taint } from '../../../api/groups/core-v1/types.ts'
import { microTimeText, sleep, type Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Client } from '../../../machinery/client.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../../machinery/status-error.ts'
import { isStatusNews, nodeLabels } from '../../../machinery/kubelet/node-object.ts'

export interface NodeRegistrationDeps {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly nodeName: string
  readonly architecture: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** Of the Node when it is made. */
  readonly annotations?: Readonly<Record<string, string>>
  /** spec.providerID of the Node when it is made. */
  readonly providerId?: string
  /** The status as of now, given the one the API server has. */
  status(present: NodeStatus | undefined): Promise<NodeStatus>
}

const statusEveryMs = 10_000
const unreadyEveryMs = 1_000
const postEveryMs = 300_000
const leaseEveryMs = 10_000
const leaseSeconds = 40
const reportMs = 10_000
const reportLookMs = 50

export class NodeRegistration {
  readonly #deps: NodeRegistrationDeps
  #node: Node | undefined
  #postedAtMs = -Infinity
  #lease: Lease | undefined
  #nudge = Promise.withResolvers<void>()

  constructor(deps: NodeRegistrationDeps) {
    this.#deps = deps
  }

  get node(): Node | undefined {
    return this.#node
  }

  /** Something that the status tells has changed. */
  nudge(): void {
    this.#nudge.resolve()
  }

  /** Has the status posted until what the API server holds satisfies; an error after 10 s. */
  async report(holds: (status: NodeStatus | undefined) => boolean): Promise<void> {
    const { clock } = this.#deps
    const deadline = clock.monotonic() + reportMs
    while (!holds(this.#node?.status)) {
      if (clock.monotonic() > deadline) throw new Error(`the status of the node could not be written within ${reportMs / 1_000} s`)
      this.nudge()
      await sleep(clock, reportLookMs)
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#repeat('node status', () => this.#keepStatus(signal), signal), this.#repeat('node lease', () => this.#keepLease(signal), signal)])
  }

  async #repeat(what: string, step: () => Promise<number>, signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      let delayMs: number
      try {
        delayMs = await step()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (failures++ === 0) this.#deps.log.warn('could not write to the API server', { what, error: errorText(error) })
        delayMs = Math.min(5_000, 200 * 2 ** failures)
      }
      await Promise.race([sleep(this.#deps.clock, delayMs, signal).catch(() => {}), ...(what === 'node status' ? [this.#nudge.promise] : [])])
      if (what === 'node status') this.#nudge = Promise.withResolvers()
    }
  }

  async #keepStatus(signal: AbortSignal): Promise<number> {
    const { client, clock, nodeName } = this.#deps
    const node = await this.#ensureNode(signal)
    const status = await this.#deps.status(node.status)
    const isReady = status.conditions?.find(entry => entry.type === 'Ready')?.status === 'True'
    const isDue = clock.monotonic() - this.#postedAtMs >= postEveryMs
    if (isDue || isStatusNews(node.status, status)) {
      try {
        this.#node = await client.patch(nodes, { name: nodeName }, { status: statusPatchOf(node.status, status) }, { patchType: 'strategic', subresource: 'status' }, signal)
        this.#postedAtMs = clock.monotonic()
      } catch (error) {
        if (!isNotFound(error)) throw error
        this.#node = undefined // NR1
        return 0
      }
    }
    return isReady ? statusEveryMs : unreadyEveryMs // NR2
  }

  async #ensureNode(signal: AbortSignal): Promise<Node> {
    const { client, nodeName, architecture, labels, taints, annotations, providerId, log } = this.#deps
    const wanted = nodeLabels(nodeName, architecture, labels)
    if (this.#node === undefined) {
      try {
        this.#node = await client.create(nodes, { metadata: { name: nodeName, labels: wanted, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true', ...annotations } }, spec: { ...(taints.length > 0 ? { taints: [...taints] } : {}), ...(providerId === undefined ? {} : { providerID: providerId }) } }, {}, signal)
        log.info('node registered', { node: nodeName })
        return this.#node
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
    }
    const present = await client.get(nodes, { name: nodeName }, signal).catch(error => {
      if (isNotFound(error)) this.#node = undefined
      throw error
    })
    const missing = Object.entries(wanted).filter(([key, value]) => present.metadata.labels?.[key] !== value)
    this.#node = missing.length === 0 ? present : await client.patch(nodes, { name: nodeName }, { metadata: { labels: Object.fromEntries(missing) } }, { patchType: 'strategic' }, signal)
    return this.#node
  }

  async #keepLease(signal: AbortSignal): Promise<number> {
    const { client, clock, nodeName } = this.#deps
    const key = { namespace: 'kube-node-lease', name: nodeName }
    const renewTime = microTimeText(clock.now())
    if (this.#lease === undefined) this.#lease = await client.get(leases, key, signal).catch(error => (isNotFound(error) ? undefined : Promise.reject(error as Error)))
    if (this.#lease === undefined) {
      const ownerReferences = this.#node === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: this.#node.metadata.uid }]
      this.#lease = await client.create(leases, { metadata: { ...key, ownerReferences }, spec: { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime } }, {}, signal)
      return leaseEveryMs
    }
    try {
      this.#lease = await client.update(leases, { ...this.#lease, spec: { ...this.#lease.spec, holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime } }, {}, signal)
    } catch (error) {
      this.#lease = undefined // NR3: read it again next time
      if (!isConflict(error) && !isNotFound(error)) throw error
      return 0
    }
    return leaseEveryMs
  }
}

/** Addresses are a keyed list: what is no longer ours must be taken out by name. */
function statusPatchOf(old: NodeStatus | undefined, next: NodeStatus): Record<string, unknown> {
  const gone = (old?.addresses ?? []).filter(address => !(next.addresses ?? []).some(other => other.type === address.type))
  return { ...next, addresses: [...gone.map(({ type }) => ({ $patch: 'delete', type })), ...(next.addresses ?? [])] }
}
