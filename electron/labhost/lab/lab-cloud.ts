/**
 * The lab as a cloud: its machines are the instances, its desktop carries the load balancers, its LAN the routes.
 *
 *   LK1  What was asked for is on disk before it is done, so that a lab host that starts again goes on where it was.
 *   LK2  A load balancer has an address of its own of 127.0.0.0/8 where the system has them (Linux, Windows), else
 *        127.0.0.1; it keeps it. An address that was asked for is taken as it is, or refused.
 *   LK3  Routes and volumes are kept on every machine that runs, also when it comes back.
 *   LK4  An instance is a machine of the specification: one that is switched off is stopped, one that was removed is gone.
 */
import { createHash } from 'node:crypto'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import { type CloudRoute, type CloudVolume, type Instance, type LoadBalancer, type LoadBalancerWish, providerIdOf } from '../../../agents/wire/cloud/cloud-api.ts'
import { CloudError } from '../cloud/cloud-error.ts'
import { CloudServer, type CloudService } from '../cloud/cloud-server.ts'
import { type SeenRoute, cloudRouteProtocol, routeCommands } from '../cloud/plan-routes.ts'
import { readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import { LoadBalancer as NetworkLoadBalancer } from '../network/load-balancer.ts'
import { canBind, canBindDatagrams } from './free-port.ts'
import type { LabFiles } from './lab-files.ts'
import type { LabNode } from './lab-node.ts'
import { LabVolumes } from './lab-volumes.ts'
import { NodeEdges } from './node-edge.ts'
import { PerLink } from './per-link.ts'

const lookEveryMs = 2_000
const addressesTried = 250
const lanDevice = 'lan0'

export interface LabCloudOptions {
  readonly files: LabFiles
  readonly nodes: () => readonly LabNode[]
  readonly clock: Clock
  readonly log: Log
  /** NodeEdges' command. */
  readonly relayCommand: () => readonly string[]
}

interface Remembered {
  readonly loadBalancers: Readonly<Record<string, { readonly wish: LoadBalancerWish; readonly address: string }>>
  readonly routes: readonly CloudRoute[]
  readonly volumes?: readonly CloudVolume[]
}

export class LabCloud implements CloudService {
  readonly #options: LabCloudOptions
  readonly #edges: NodeEdges
  readonly #balancers = new Map<string, { wish: LoadBalancerWish; readonly balancer: NetworkLoadBalancer }>()
  readonly #routed = new PerLink<string>()
  readonly #volumes: LabVolumes
  readonly #ending = new AbortController()
  #routes: readonly CloudRoute[] = []
  /** No route was ever asked for: nodes are left in peace. */
  #usesRoutes = false
  #server: CloudServer | undefined

  private constructor(options: LabCloudOptions, remembered: Remembered | undefined) {
    this.#options = options
    this.#edges = new NodeEdges(options)
    this.#volumes = new LabVolumes({ files: options.files, nodes: options.nodes, remembered: remembered?.volumes ?? [], changed: () => { this.#remember() } })
  }

  static async open(options: LabCloudOptions): Promise<LabCloud> {
    const remembered = readJsonIfAny<Remembered>(options.files.cloudJson)
    const cloud = new LabCloud(options, remembered)
    cloud.#routes = remembered?.routes ?? []
    cloud.#usesRoutes = cloud.#routes.length > 0
    for (const [name, { wish, address }] of Object.entries(remembered?.loadBalancers ?? {})) await cloud.#open(name, wish, address) // LK1
    cloud.#server = await CloudServer.listen(options.files.cloudSocket, cloud, options.log)
    void cloud.#keep().catch(() => {})
    return cloud
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error('the cloud was closed'))
    await this.#server?.close()
    await Promise.all([...this.#balancers.values()].map(({ balancer }) => balancer.close()))
    this.#balancers.clear()
    this.#edges.close()
  }

  instances(): readonly Instance[] { // LK4
    const { lab } = this.#options.files
    return this.#options.nodes().map(node => ({
      name: node.name,
      providerId: providerIdOf(lab, node.name),
      instanceType: `${node.spec.provider}.${node.spec.cpus}cpu-${node.spec.memoryMiB}mi`,
      region: lab,
      zone: `${lab}-a`,
      addresses: [{ type: 'InternalIP', address: node.address }, { type: 'Hostname', address: node.name }],
      state: node.isRunning ? 'running' : 'stopped',
    }))
  }

  routes(): readonly CloudRoute[] {
    return this.#routes
  }

  async ensureRoute(route: CloudRoute): Promise<void> {
    if (!this.#options.nodes().some(({ name }) => name === route.node)) throw new CloudError(404, `there is no machine ${route.node} to route ${route.destination} to`)
    this.#routes = [...this.#routes.filter(({ name }) => name !== route.name), route]
    this.#usesRoutes = true
    this.#remember()
    await this.#syncRoutes()
  }

  async deleteRoute(name: string): Promise<void> {
    this.#routes = this.#routes.filter(route => route.name !== name)
    this.#remember()
    await this.#syncRoutes()
  }

  loadBalancers(): readonly LoadBalancer[] {
    return [...this.#balancers].map(([name, { wish, balancer }]) => ({
      ...wish,
      name,
      address: balancer.address,
      problems: balancer.problems,
      backends: balancer.backends.map(({ name: node, ...backend }) => ({ node, ...backend })),
    }))
  }

  async ensureLoadBalancer(name: string, wish: LoadBalancerWish): Promise<LoadBalancer> {
    const known = this.#balancers.get(name)
    if (known !== undefined && wish.address !== null && wish.address !== known.balancer.address) await this.deleteLoadBalancer(name)
    const kept = this.#balancers.get(name)
    if (kept === undefined) await this.#open(name, wish, await this.#chooseAddress(wish))
    else {
      kept.wish = wish
      this.#remember()
      await kept.balancer.change(balanceOf(wish))
    }
    return this.loadBalancers().find(balancer => balancer.name === name)!
  }

  async deleteLoadBalancer(name: string): Promise<void> {
    const known = this.#balancers.get(name)
    this.#balancers.delete(name)
    this.#remember()
    await known?.balancer.close()
  }

  volumes(): readonly CloudVolume[] {
    return this.#volumes.all
  }

  ensureVolume(id: string, sizeBytes: number): Promise<CloudVolume> {
    return this.#volumes.ensure(id, sizeBytes)
  }

  deleteVolume(id: string): Promise<void> {
    return this.#volumes.delete(id)
  }

  plugIn(id: string, node: string): Promise<void> {
    return this.#volumes.plugIn(id, node)
  }

  takeOut(id: string, node: string): Promise<void> {
    return this.#volumes.takeOut(id, node)
  }

  async #open(name: string, wish: LoadBalancerWish, address: string): Promise<void> {
    const { clock, log, nodes } = this.#options
    const nodeOf = (backend: string): LabNode => {
      const node = nodes().find(candidate => candidate.name === backend)
      if (node === undefined) throw new CloudError(404, `there is no machine ${backend}`)
      return node
    }
    const balancer = new NetworkLoadBalancer({
      address, clock, log,
      dial: async (backend, port, signal) => this.#edges.enter(nodeOf(backend), port, signal),
      dialDatagrams: async (backend, port, listener) => this.#edges.enterDatagrams(nodeOf(backend), port, listener),
      dialHealth: async (backend, port, signal) => nodeOf(backend).link().dial(nodeOf(backend).address, port, signal),
    })
    this.#balancers.set(name, { wish, balancer })
    this.#remember() // LK1
    await balancer.change(balanceOf(wish))
  }

  /** LK2. The first address whose ports are all free; the lab's name decides where the search begins. */
  async #chooseAddress(wish: LoadBalancerWish): Promise<string> {
    const taken = new Set([...this.#balancers.values()].map(({ balancer }) => balancer.address))
    if (wish.address !== null) {
      if (!/^127(\.\d{1,3}){3}$/.test(wish.address)) throw new CloudError(400, `${wish.address} cannot be had: the lab's load balancers have addresses of 127.0.0.0/8 (loadBalancerIP)`)
      if (taken.has(wish.address)) throw new CloudError(409, `${wish.address} is the address of another load balancer of this lab`)
      return wish.address
    }
    const block = createHash('sha256').update(this.#options.files.lab).digest()[0]!
    for (let host = 1; host <= addressesTried; host++) {
      const address = `127.77.${block}.${host}`
      if (taken.has(address)) continue
      if (!(await canBind(0, address))) return '127.0.0.1'
      if ((await Promise.all(wish.ports.map(({ port, protocol }) => (protocol === 'UDP' ? canBindDatagrams(port, address) : canBind(port, address))))).every(Boolean)) return address
    }
    return `127.77.${block}.${addressesTried + 1}`
  }

  #remember(): void {
    writePrivateJson(this.#options.files.cloudJson, {
      loadBalancers: Object.fromEntries([...this.#balancers].map(([name, { wish, balancer }]) => [name, { wish, address: balancer.address }])),
      routes: this.#routes,
      volumes: this.#volumes.all,
    } satisfies Remembered)
  }

  async #keep(): Promise<void> { // LK3
    while (!this.#ending.signal.aborted) {
      await this.#volumes.settle().catch((error: unknown) => { this.#options.log.debug('volumes not plugged in everywhere', { error: errorText(error) }) })
      if (this.#usesRoutes) await this.#syncRoutes().catch((error: unknown) => { this.#options.log.debug('routes not written everywhere', { error: errorText(error) }) })
      await sleep(this.#options.clock, lookEveryMs, this.#ending.signal)
    }
  }

  async #syncRoutes(): Promise<void> {
    const nodes = this.#options.nodes()
    const addresses = new Map(nodes.map(node => [node.name, node.address]))
    const outcomes = await Promise.allSettled(nodes.filter(node => node.isRunning && node.state.controlLink === 'up').map(node => this.#routeOn(node, addresses)))
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #routeOn(node: LabNode, addresses: ReadonlyMap<string, string>): Promise<void> {
    const link = node.link()
    const facts = JSON.stringify([this.#routes, [...addresses]])
    if (this.#routed.get(node.name, link) === facts) return
    const seen = JSON.parse((await link.run(['ip', '-j', 'route', 'show', 'proto', cloudRouteProtocol])) || '[]') as readonly SeenRoute[]
    const commands = routeCommands(node.name, this.#routes, addresses, seen, lanDevice)
    if (commands.length > 0) await link.run(['ip', '-batch', '-'], { stdin: `${commands.join('\n')}\n` })
    this.#routed.set(node.name, link, facts)
    if (commands.length > 0) this.#options.log.info('routes written', { node: node.name, commands })
  }
}

function balanceOf({ ports, nodes, healthCheck, affinitySeconds, sourceRanges }: LoadBalancerWish): Parameters<NetworkLoadBalancer['change']>[0] {
  return { ports: ports.map(({ protocol, port, nodePort }) => ({ protocol: protocol, port, targetPort: nodePort })), backends: nodes, health: healthCheck, affinityMs: affinitySeconds === null ? null : affinitySeconds * 1_000, sourceRanges }
}
