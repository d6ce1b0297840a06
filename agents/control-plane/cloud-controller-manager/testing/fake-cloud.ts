/** A cloud in memory, and what it was asked to change. */
import { type CloudRoute, type CloudVolume, type Instance, type LoadBalancer, providerIdOf } from '../../../wire/cloud/cloud-api.ts'
import type { CloudConfig } from '../cloud-config.ts'
import type { Cloud } from '../provider/cloud.ts'

export class FakeCloud implements Cloud {
  readonly machines = new Map<string, Instance>()
  readonly routing = new Map<string, CloudRoute>()
  readonly disks = new Map<string, CloudVolume>()
  readonly balancers = new Map<string, LoadBalancer>()
  /** Changes, in order. */
  readonly changes: string[] = []
  /** Thrown by every change while set. */
  failure: Error | undefined
  /** Ports that cannot be opened. */
  problems: LoadBalancer['problems'] = []

  addMachine(name: string, state: Instance['state'] = 'running'): void {
    this.machines.set(name, { name, providerId: providerIdOf('lab', name), instanceType: 'qemu.2cpu-1024mi', region: 'lab', zone: 'lab-a', addresses: [{ type: 'InternalIP', address: `172.30.0.${this.machines.size + 11}` }], state })
  }

  async instances(): Promise<readonly Instance[]> {
    return [...this.machines.values()]
  }

  async routes(): Promise<readonly CloudRoute[]> {
    return [...this.routing.values()]
  }

  async ensureRoute(route: CloudRoute): Promise<void> {
    this.#change(`route ${route.destination} to ${route.node}`)
    this.routing.set(route.name, route)
  }

  async deleteRoute(name: string): Promise<void> {
    this.#change(`no route ${name}`)
    this.routing.delete(name)
  }

  async loadBalancer(name: string): Promise<LoadBalancer | undefined> {
    return this.balancers.get(name)
  }

  async loadBalancers(): Promise<readonly LoadBalancer[]> {
    return [...this.balancers.values()]
  }

  async ensureLoadBalancer(...[name, wish]: Parameters<Cloud['ensureLoadBalancer']>): Promise<LoadBalancer> {
    this.#change(`balance ${wish.service} over ${wish.nodes.join('+')}`)
    const made: LoadBalancer = { ...wish, name, address: wish.address ?? '127.77.0.1', problems: this.problems, backends: [] }
    this.balancers.set(name, made)
    return made
  }

  async volumes(): Promise<readonly CloudVolume[]> {
    return [...this.disks.values()]
  }

  async ensureVolume(id: string, sizeBytes: number): Promise<CloudVolume> {
    this.#change(`volume ${id} of ${sizeBytes}`)
    const volume = { id, sizeBytes, node: this.disks.get(id)?.node ?? null }
    this.disks.set(id, volume)
    return volume
  }

  async deleteVolume(id: string): Promise<void> {
    this.#change(`no volume ${id}`)
    this.disks.delete(id)
  }

  async plugIn(id: string, node: string): Promise<void> {
    this.#change(`${id} into ${node}`)
    this.disks.set(id, { ...this.disks.get(id)!, node })
  }

  async takeOut(id: string, node: string): Promise<void> {
    this.#change(`${id} out of ${node}`)
    const volume = this.disks.get(id)
    if (volume !== undefined) this.disks.set(id, { ...volume, node: null })
  }

  async deleteLoadBalancer(name: string): Promise<void> {
    this.#change('no balance')
    this.balancers.delete(name)
  }

  #change(what: string): void {
    if (this.failure !== undefined) throw this.failure
    this.changes.push(what)
  }
}

export function sampleConfig(cloud: Cloud): CloudConfig {
  return { cloud, clusterCidr: '10.244.0.0/16', configureCloudRoutes: true, nodeMonitorPeriodMs: 5_000, nodeStatusUpdateFrequencyMs: 300_000, routeReconciliationPeriodMs: 10_000, concurrentServiceSyncs: 1 }
}
