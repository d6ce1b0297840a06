/**
 * What a lab remembers on disk: what was asked for (lab.json) and what was chosen while doing it (state.json).
 * Both are replaced as a whole at each change; nothing else about a lab has to survive the lab host.
 */
import { rmSync } from 'node:fs'
import type { LabSpec } from '../../contract/labs.ts'
import { ensurePrivateDir, readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import type { LabFiles } from './lab-files.ts'

export interface DesiredLab {
  readonly spec: LabSpec
  /** Whether it should run at all; `down` makes it false. */
  readonly run: boolean
  /** Nodes that were switched off on purpose. */
  readonly off: readonly string[]
  /** A delete that was begun; it is finished by whoever finds it. */
  readonly deleting: boolean
}

export interface LabPorts {
  readonly etcd: number
  readonly etcdMetrics: number
  readonly apiServer: number
  readonly scheduler: number
  readonly controllerManager: number
  readonly cloudControllerManager: number
  readonly metricsServer: number
  /** Of labs with simulated nodes. */
  readonly simulatedKubelets?: number
}

export interface RememberedLab {
  readonly ports: LabPorts | null
  /** Number of each node on the LAN, from 1; kept when other nodes go. */
  readonly nodeNumbers: Readonly<Record<string, number>>
  /** Number of each simulated node, from 1; its address follows from it. */
  readonly simulatedNumbers?: Readonly<Record<string, number>>
}

export class LabMemory {
  readonly #files: LabFiles
  #desired: DesiredLab
  #remembered: RememberedLab

  private constructor(files: LabFiles, desired: DesiredLab, remembered: RememberedLab) {
    this.#files = files
    this.#desired = desired
    this.#remembered = remembered
  }

  static read(files: LabFiles): LabMemory | undefined {
    const desired = readJsonIfAny<DesiredLab>(files.labJson)
    if (desired === undefined) return undefined
    return new LabMemory(files, desired, readJsonIfAny<RememberedLab>(files.stateJson) ?? { ports: null, nodeNumbers: {} })
  }

  static create(files: LabFiles, spec: LabSpec): LabMemory {
    for (const folder of [files.dir, files.runDir, files.logsDir, files.machinesDir, files.pkiDir]) ensurePrivateDir(folder)
    const memory = new LabMemory(files, { spec, run: false, off: [], deleting: false }, { ports: null, nodeNumbers: {} })
    memory.want({})
    return memory
  }

  get desired(): DesiredLab {
    return this.#desired
  }

  get remembered(): RememberedLab {
    return this.#remembered
  }

  want(change: Partial<DesiredLab>): void {
    this.#desired = { ...this.#desired, ...change }
    writePrivateJson(this.#files.labJson, this.#desired)
  }

  remember(change: Partial<RememberedLab>): void {
    this.#remembered = { ...this.#remembered, ...change }
    writePrivateJson(this.#files.stateJson, this.#remembered)
  }

  /** The node's number, chosen now if it has none: that of its name (node-3 is 3) where free, else the lowest free one. */
  numberOf(node: string): number {
    const known = this.#remembered.nodeNumbers[node]
    if (known !== undefined) return known
    const taken = new Set(Object.values(this.#remembered.nodeNumbers))
    const named = Number(/^node-([1-9]\d{0,2})$/.exec(node)?.[1] ?? Number.NaN)
    let number = Number.isNaN(named) || taken.has(named) ? 1 : named
    while (taken.has(number)) number += 1
    this.remember({ nodeNumbers: { ...this.#remembered.nodeNumbers, [node]: number } })
    return number
  }

  /** The same for simulated nodes, many at once. */
  simulatedNumbersOf(nodes: readonly string[]): ReadonlyMap<string, number> {
    const known = this.#remembered.simulatedNumbers ?? {}
    const taken = new Set(Object.values(known))
    const numbers: Record<string, number> = { ...known }
    let next = 1
    for (const node of nodes) {
      if (numbers[node] !== undefined) continue
      while (taken.has(next)) next += 1
      taken.add(next)
      numbers[node] = next
    }
    if (Object.keys(numbers).length > Object.keys(known).length) this.remember({ simulatedNumbers: numbers })
    return new Map(nodes.map(node => [node, numbers[node]!]))
  }

  forgetNodes(nodes: readonly string[]): void {
    const gone = new Set(nodes)
    const without = (numbers: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(numbers).filter(([name]) => !gone.has(name)))
    this.remember({ nodeNumbers: without(this.#remembered.nodeNumbers), simulatedNumbers: without(this.#remembered.simulatedNumbers ?? {}) })
    this.want({ off: this.#desired.off.filter(name => !gone.has(name)) })
  }

  removeFiles(): void {
    rmSync(this.#files.dir, { recursive: true, force: true })
  }
}
