/** The processes of one lab: a SupervisedProcess each, and the file that lets the next lab host adopt them (SV1). */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import type { Log } from '../../../agents/base/log.ts'
import type { Random } from '../../../agents/base/random.ts'
import { readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import { isAlive, signalProcess } from '../files/process-identity.ts'
import type { ComponentManifest } from './component-manifest.ts'
import { type ProcessRecord, SupervisedProcess, type SupervisorDeps } from './supervised-process.ts'

export interface SupervisorOptions {
  readonly recordsFile: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly stopGraceMs: number
  readonly logBytes: number
  readonly changed: () => void
}

const sampleEveryMs = 2_000
const endPollMs = 20

export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions
  readonly #processes = new Map<string, SupervisedProcess>()
  readonly #left: Map<string, ProcessRecord>
  #sampler: AbortController | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#left = new Map(Object.entries(readJsonIfAny<Record<string, ProcessRecord>>(options.recordsFile) ?? {}))
  }

  /** Names of components an earlier lab host left running. */
  get leftRunning(): readonly string[] {
    return [...this.#left].filter(([, record]) => record.identity !== null && isAlive(record.identity)).map(([name]) => name)
  }

  get states() {
    return [...this.#processes.values()].map(component => component.state)
  }

  /** Starts or adopts; idempotent. */
  start(manifest: ComponentManifest): SupervisedProcess {
    let component = this.#processes.get(manifest.name)
    if (component === undefined) {
      component = new SupervisedProcess(manifest, this.#deps())
      this.#processes.set(manifest.name, component)
      const record = this.#left.get(manifest.name)
      this.#left.delete(manifest.name)
      if (record !== undefined) component.adopt(record)
    }
    component.start(manifest)
    this.#sample()
    return component
  }

  find(name: string): SupervisedProcess | undefined {
    return this.#processes.get(name)
  }

  /** Stops in the order given, each list at once; then whatever else there is. */
  async stop(order: readonly (readonly string[])[]): Promise<void> {
    for (const names of order) await Promise.all(names.map(name => this.#processes.get(name)?.stop()))
    await Promise.all([...this.#processes.values()].map(component => component.stop()))
    for (const record of this.#left.values()) if (record.identity !== null) signalProcess(record.identity, 'SIGKILL')
    this.#left.clear()
    this.#remember()
    this.#sampler?.abort(new Error('stopped'))
    this.#sampler = undefined
  }

  /** Ends all at once, without asking: what they would still do is not wanted. */
  async end(): Promise<void> {
    const left = [...this.#left.values()].flatMap(({ identity }) => (identity === null ? [] : [identity]))
    for (const identity of left) signalProcess(identity, 'SIGKILL')
    await Promise.all([...this.#processes.values()].map(component => component.stop(0)))
    while (left.some(isAlive)) await sleep(this.#options.clock, endPollMs)
    this.#left.clear()
    this.#remember()
  }

  /** A component of an earlier lab host that was stopped by a signal goes on. */
  wakeLeft(name: string): void {
    const identity = this.#left.get(name)?.identity ?? null
    if (identity !== null) signalProcess(identity, 'SIGCONT')
  }

  /** The lab host leaves; its components stay. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#sampler?.abort(new Error('the lab host leaves'))
    this.#remember()
    for (const component of this.#processes.values()) component.letGo()
    return Promise.resolve()
  }

  #deps(): SupervisorDeps {
    return { ...this.#options, remember: () => this.#remember() }
  }

  #remember(): void {
    const records = Object.fromEntries([...this.#left, ...[...this.#processes].map(([name, component]) => [name, component.record] as const)])
    writePrivateJson(this.#options.recordsFile, records)
  }

  #sample(): void {
    if (this.#sampler !== undefined) return
    const sampler = new AbortController()
    this.#sampler = sampler
    void (async () => {
      for (;;) {
        await sleep(this.#options.clock, sampleEveryMs, sampler.signal)
        for (const component of this.#processes.values()) component.sample()
      }
    })().catch(() => {})
  }
}
