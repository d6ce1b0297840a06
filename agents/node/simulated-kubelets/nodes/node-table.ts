/** The nodes that are played and how their pods behave, as last read; finds a node by name and by address. */
import type { NodesFile } from '../simulation/nodes-file.ts'
import { type Simulation, defaultSimulation } from '../simulation/simulation.ts'
import type { SimulatedNode } from './simulated-node.ts'

export interface TableChanges {
  /** New, or different in something else than being switched on. */
  readonly changed: readonly string[]
  /** They were there and not on. */
  readonly switchedOn: readonly string[]
  readonly removed: readonly string[]
}

export class NodeTable {
  #byName = new Map<string, SimulatedNode>()
  #byAddress = new Map<string, SimulatedNode>()
  #simulation: Simulation = defaultSimulation

  get simulation(): Simulation {
    return this.#simulation
  }

  get size(): number {
    return this.#byName.size
  }

  get all(): Iterable<SimulatedNode> {
    return this.#byName.values()
  }

  get(name: string): SimulatedNode | undefined {
    return this.#byName.get(name)
  }

  /** By its address, or its name. */
  at(address: string): SimulatedNode | undefined {
    return this.#byAddress.get(address) ?? this.#byName.get(address)
  }

  countByPower(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { power } of this.#byName.values()) counts.set(power, (counts.get(power) ?? 0) + 1)
    return counts
  }

  replace({ nodes, simulation }: NodesFile): TableChanges {
    const before = this.#byName
    this.#simulation = simulation
    this.#byName = new Map(nodes.map(node => [node.name, node]))
    this.#byAddress = new Map(nodes.map(node => [node.address, node]))
    const wasOff = (name: string) => before.has(name) && before.get(name)!.power !== 'on'
    return {
      changed: nodes.filter(node => !(node.power === 'on' && wasOff(node.name)) && JSON.stringify(before.get(node.name)) !== JSON.stringify(node)).map(({ name }) => name),
      switchedOn: nodes.filter(({ name, power }) => power === 'on' && wasOff(name)).map(({ name }) => name),
      removed: [...before.keys()].filter(name => !this.#byName.has(name)),
    }
  }
}
