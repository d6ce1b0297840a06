/** A running namespace machine, held by its process 1 and its control groups. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import type { Log } from '../../../../agents/base/log.ts'
import type { SshTarget } from '../../../contract/labs.ts'
import { isAlive, sendSignal, waitForEnd } from '../local-process.ts'
import type { LanAttachment, Machine, MachineExit, MachineRunState, MachineUsage, RunningMachine } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { MachineEnd } from '../machine-end.ts'
import { machineFiles } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'
import type { MachineCgroups } from './cgroups.ts'
import type { LabBridge } from './lab-bridge.ts'
import { NamespaceDisks, releaseDisks } from './namespace-disks.ts'
import { namespaceFiles } from './prepare-root.ts'

export interface NamespaceMachineOptions {
  readonly machine: Machine
  readonly pid: number
  readonly cgroups: MachineCgroups
  readonly bridge: LabBridge
  readonly clock: Clock
  readonly log: Log
  /** Starts the same machine again, for reset; gives its new process 1. */
  readonly startAgain: () => Promise<number>
}

const watchMs = 500
/** By the names the kernel knows them by, cut after 15 bytes. */
const runtimePrograms: ReadonlySet<string> = new Set(['', 'runsv', 'runsvdir', 'unshare', 'svlogd', 'containerd', 'containerd-shim'])

/** A bridge port is named by the machine's directory; 15 bytes are all a card's name may have. */
export function portName(machine: Machine): string {
  return `p-${createHash('sha256').update(machine.directory).digest('hex').slice(0, 12)}`
}

export class NamespaceMachine implements RunningMachine {
  readonly name: string
  readonly machine: Machine
  readonly acceleration = null
  readonly sshPort = null
  readonly lan: LanAttachment
  readonly disks: NamespaceDisks
  readonly checkpoints = null
  readonly #options: NamespaceMachineOptions
  readonly #end: MachineEnd
  #pid: number
  #isPaused = false
  #resetting = false
  #released = false
  #watch: Disposable | undefined

  constructor(options: NamespaceMachineOptions) {
    this.machine = options.machine
    this.name = options.machine.spec.name
    this.lan = { type: 'bridge', openUplink: () => options.bridge.openUplink() }
    this.disks = new NamespaceDisks(options.machine, argv => {
      const [program, ...args] = this.#joinCommand(argv)
      return runProgram(program!, args)
    })
    this.#options = options
    this.#pid = options.pid
    this.#end = new MachineEnd(options.machine, options.log.with({ machine: this.name }))
    this.#watchOn()
  }

  get pid(): number {
    return this.#pid
  }

