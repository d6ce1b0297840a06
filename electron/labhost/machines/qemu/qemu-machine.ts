/** A running QEMU, held by its monitor. */
import type { Duplex } from 'node:stream'
import { join } from 'node:path'
import type { SshTarget } from '../../../contract/labs.ts'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import type { Log } from '../../../../agents/base/log.ts'
import { isAlive, processUsage, sendSignal, waitForEnd } from '../local-process.ts'
import type { LanAttachment, Machine, MachineExit, MachineRunState, MachineUsage, RunningMachine, SerialConsole } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { MachineEnd } from '../machine-end.ts'
import { machineFiles } from '../machine-record.ts'
import { connectUnix } from '../unix-path.ts'
import type { Accelerator } from './acceleration.ts'
import { connectGuestSsh } from './guest-ssh.ts'
import { QemuCheckpoints } from './qemu-checkpoints.ts'
import { QemuDisks } from './qemu-disks.ts'
import { QmpClient } from './qmp-client.ts'
import { qemuFiles } from './qemu-files.ts'
import { SharedConsole } from './shared-console.ts'

export interface QemuRunRecord {
  readonly sshPort: number
  readonly accelerator: Accelerator
  readonly sandbox: boolean
  /** Set when its memory lies in a file that a template can be made of. */
  readonly templateCandidate: boolean
}

export interface QemuMachineOptions {
  readonly machine: Machine
  readonly pid: number
  readonly record: QemuRunRecord
  readonly monitor: QmpClient
  readonly clock: Clock
  readonly log: Log
}

export class QemuMachine implements RunningMachine {
  readonly name: string
  readonly machine: Machine
  readonly pid: number
  readonly acceleration: string
  readonly lan: LanAttachment
  readonly sshPort: number
  readonly record: QemuRunRecord
  readonly disks: QemuDisks
  readonly checkpoints: QemuCheckpoints
  readonly #clock: Clock
  readonly #log: Log
  readonly #console: SharedConsole
  readonly #end: MachineEnd
  #monitor: QmpClient
  #isPaused = false
  #guestEnded = false
  #released = false

