/**
 * Saves a running QEMU (MachineCheckpoints): its memory is sent while it runs, as for a live migration, and written to a file
 * (memory-stream.ts); its disk gets a new topmost layer (disk-layers.ts).
 *
 *   QS1  prepare sends all memory once and then holds the sending back; frozen, only what was written meanwhile is left to send.
 *   QS2  QEMU must not stop the guest by itself when little is left (it would for a migration): hence the held back bandwidth.
 *   QS3  The new layer is put on while the guest stands still and before the devices are sent: what they still had to write is in
 *        the layer below.
 *
 *   QS4  An emulated guest must not write after a QEMU before 9.0 has noted what was written so far: it does not tell the emulated
 *        processors, whose next writes to those pages go unnoticed (corrected in cpu_physical_memory_sync_dirty_bitmap), and
 *        the saved memory would not be of one moment. There the sending is held back before all has been sent once, and if QEMU
 *        was faster than that, all is sent again while the guest stands still.
 *
 * Tried first: memory as a shared file from the start, as template candidates have it. It is copied in 0.5 s, but the system then
 * writes a guest's memory to the disk all the time, and clones of a template cannot share its pages.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdir, open, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { type Server, type Socket, createServer } from 'node:net'
import { basename, join } from 'node:path'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import type { GuestLine, MachineCheckpoints, MachineSave, SavedMachine } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { writeJson } from '../machine-record.ts'
import { connectUnix } from '../unix-path.ts'
import { becomeTopmost, isTooHigh, layersBelow, makeLayer, removeUnused, shareFile, shareFiles } from './disk-layers.ts'
import { MemoryStream } from './memory-stream.ts'
import { awaitMoment } from './moment-line.ts'
import { qemuFiles, savedFiles } from './qemu-files.ts'
import type { QemuMachine } from './qemu-machine.ts'

/** Beside what every provider says. */
export interface SavedQemu extends SavedMachine {
  readonly formatVersion: 1
  readonly topmost: string
  readonly luns: Readonly<Record<string, number>>
  /** Whether something in the guest waits to be told the time. */
  readonly waits: boolean
}

const mebibyte = 1024 * 1024
const bandwidths = { full: 20_000 * mebibyte, held: 64 * 1024 } as const
const downtimeMs = 1
/** Of all memory: what QEMU looks through between two questions how far it is. */
const shareHeldBack = 0.2
const waits = { passMs: 120_000, endMs: 30_000, pollMs: 10 } as const
const memorySocket = 'memory.sock'
const blockDevice = 'disk'
const flattening = 'flatten'

interface Transfer {
  readonly stream: MemoryStream
  readonly file: number
  readonly server: Server
  readonly ended: Promise<void>
}

interface Sending {
  readonly directory: string
  readonly line: Socket | null
  readonly waits: boolean
  readonly layer: string
  readonly below: string
  /** From `below` down. */
  readonly layers: readonly string[]
  readonly noticesWrites: boolean
  transfer: Transfer
}

export class QemuCheckpoints implements MachineCheckpoints {
  readonly #running: QemuMachine
  readonly #clock: Clock
  #sending: Sending | undefined
  #frozen: { readonly wasPaused: boolean } | undefined

  constructor(running: QemuMachine, clock: Clock) {
    this.#running = running
    this.#clock = clock
  }

  async prepare(guest: GuestLine | null): Promise<void> {
    await this.thaw() // what an earlier try has left
    const { machine: { directory, spec } } = this.#running
    if (this.#running.record.templateCandidate) throw failed(this.#running.name, 'its memory is a file that templates are made of, and QEMU does not send such memory')
    const below = await this.#writtenLayer()
    const layers = await this.#flatPile(directory, below)
    const layer = await makeLayer(directory, below)
    const line = guest === null ? null : await connectUnix(join(directory, qemuFiles.identity))
    line?.on('error', () => {})
    const isAwaited = guest !== null && await awaitMoment(guest)
    const noticesWrites = await this.#noticesWrites()
    this.#sending = { directory, line, waits: isAwaited, layer, below, layers, noticesWrites, transfer: await this.#beginTransfer(directory, spec.memoryMiB * mebibyte) }
    await this.#until(waits.passMs, async () => { // QS1
      const { status, ram, 'error-desc': reason } = await this.#migration()
      if (status === 'failed' || status === 'cancelled') throw failed(this.#running.name, reason ?? status)
      if (status === 'pre-switchover' || (ram?.['dirty-sync-count'] ?? 0) >= 2) return true
      return !noticesWrites && ram !== undefined && ram['dirty-sync-count'] === 1 && ram.remaining < ram.total * shareHeldBack // QS4
    }, 'send its memory')
    await this.#ask('migrate-set-parameters', { 'max-bandwidth': bandwidths.held }) // QS2
  }