  get state(): MachineRunState {
    if (this.#end.isReached) return 'exited'
    return this.#isPaused ? 'paused' : 'running'
  }

  /** sshd in inetd mode, started inside for this connection alone; it needs no network and no listener. */
  connect(signal: AbortSignal): Promise<Duplex> {
    if (this.#end.isReached || this.#end.isWanted) return Promise.reject(this.#end.notRunning())
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    const [program, ...args] = this.#joinCommand(['/usr/sbin/sshd', '-i', '-e'])
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
    stream.on('error', () => {})
    child.stdin.on('error', () => {})
    child.on('error', error => { stream.destroy(error) })
    child.on('exit', () => { this.#options.clock.after(100, () => { stream.destroy() }) })
    stream.on('close', () => child.kill('SIGKILL'))
    return Promise.resolve(stream)
  }

  sshTarget(): SshTarget {
    return {
      user: 'root',
      host: this.name,
      port: null,
      identityFile: this.machine.spec.identity.identityFile,
      knownHostsFile: join(this.machine.directory, machineFiles.knownHosts),
      proxyCommand: this.#joinCommand(['/usr/sbin/sshd', '-i']),
    }
  }

  console(): null {
    return null
  }

  async powerOff(): Promise<void> {
    if (this.#end.isReached) return
    this.#end.want(`${this.name} was powered off`)
    await this.#kill()
    await this.#finish()
  }

  async shutdown(timeoutMs: number): Promise<{ readonly clean: boolean }> {
    if (this.#end.isReached) return { clean: true }
    this.#end.want(`${this.name} was shut down`)
    if (this.#isPaused) await this.resume()
    const clean = await this.#stopServices(timeoutMs)
    await this.#kill()
    await this.#finish()
    return { clean }
  }

  async reset(): Promise<void> {
    this.#end.requireNotReached()
    this.#resetting = true
    try {
      await this.#kill()
      this.#pid = await this.#options.startAgain()
      this.#isPaused = false
    } finally {
      this.#resetting = false
    }
  }

  async pause(): Promise<void> {
    this.#end.requireNotReached()
    await this.#options.cgroups.freeze(true)
    this.#isPaused = true
  }

  async resume(): Promise<void> {
    this.#end.requireNotReached()
    await this.#options.cgroups.freeze(false)
    this.#isPaused = false
  }

  usage(): Promise<MachineUsage> {
    return this.#options.cgroups.usage()
  }

  onExit(callback: (how: MachineExit) => void): Disposable {
    return this.#end.onExit(callback)
  }

  release(): void {
    this.#released = true
    this.#watch?.[Symbol.dispose]()
    this.#end.forget()
  }

  #joinCommand(command: readonly string[]): readonly string[] {
    return ['/bin/sh', join(this.machine.directory, namespaceFiles.script), 'join', String(this.#pid), ...this.#options.cgroups.procsFiles, '--', ...command]
  }

  /** Services first, then whatever containers are left: each is asked before it is killed. The runtime goes with process 1. */
  async #stopServices(timeoutMs: number): Promise<boolean> {
    const deadline = this.#options.clock.monotonic() + timeoutMs
    const services = (await readdir(`/proc/${this.#pid}/root/etc/sv`).catch(() => [] as string[])).filter(name => !runtimePrograms.has(name))
    const [program, ...args] = this.#joinCommand(['sv', '-w', String(Math.max(1, Math.floor(timeoutMs / 2_000))), 'force-stop', ...services.map(name => `/etc/sv/${name}`)])
    if (services.length > 0) await runProgram(program!, args, { timeoutMs }).catch(() => {})
    for (const pid of await this.#workloads()) sendSignal(pid, 'SIGTERM')
    while ((await this.#workloads()).length > 0) {
      if (this.#options.clock.monotonic() > deadline) return false
      await sleep(this.#options.clock, 30)
    }
    return true
  }

  /** Every living process of the machine but the supervisors, the container runtime, and the outer process that waits for process 1. */
  async #workloads(): Promise<readonly number[]> {
    const pids = (await this.#options.cgroups.processes()).filter(pid => pid !== this.#pid)
    const named = await Promise.all(pids.map(async pid => ({ pid, counts: await isAlive(pid) && !runtimePrograms.has(await commandName(pid)) })))
    return named.filter(process => process.counts).map(process => process.pid)
  }

  async #kill(): Promise<void> {
    if (this.#isPaused) await this.#options.cgroups.freeze(false).catch(() => {}) // v1 holds even SIGKILL back
    sendSignal(this.#pid, 'SIGKILL')
    if (!await waitForEnd(this.#pid, 10_000, this.#options.clock)) throw new MachineError('CleanupFailed', `process ${this.#pid} of ${this.name} does not end although it was killed`)
    await this.#options.cgroups.remove(this.#options.clock, 5_000)
    await this.#options.bridge.unplug(portName(this.machine))
    await releaseDisks(this.machine)
  }

  #watchOn(): void {
    this.#watch = this.#options.clock.after(watchMs, () => {
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    if (this.#released || this.#end.isReached) return
    if (!this.#resetting && !this.#end.isWanted && !await isAlive(this.#pid)) {
      await this.#options.cgroups.remove(this.#options.clock, 5_000).catch(() => {})
      await releaseDisks(this.machine).catch(() => {})
      await this.#finish()
      return
    }
    this.#watchOn()
  }

  async #finish(): Promise<void> {
    this.#watch?.[Symbol.dispose]()
    await this.#end.reach(`process 1 of ${this.name} ended by itself`)
  }
}

async function commandName(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
}