  constructor(options: QemuMachineOptions) {
    this.machine = options.machine
    this.name = options.machine.spec.name
    this.pid = options.pid
    this.record = options.record
    this.acceleration = options.record.accelerator
    this.sshPort = options.record.sshPort
    this.lan = { type: 'frame-stream', socketPath: this.#path(qemuFiles.lan) }
    this.#clock = options.clock
    this.#log = options.log.with({ machine: this.name })
    this.#end = new MachineEnd(options.machine, this.#log)
    this.#console = new SharedConsole(this.#path(qemuFiles.consoleLog), () => connectUnix(this.#path(qemuFiles.console)))
    this.#monitor = options.monitor
    this.disks = new QemuDisks({ machine: this.name, monitor: () => this.#monitor, clock: options.clock })
    this.checkpoints = new QemuCheckpoints(this, options.clock)
    this.#listen(options.monitor)
  }

  /** Of QEMU: 7.2.22 */
  readonly version = async (): Promise<string> => {
    const { qemu: { major, minor, micro } } = await this.#monitor.ask<{ readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number } }>('query-version')
    return `${major}.${minor}.${micro}`
  }

  get state(): MachineRunState {
    if (this.#end.isReached) return 'exited'
    return this.#isPaused ? 'paused' : 'running'
  }

  /** For templates and checkpoints only. */
  get monitor(): QmpClient {
    return this.#monitor
  }

  async connect(signal: AbortSignal): Promise<Duplex> {
    if (this.#end.isReached || this.#end.isWanted) throw this.#end.notRunning()
    const gone = new AbortController()
    using _exit = this.onExit(how => { gone.abort(new MachineError('NotRunning', how.reason)) })
    return await connectGuestSsh(this.sshPort, this.#clock, AbortSignal.any([signal, gone.signal]))
  }

  sshTarget(): SshTarget {
    return {
      user: 'root',
      host: '127.0.0.1',
      port: this.sshPort,
      identityFile: this.machine.spec.identity.identityFile,
      knownHostsFile: this.#path(machineFiles.knownHosts),
      proxyCommand: null,
    }
  }

  console(): SerialConsole {
    return this.#console
  }

  async powerOff(): Promise<void> {
    if (this.#end.isReached) return
    this.#end.want(`${this.name} was powered off`)
    await this.#monitor.ask('quit', {}, 2_000).catch(() => {})
    if (!await waitForEnd(this.pid, 3_000, this.#clock)) {
      sendSignal(this.pid, 'SIGKILL')
      await waitForEnd(this.pid, 5_000, this.#clock)
    }
    await this.#finish()
  }

  async shutdown(timeoutMs: number, ask?: () => Promise<unknown>): Promise<{ readonly clean: boolean }> {
    if (this.#end.isReached) return { clean: true }
    this.#end.want(`${this.name} was shut down`)
    if (this.#isPaused) await this.resume()
    ask?.().catch(() => {}) // the line it is asked over goes down with it
    const asking = ask === undefined ? new AbortController() : undefined
    if (asking !== undefined) void this.#askOnConsole(asking.signal)
    const clean = await waitForEnd(this.pid, timeoutMs, this.#clock)
    asking?.abort()
    if (clean) await this.#finish()
    else await this.powerOff()
    return { clean }
  }

  async reset(): Promise<void> {
    this.#end.requireNotReached()
    await this.#monitor.ask('system_reset')
    if (this.#isPaused) await this.resume()
  }

  async pause(): Promise<void> {
    this.#end.requireNotReached()
    await this.#monitor.ask('stop')
    this.#isPaused = true
  }

  async resume(): Promise<void> {
    this.#end.requireNotReached()
    await this.#monitor.ask('cont')
    this.#isPaused = false
  }

  usage(): Promise<MachineUsage> {
    return processUsage(this.pid)
  }

  onExit(callback: (how: MachineExit) => void): Disposable {
    return this.#end.onExit(callback)
  }

  release(): void {
    this.#released = true
    this.#console.close()
    this.#monitor.close()
    this.#end.forget()
  }

  /** logind is not in the image, so nobody listens to the power button; but the console has a root shell. It may be busy or only just starting: hence again and again. */
  async #askOnConsole(signal: AbortSignal): Promise<void> {
    const line = await this.#console.open(signal).catch(() => undefined)
    line?.on('error', () => {})
    line?.resume()
    while (!signal.aborted && !this.#end.isReached) {
      line?.write('\u0003\nsystemctl poweroff --no-wall\n')
      await sleep(this.#clock, 3_000, signal).catch(() => {})
    }
  }

  #listen(monitor: QmpClient): void {
    monitor.onEvent(event => {
      if (event.event === 'SHUTDOWN' && event.data['guest'] === true) this.#guestEnded = true
      if (event.event === 'BLOCK_IO_ERROR') this.#log.warn('machine stopped by a disk error', { device: event.data['device'], noSpace: event.data['nospace'] })
      if (event.event === 'STOP') this.#isPaused = true
      if (event.event === 'RESUME') this.#isPaused = false
    })
    monitor.onClose(() => { void this.#onMonitorLost() })
  }

  /** Nearly always QEMU has ended. When it has not, the monitor is opened anew. */
  async #onMonitorLost(): Promise<void> {
    if (this.#released || this.#end.isReached) return
    if (await waitForEnd(this.pid, 1_000, this.#clock)) {
      await this.#finish()
      return
    }
    while (!this.#released && await isAlive(this.pid)) {
      const monitor = await QmpClient.connect(this.#path(qemuFiles.monitor), this.#clock).catch(() => undefined)
      if (monitor !== undefined) {
        this.#monitor = monitor
        this.#listen(monitor)
        return
      }
      await sleep(this.#clock, 500)
    }
    if (!this.#released) await this.#finish()
  }

  async #finish(): Promise<void> {
    const told = this.#end.reach(this.#guestEnded ? `${this.name} shut itself down` : `QEMU of ${this.name} ended by itself; see ${this.#path(qemuFiles.log)}`)
    this.#console.close()
    this.#monitor.close()
    await told
  }

  #path(file: string): string {
    return join(this.machine.directory, file)
  }
}
