/** A lab of files for tests: one machine, one store; remembers what was done to it and what stands still. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabSpec } from '../../../contract/labs.ts'
import type { SaveLab } from '../saving.ts'
import type { RewindLab } from '../rewinding.ts'

export const testSpec: LabSpec = {
  name: 'lab', nodes: [{ name: 'node-1', provider: 'qemu', cpus: 1, memoryMiB: 1024 }], overlay: 'vxlan', proxyMode: 'iptables', apiServers: 1, etcd: 'embedded',
  networks: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', lanCidr: '172.30.0.0/24' },
}

export class TestLab implements SaveLab, RewindLab {
  readonly name = 'lab'
  readonly spec = testSpec
  readonly folder: string
  readonly did: string[] = []
  readonly still = new Set<string>()
  /** What is refused before anything is done. */
  refusal: string | null = null
  unfit: string | null = null

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    if (!existsSync(this.#file('store'))) this.become('0')
  }

  /** Everything of the lab is of one moment. */
  become(moment: string): void {
    for (const part of ['store', 'memory', 'record']) writeFileSync(this.#file(part), `${part} ${moment}`)
  }

  get moments(): readonly string[] {
    return ['store', 'memory', 'record'].map(part => (existsSync(this.#file(part)) ? readFileSync(this.#file(part), 'utf8').split(' ')[1]! : 'gone'))
  }

  get machines(): SaveLab['machines'] {
    return [{
      name: 'node-1',
      line: null,
      checkpoints: {
        prepare: async () => { this.did.push('prepare') },
        freeze: async () => {
          this.still.add('node-1')
          this.did.push('freeze')
        },
        thaw: async () => { this.still.delete('node-1') },
        save: async directory => {
          this.did.push(`save while ${[...this.still].join(' ')} stand still`)
          mkdirSync(directory)
          writeFileSync(join(directory, 'memory'), readFileSync(this.#file('memory')))
          return {
            finish: async () => {
              this.did.push('finish')
              return { spec: {} as never, acceleration: 'tcg', programVersion: '7', wasPaused: false, plugged: [], files: ['memory'] }
            },
            [Symbol.asyncDispose]: async () => { rmSync(directory, { recursive: true, force: true }) },
          }
        },
      },
    }]
  }

  requireSavable(): void {
    if (this.refusal !== null) throw new Error(this.refusal)
  }

  async freezeStore(): Promise<void> {
    this.still.add('store')
  }

  async thawStore(): Promise<void> {
    this.still.delete('store')
  }

  async copyTo(directory: string): Promise<void> {
    for (const part of ['lab', 'etcd', 'volumes']) mkdirSync(join(directory, part))
    writeFileSync(join(directory, 'etcd/db'), readFileSync(this.#file('store')))
    writeFileSync(join(directory, 'lab/record'), readFileSync(this.#file('record')))
  }

  async problem(): Promise<string | null> {
    return this.unfit
  }

  async halt(): Promise<void> {
    this.did.push('halt')
    rmSync(this.#file('memory'), { force: true })
  }

  async putBack(folder: string): Promise<void> {
    this.did.push('put back')
    writeFileSync(this.#file('store'), readFileSync(join(folder, 'etcd/db')))
    writeFileSync(this.#file('record'), readFileSync(join(folder, 'lab/record')))
  }

  async start(folder: string): Promise<void> {
    this.did.push('start')
    writeFileSync(this.#file('memory'), readFileSync(join(folder, 'machines/node-1/memory')))
  }

  #file(part: string): string {
    return join(this.folder, part)
  }
}
