/**
 * The simulated nodes of a lab: their power, and the file by which the process that plays them knows of them.
 *
 *   SM1  The file is replaced as a whole at each change; the process follows it.
 *   SM2  Changes of one moment are one file: thousands of nodes are not thousands of files.
 *   SM3  A reset is off long enough to be seen.
 */
import { addressAt, readCidr } from '../../../agents/base/ip.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import type { Power, SimulatedNode } from '../../../agents/node/simulated-kubelets/nodes/simulated-node.ts'
import { renderNodesFile } from '../../../agents/node/simulated-kubelets/simulation/nodes-file.ts'
import type { LabSpec, NodeSpec } from '../../contract/labs.ts'
import { writePrivateFile } from '../files/private-files.ts'
import type { LabMemory } from './lab-memory.ts'

/** The second half of the range that RFC 2544 sets aside for tests: nothing real is there. */
const addresses = readCidr('198.19.0.0/16')!
const seenAfterMs = 1_000

export interface SimulatedNodesAround {
  readonly file: string
  readonly memory: LabMemory
  readonly lab: () => LabSpec
  readonly clock: Clock
}

export class SimulatedNodes {
  readonly #around: SimulatedNodesAround
  readonly #power = new Map<string, Power>()
  readonly #addresses = new Map<string, string>()
  #isWriting = false

  constructor(around: SimulatedNodesAround) {
    this.#around = around
  }

  get specs(): readonly NodeSpec[] {
    return this.#around.lab().nodes.filter(({ provider }) => provider === 'simulated')
  }

  /** Of every simulated node, in the order of the lab. */
  get addresses(): readonly string[] {
    return this.#nodes().map(({ address }) => address)
  }

  addressOf(name: string): string {
    const known = this.#addresses.get(name)
    if (known !== undefined) return known
    for (const [node, number] of this.#around.memory.simulatedNumbersOf([...this.specs.map(spec => spec.name), name])) this.#addresses.set(node, addressAt(addresses, number))
    return this.#addresses.get(name)!
  }

  powerOf(name: string): Power {
    return this.#power.get(name) ?? (this.#around.memory.desired.off.includes(name) ? 'off' : 'on')
  }

  switch(name: string, power: Power): void {
    this.#power.set(name, power)
    this.writeSoon()
  }

  /** SM3 */
  async reset(name: string): Promise<void> {
    this.#power.set(name, 'off')
    this.write()
    await sleep(this.#around.clock, seenAfterMs)
    this.#power.set(name, 'on')
    this.write()
  }

  /** Its Node may go when the process that plays it has seen that it is not to be played: else it would be made again. */
  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#power.delete(name)
      this.#addresses.delete(name)
    }
    this.write()
    await sleep(this.#around.clock, seenAfterMs)
  }

  /** The lab was put back to another moment: what is known is in its files. */
  forget(): void {
    this.#power.clear()
    this.#addresses.clear()
  }

  /** SM2 */
  writeSoon(): void {
    if (this.#isWriting) return
    this.#isWriting = true
    queueMicrotask(() => {
      this.#isWriting = false
      this.write()
    })
  }

  /** SM1 */
  write(): void {
    writePrivateFile(this.#around.file, renderNodesFile(this.#nodes(), this.#around.lab().simulation))
  }

  #nodes(): SimulatedNode[] {
    return this.specs.map(({ name, cpus, memoryMiB, simulated }) => ({
      name, cpus, memoryMiB, power: this.powerOf(name), address: this.addressOf(name),
      pods: simulated?.pods ?? 110, resources: simulated?.resources ?? {}, labels: simulated?.labels ?? {}, taints: [...(simulated?.taints ?? [])],
    }))
  }
}