  async freeze(): Promise<void> {
    if (this.#frozen !== undefined) return
    this.#frozen = { wasPaused: this.#running.state === 'paused' && (await this.#migration()).status !== 'pre-switchover' }
    await this.#ask('stop')
  }

  async save(directory: string, _earlier: string | null): Promise<MachineSave> { // its layers are shared whether it is known or not
    const sending = this.#sending
    const frozen = this.#frozen
    if (sending === undefined || frozen === undefined) throw failed(this.#running.name, 'it was not made ready and frozen')
    await mkdir(directory, { mode: 0o700 })
    const { disks } = this.#running
    const plugged = await disks.list()
    const luns = Object.fromEntries(await Promise.all(plugged.map(async id => [id, await disks.lunOf(id)] as const)))
    const sizes = await Promise.all(plugged.map(async id => ({ id, sizeBytes: await disks.sizeOf(id) })))
    if (!sending.noticesWrites && ((await this.#migration()).ram?.['dirty-sync-count'] ?? 0) > 1) await this.#sendAgain(sending) // QS4
    await this.#ask('migrate-set-parameters', { 'max-bandwidth': bandwidths.full })
    await becomeTopmost(sending.directory, sending.layer) // DL1
    await this.#ask('blockdev-snapshot-sync', { device: blockDevice, 'snapshot-file': sending.layer, format: 'qcow2', mode: 'existing' }) // QS3
    await this.#until(waits.endMs, async () => {
      const { status, 'error-desc': reason } = await this.#migration()
      if (status === 'failed' || status === 'cancelled') throw failed(this.#running.name, reason ?? status)
      if (status === 'pre-switchover') await this.#ask('migrate-continue', { state: 'pre-switchover' }).catch(() => {})
      return status === 'completed'
    }, 'send the rest of its memory')
    await sending.transfer.ended
    const { version } = this.#running
    const saved = { wasPaused: frozen.wasPaused, plugged: sizes, luns, programVersion: await version() }
    return {
      finish: () => this.#finish(sending, directory, saved),
      [Symbol.asyncDispose]: async () => { await rm(directory, { recursive: true, force: true }) },
    }
  }

  async thaw(): Promise<void> {
    await this.#cancelMigration()
    const frozen = this.#frozen
    this.#frozen = undefined
    if (frozen !== undefined || this.#sending !== undefined) {
      if (this.#running.state === 'paused') await this.#running.resume()
      if (frozen?.wasPaused === true) await this.#running.pause()
    }
    await this.#letGo()
  }

  async #beginTransfer(directory: string, memoryBytes: number): Promise<Transfer> {
    const memory = join(directory, savedFiles.memory)
    await rm(memory, { force: true })
    await writeFile(memory, '', { mode: 0o600 })
    await truncate(memory, memoryBytes)
    const file = openSync(memory, 'r+')
    const stream = new MemoryStream({ memoryBytes, takenAs: 'memory', file: { write: (bytes, at) => { writeAll(file, bytes, at) } } })
    const { server, ended } = await receive(join(directory, memorySocket), chunk => { stream.push(chunk) })
    await this.#ask('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }, { capability: 'pause-before-switchover', state: true }] })
    await this.#ask('migrate-set-parameters', { 'max-bandwidth': bandwidths.full, 'downtime-limit': downtimeMs })
    await this.#ask('migrate', { uri: `unix:${memorySocket}` })
    return { stream, file, server, ended }
  }

  async #sendAgain(sending: Sending): Promise<void> {
    await this.#cancelMigration()
    sending.transfer.server.close()
    closeSync(sending.transfer.file)
    sending.transfer = await this.#beginTransfer(sending.directory, this.#running.machine.spec.memoryMiB * mebibyte)
  }

  async #cancelMigration(): Promise<void> {
    const { status } = await this.#migration()
    if (!['setup', 'active', 'pre-switchover', 'device'].includes(status ?? '')) return
    await this.#ask('migrate_cancel')
    await this.#until(waits.endMs, async () => !['setup', 'active', 'pre-switchover', 'device', 'cancelling'].includes((await this.#migration()).status ?? ''), 'give up sending')
  }

  /** Of what is only needed while memory is sent; the memory's file stays where it is, for `finish`. */
  async #letGo(): Promise<void> {
    const sending = this.#sending
    if (sending === undefined) return
    this.#sending = undefined
    sending.line?.destroy()
    sending.transfer.server.close()
    await rm(join(sending.directory, memorySocket), { force: true })
    if (await this.#writtenLayer() === sending.layer) return
    await becomeTopmost(sending.directory, sending.below)
    await rm(join(sending.directory, sending.layer), { force: true })
  }

  async #finish(sending: Sending, directory: string, saved: Pick<SavedQemu, 'wasPaused' | 'plugged' | 'luns' | 'programVersion'>): Promise<SavedMachine> {
    const { machine: { spec } } = this.#running
    await writeFile(join(directory, savedFiles.devices), sending.transfer.stream.finish(), { mode: 0o600 })
    closeSync(sending.transfer.file)
    await rename(join(sending.directory, savedFiles.memory), join(directory, savedFiles.memory))
    await shareFiles(sending.directory, directory, sending.layers)
    await shareFile(spec.image.kernel, join(directory, savedFiles.kernel))
    await shareFile(spec.image.initrd, join(directory, savedFiles.initrd))
    const files = [savedFiles.memory, savedFiles.devices, savedFiles.kernel, savedFiles.initrd, ...sending.layers]
    for (const name of [savedFiles.memory, savedFiles.devices, sending.below]) {
      await using file = await open(join(directory, name), 'r')
      await file.sync()
    }
    const description: SavedQemu = { formatVersion: 1, spec, acceleration: this.#running.acceleration, files, topmost: sending.below, waits: sending.waits, ...saved }
    await writeJson(join(directory, savedFiles.description), description)
    return description
  }

  /** DL3 */
  async #flatPile(directory: string, topmost: string): Promise<readonly string[]> {
    const layers = await layersBelow(directory, topmost)
    const isBusy = async () => (await this.#ask<readonly unknown[]>('query-block-jobs')).length > 0
    if (!isTooHigh(layers) && !await isBusy()) return layers
    if (!await isBusy()) await this.#ask('block-stream', { 'job-id': flattening, device: blockDevice, base: qemuFiles.base, 'backing-file': qemuFiles.base }) // else one is left of a save that was cut off
    try {
      await this.#until(waits.passMs, async () => !await isBusy(), 'put the layers of its disk together')
    } catch (error) {
      await this.#ask('block-job-cancel', { device: flattening, force: true })
      throw error
    }
    const left = await layersBelow(directory, topmost)
    await removeUnused(directory, left)
    return left
  }

  /** As QEMU has it open. */
  async #writtenLayer(): Promise<string> {
    const devices = await this.#ask<readonly { readonly device: string; readonly inserted?: { readonly file: string } }[]>('query-block')
    return basename(devices.find(({ device }) => device === blockDevice)!.inserted!.file)
  }

  /** QS4 */
  async #noticesWrites(): Promise<boolean> {
    if (this.#running.acceleration !== 'tcg') return true
    return Number((await this.#running.version()).split('.')[0]) >= 9
  }

  #migration(): Promise<{ readonly status?: string; readonly 'error-desc'?: string; readonly ram?: { readonly 'dirty-sync-count': number; readonly remaining: number; readonly total: number } }> {
    return this.#ask('query-migrate')
  }

  #ask<T>(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return this.#running.monitor.ask<T>(command, args)
  }

  async #until(timeoutMs: number, holds: () => Promise<boolean>, what: string): Promise<void> {
    for (const deadline = this.#clock.monotonic() + timeoutMs; !await holds(); await sleep(this.#clock, waits.pollMs)) {
      if (this.#clock.monotonic() > deadline) throw failed(this.#running.name, `it did not ${what} within ${timeoutMs / 1_000} s`)
    }
  }
}

/** Takes one connection; `ended` when the other side has closed it. */
async function receive(path: string, take: (chunk: Buffer) => void): Promise<{ readonly server: Server; readonly ended: Promise<void> }> {
  await rm(path, { force: true })
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => {})
  const server = createServer(socket => {
    socket.on('data', (chunk: Buffer) => {
      try {
        take(chunk)
      } catch (error) {
        ended.reject(error)
        socket.destroy()
      }
    })
    socket.on('error', error => { ended.reject(error) })
    socket.on('close', () => { ended.resolve() })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => { resolve() })
  })
  return { server, ended: ended.promise }
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, at + done)
}

function failed(name: string, why: string): MachineError {
  return new MachineError('CheckpointFailed', `${name} could not be saved: ${why}`)
}
