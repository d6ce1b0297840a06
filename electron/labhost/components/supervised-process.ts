/**
 * One component kept running: started, watched, probed, restarted after a crash, stopped.
 *
 *   SV1  A component whose recorded process still lives is adopted, never started a second time.
 *   SV2  A process that ends while it should run is started again: at once the first time, then after a growing delay
 *        that is forgotten once it has been ready for 30 seconds. Its restart count is kept.
 *   SV3  Stopping sends SIGTERM (and SIGCONT, so that a paused one hears it), then SIGKILL after the grace period.
 *   SV4  A process is signalled only by id and start time together.
 *   SV5  Components outlive the lab host: they lead their own session and write their log themselves.
 *   SV6  An adopted process whose command is no longer the manifest's is replaced.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync } from 'node:fs'
import { backoffMs } from '../../../agents/base/backoff.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import type { Log } from '../../../agents/base/log.ts'
import type { Random } from '../../../agents/base/random.ts'
import { type ProcessIdentity, identityOf, isAlive, proportionalBytes, sampleProcess, signalProcess, ticksPerSecond } from '../files/process-identity.ts'
import { type ComponentManifest, renderCommand } from './component-manifest.ts'
import { type HealthProbe, createHealthProbe } from './health-probe.ts'
import { lastWords, openLogFile, rotateLogFile } from './log-file.ts'

export type ProcessPhase = 'stopped' | 'starting' | 'ready' | 'unready' | 'paused' | 'crashed'

/** What is remembered on disk so that the next lab host finds the process. */
export interface ProcessRecord {
  readonly identity: ProcessIdentity | null
  readonly commandDigest: string
  readonly restarts: number
  readonly startedAt: string | null
}

export interface SupervisorDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly stopGraceMs: number
  readonly logBytes: number
  /** Called after anything in the state changed. */
  readonly changed: () => void
  /** Called after anything worth remembering changed. */
  readonly remember: () => void
}

const probing = { startingMs: 25, readyMs: 1_000, unreadyMs: 250, timeoutMs: 3_000, failuresUntilUnready: 2 } as const
const restartDelays = { firstMs: 100, maxMs: 10_000, jitter: 0.1 } as const
const calmMs = 30_000
const aliveCheckMs = 200
/** With the restart delays this is about 6 seconds of trying. */
const startsUntilGivenUp = 6

export class SupervisedProcess {
  #manifest: ComponentManifest
  readonly #deps: SupervisorDeps
  #identity: ProcessIdentity | null = null
  #phase: ProcessPhase = 'stopped'
  #restarts = 0
  #startedAt: string | null = null
  #lastError: string | null = null
  #failures = 0
  #wanted = false
  #run: AbortController | undefined
  #usage: { cpuCores: number | null; memoryBytes: number | null; ticks: number; at: number } | undefined
  #readyWaiters: (() => void)[] = []

  constructor(manifest: ComponentManifest, deps: SupervisorDeps) {
    this.#manifest = manifest
    this.#deps = deps
  }

  get manifest(): ComponentManifest {
    return this.#manifest
  }

  get state() {
    return {
      name: this.#manifest.name,
      phase: this.#phase,
      pid: this.#identity?.pid ?? null,
      restarts: this.#restarts,
      startedAt: this.#startedAt,
      cpuCores: this.#usage?.cpuCores ?? null,
      memoryBytes: this.#usage?.memoryBytes ?? null,
      address: this.#manifest.address,
      lastError: this.#lastError,
    }
  }

