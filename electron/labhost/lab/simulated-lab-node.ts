/** One simulated node of a lab. It has no machine: what would need one is refused by name. */
import type { ComponentState, NodeSpec, NodeState } from '../../contract/labs.ts'
import type { Dialer } from '../network/egress-proxy.ts'
import { connectTcp } from '../provision/ssh-link.ts'
import type { Action } from './action.ts'
import { LabError } from './lab-error.ts'
import type { LabWorker } from './lab-worker.ts'
import type { SimulatedNodes } from './simulated-nodes.ts'

export interface SimulatedNodeAround {
  readonly nodes: SimulatedNodes
  /** Of the process that plays all of them; null while it does not run. */
  readonly kubeletPort: () => number | null
  readonly changed: () => void
}

export class SimulatedLabNode implements LabWorker {
  readonly spec: NodeSpec
  readonly routesPods = false
  readonly components: readonly ComponentState[] = []
  readonly #around: SimulatedNodeAround
  #ready: NodeState['ready'] = null

  constructor(spec: NodeSpec, around: SimulatedNodeAround) {
    this.spec = spec
    this.#around = around
  }

  get name(): string {
    return this.spec.name
  }

  get address(): string {
    return this.#around.nodes.addressOf(this.name)
  }

  get ready(): NodeState['ready'] {
    return this.#ready
  }

  get state(): NodeState {
    const isOn = this.#around.nodes.powerOf(this.name) === 'on' && this.#around.kubeletPort() !== null
    return { name: this.name, provider: 'simulated', machine: isOn ? 'running' : 'stopped', acceleration: null, address: this.address, sshPort: null, controlLink: isOn ? 'up' : 'down', ready: this.#ready, cpuCores: null, memoryBytes: null, lastError: null }
  }

  dialer(): Dialer {
    const port = this.#around.kubeletPort()
    if (port === null) throw new LabError('unavailable', `the process that plays ${this.name} is not running; see: kubarium component list`)
    return { dial: () => connectTcp('127.0.0.1', port)() }
  }

  link(): never {
    throw this.#refusal('there is nothing to log in to')
  }

  machine(): never {
    throw this.#refusal('there is nothing to log in to, and it has no console')
  }

  cutControlLink(): never {
    throw this.#refusal('there is no link to cut')
  }

  slowControlLink(): never {
    throw this.#refusal('there is no link to slow down')
  }

  services(): never {
    throw this.#refusal('nothing runs on it; all simulated nodes are played by the component simulated-kubelets')
  }

  observeReady(ready: NodeState['ready']): void {
    if (this.#ready === ready) return
    this.#ready = ready
    this.#around.changed()
  }

  async isMade(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async adopt(): Promise<boolean> {
    return Promise.resolve(false)
  }

  async bring(): Promise<void> {
    this.#around.nodes.switch(this.name, 'on')
    return Promise.resolve()
  }

  async complete(): Promise<void> {}

  async shutdown(action: Action): Promise<void> {
    await action.step(`machine:${this.name}`, 'machine.stop', { node: this.name }, () => { this.#around.nodes.switch(this.name, 'stopped') })
  }

  async powerOff(): Promise<void> {
    this.#around.nodes.switch(this.name, 'off')
    return Promise.resolve()
  }

  reset(): Promise<void> {
    return this.#around.nodes.reset(this.name)
  }

  /** There is nothing of it but its line in the file, which the lab takes out. */
  async delete(): Promise<void> {}

  async release(): Promise<void> {}

  /** It ends with the process that plays it. */
  async halt(): Promise<void> {}

  #refusal(why: string): LabError {
    return new LabError('unsupported', `${this.name} is a simulated node: no machine stands behind it, so ${why}`)
  }
}