  get record(): ProcessRecord {
    return { identity: this.#identity, commandDigest: commandDigest(this.#manifest), restarts: this.#restarts, startedAt: this.#startedAt }
  }

  /** Takes over what an earlier lab host left (SV1); then call start(). */
  adopt(record: ProcessRecord): void {
    this.#restarts = record.restarts
    if (record.identity === null || !isAlive(record.identity)) {
      if (record.identity !== null) this.#restarts += 1
      return
    }
    this.#identity = record.identity
    this.#startedAt = record.startedAt
    if (record.commandDigest !== commandDigest(this.#manifest)) {
      signalProcess(record.identity, 'SIGCONT')
      signalProcess(record.identity, 'SIGTERM') // SV6; watched below, and started anew once it has ended
      return
    }
    this.#phase = sampleProcess(record.identity.pid)?.state === 'T' ? 'paused' : 'starting'
  }

  /** Idempotent. */
  start(manifest: ComponentManifest = this.#manifest): void {
    const changed = commandDigest(manifest) !== commandDigest(this.#manifest)
    this.#manifest = manifest
    if (this.#wanted && this.#phase === 'crashed') {
      this.#run?.abort(new Error('started now')) // whoever asks does not want to wait for the next try
      this.#failures = 0
      this.#launch()
      return
    }
    if (this.#wanted && !changed) return
    if (this.#wanted && this.#identity !== null) {
      signalProcess(this.#identity, 'SIGTERM') // the watcher starts the new command
      return
    }
    this.#wanted = true
    if (this.#identity === null) this.#launch()
    else this.#watch(this.#identity)
  }

  /** Resolves when the health URL has answered; rejects with the last error after timeoutMs or when stopped. */
  async ready(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = this.#deps.clock.monotonic() + timeoutMs
    const restartsBefore = this.#restarts
    while (this.#phase !== 'ready') {
      signal?.throwIfAborted()
      if (this.#restarts - restartsBefore >= startsUntilGivenUp) throw new Error(`${this.#manifest.name} ended ${startsUntilGivenUp} times while it was starting: ${this.#lastError ?? 'it said nothing'}. Its log is ${this.#manifest.logFile}`)
      if (!this.#wanted) throw new Error(`${this.#manifest.name} was stopped while it was being waited for`)
      const left = deadline - this.#deps.clock.monotonic()
      if (left <= 0) throw new Error(`${this.#manifest.name} was not ready after ${Math.round(timeoutMs / 1000)} s: ${this.#lastError ?? 'no answer'}. Its log is ${this.#manifest.logFile}`)
      await new Promise<void>(resolve => {
        const timer = this.#deps.clock.after(Math.min(left, 250), resolve)
        this.#readyWaiters.push(() => {
          timer[Symbol.dispose]()
          resolve()
        })
      })
    }
  }

  async stop(graceMs = this.#deps.stopGraceMs): Promise<void> {
    this.#wanted = false
    const identity = this.#identity
    this.#run?.abort(new Error('stopped'))
    this.#run = undefined
    if (identity !== null) await this.#end(identity, graceMs)
    this.#identity = null
    this.#usage = undefined
    this.#become('stopped')
    this.#deps.remember()
  }

  kill(): void {
    this.#signal('SIGKILL')
  }

  restart(): void {
    const identity = this.#signal('SIGTERM')
    signalProcess(identity, 'SIGCONT')
    this.#deps.clock.after(this.#deps.stopGraceMs, () => signalProcess(identity, 'SIGKILL'))
  }

  pause(): void {
    this.#signal('SIGSTOP')
    this.#become('paused')
  }

  resume(): void {
    this.#signal('SIGCONT')
    if (this.#phase === 'paused') this.#become('unready')
  }

  /** Forgets without ending: the lab host leaves, its components stay (SV5). */
  letGo(): void {
    this.#wanted = false
    this.#run?.abort(new Error('the lab host leaves'))
  }

  /** Called every few seconds: usage and log rotation. */
  sample(): void {
    rotateLogFile(this.#manifest.logFile, this.#deps.logBytes)
    const sample = this.#identity === null ? undefined : sampleProcess(this.#identity.pid)
    if (sample === undefined) return
    const at = this.#deps.clock.monotonic()
    const before = this.#usage
    const cpuCores = before === undefined || at <= before.at ? null : (sample.cpuTicks - before.ticks) / ticksPerSecond / ((at - before.at) / 1000)
    this.#usage = { cpuCores: cpuCores === null ? null : Math.max(0, Number(cpuCores.toFixed(3))), memoryBytes: proportionalBytes(sample.identity.pid) ?? sample.residentBytes, ticks: sample.cpuTicks, at }
    this.#deps.changed()
  }

  #launch(): void {
    const [program, ...args] = renderCommand(this.#manifest)
    const logFd = openLogFile(this.#manifest.logFile)
    const umask = process.umask(0o077) // inherited at fork, which happens inside spawn: what a component writes is its owner's alone
    try {
      const child = spawn(program!, args, { detached: true, stdio: ['ignore', logFd, logFd], env: { ...process.env, ...this.#manifest.environment } })
      child.unref()
      child.on('error', error => {
        this.#lastError = `could not be started: ${error.message}`
        this.#ended(undefined)
      })
      const identity = child.pid === undefined ? undefined : identityOf(child.pid)
      if (identity === undefined) {
        if (child.pid !== undefined) this.#ended(undefined)
        return
      }
      this.#identity = identity
      this.#startedAt = new Date(this.#deps.clock.now()).toISOString()
      this.#usage = undefined
      this.#become('starting')
      this.#deps.log.info('component started', { component: this.#manifest.name, pid: identity.pid })
      this.#deps.remember()
      this.#watch(identity, new Promise(resolve => child.once('exit', (code, signal) => resolve(signal === null ? `ended with status ${code}` : `was ended by ${signal}`))))
    } finally {
      process.umask(umask)
      closeSync(logFd)
    }
  }

  /** Follows one process until it ends or the run is given up. */
  #watch(identity: ProcessIdentity, exited?: Promise<string>): void {
    const run = new AbortController()
    this.#run = run
    void this.#probe(identity, run.signal).catch(() => {})
    const ended = exited ?? this.#pollUntilGone(identity, run.signal)
    void ended.then(
      how => {
        if (!run.signal.aborted) this.#ended(how)
      },
      () => {},
    )
  }

  async #pollUntilGone(identity: ProcessIdentity, signal: AbortSignal): Promise<string> {
    while (isAlive(identity)) await sleep(this.#deps.clock, aliveCheckMs, signal)
    return 'ended'
  }

  async #probe(identity: ProcessIdentity, signal: AbortSignal): Promise<void> {
    using probe: HealthProbe = createHealthProbe(this.#manifest.health)
    let failures = 0
    let readySince: number | undefined
    while (!signal.aborted && isAlive(identity)) {
      const problem = this.#phase === 'paused' ? 'paused' : await probe.ask(probing.timeoutMs)
      if (signal.aborted) return
      // Who stops the process may not have been us: its own state in /proc counts.
      const stopped = sampleProcess(identity.pid)?.state === 'T'
      if (stopped) this.#become('paused')
      else if (problem === null) {
        failures = 0
        readySince ??= this.#deps.clock.monotonic()
        if (this.#deps.clock.monotonic() - readySince > calmMs) this.#failures = 0 // SV2
        this.#lastError = null
        this.#become('ready')
      } else if (this.#phase === 'paused') this.#become('unready')
      else {
        failures += 1
        readySince = undefined
        if (this.#phase === 'ready' && failures >= probing.failuresUntilUnready) this.#become('unready')
        if (this.#phase === 'unready') this.#lastError = problem
        else if (this.#phase === 'starting' && this.#lastError === null) this.#lastError = problem
      }
      await sleep(this.#deps.clock, this.#phase === 'starting' ? probing.startingMs : this.#phase === 'ready' && failures === 0 ? probing.readyMs : probing.unreadyMs, signal)
    }
  }

  #ended(how: string | undefined): void {
    this.#run?.abort(new Error('the process ended'))
    this.#run = undefined
    this.#identity = null
    this.#usage = undefined
    if (!this.#wanted) return
    this.#failures += 1
    this.#restarts += 1
    if (how !== undefined) {
      const words = lastWords(this.#manifest.logFile)
      this.#lastError = how === 'was ended by SIGKILL' ? how : `${how}${words === null ? '' : `; it said last: ${words}`}`
    }
    const delay = backoffMs(restartDelays, this.#failures, this.#deps.random)
    this.#become('crashed')
    this.#deps.log.warn('component ended', { component: this.#manifest.name, how: this.#lastError, restarts: this.#restarts, againInMs: Math.round(delay) })
    this.#deps.remember()
    const run = new AbortController()
    this.#run = run
    void sleep(this.#deps.clock, delay, run.signal).then(
      () => {
        if (this.#wanted) this.#launch()
      },
      () => {},
    )
  }

  async #end(identity: ProcessIdentity, graceMs: number): Promise<void> {
    signalProcess(identity, graceMs === 0 ? 'SIGKILL' : 'SIGTERM')
    signalProcess(identity, 'SIGCONT') // SV3
    const deadline = this.#deps.clock.monotonic() + graceMs
    while (isAlive(identity)) {
      if (this.#deps.clock.monotonic() > deadline) signalProcess(identity, 'SIGKILL')
      await sleep(this.#deps.clock, 20)
    }
  }

  #signal(signal: NodeJS.Signals): ProcessIdentity {
    const identity = this.#identity
    if (identity === null || !signalProcess(identity, signal)) throw new Error(`${this.#manifest.name} is not running`) // SV4
    this.#deps.log.info('component signalled', { component: this.#manifest.name, signal })
    return identity
  }

  #become(phase: ProcessPhase): void {
    if (this.#phase === phase) return
    this.#phase = phase
    if (phase === 'ready' || phase === 'stopped') {
      const waiters = this.#readyWaiters
      this.#readyWaiters = []
      for (const wake of waiters) wake()
    }
    this.#deps.changed()
  }
}

export function commandDigest(manifest: ComponentManifest): string {
  return createHash('sha256').update(JSON.stringify([renderCommand(manifest), manifest.environment])).digest('hex').slice(0, 16)
}

