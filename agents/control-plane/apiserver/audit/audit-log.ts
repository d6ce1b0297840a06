/**
 * The audit log as a file (or standard output), one event a line.
 * Upstream: apiserver/plugin/pkg/audit/log; rotation as natefinch/lumberjack does it.
 *
 *   AL1  Blocking: an event is in the file before the request goes on. Batch: it is soon after, in the order it came.
 *   AL2  A file that would grow past its size becomes <name>-<time><ext>; backups beyond their number or age are removed.
 *   AL3  Only the server's user may read it.
 */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Clock } from '../../../base/clock.ts'
import { legacyLine } from './audit-record.ts'
import type { AuditEvent } from './audit-record.ts'
import type { AuditSink } from './audit-sink.ts'
import { bufferedSink } from './buffered-sink.ts'
import type { BatchOptions, Delivery } from './buffered-sink.ts'

export interface AuditLogOptions {
  readonly path: string
  readonly format: 'json' | 'legacy'
  /** Absent: an event is in the file before its request goes on. */
  readonly batch?: BatchOptions
  /** 0 is the default of 100. */
  readonly maxSizeMegabytes: number
  /** 0 keeps all. */
  readonly maxBackups: number
  readonly maxAgeDays: number
  readonly compresses: boolean
}

const dayMs = 86_400_000

export function openAuditLog(options: AuditLogOptions, clock: Clock, onLost: Delivery['onLost']): AuditSink {
  const output = options.path === '-' ? standardOutput : new RotatedFile(options, clock)
  const line = (event: AuditEvent) => `${options.format === 'json' ? event.json : legacyLine(event)}\n`
  if (options.batch === undefined) {
    return {
      write: event => {
        output.write(line(event)) // AL1
      },
      [Symbol.dispose]: () => {
        output.close()
      },
    }
  }
  return bufferedSink({
    deliver: events => { output.write(events.map(line).join('')) },
    onLost,
    close: () => { output.close() },
  }, options.batch, { clock, signal: new AbortController().signal }) // what has gathered is written when the log is closed, not before
}

const standardOutput = {
  write(text: string) {
    process.stdout.write(text)
  },
  close() {},
}

class RotatedFile {
  readonly #options: AuditLogOptions
  readonly #clock: Clock
  #descriptor: number
  #size: number

  constructor(options: AuditLogOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#descriptor = openSync(options.path, 'a', 0o600) // AL3
    this.#size = fstatSync(this.#descriptor).size
  }

  write(text: string): void {
    const bytes = Buffer.from(text)
    const limit = (this.#options.maxSizeMegabytes === 0 ? 100 : this.#options.maxSizeMegabytes) * 1024 * 1024
    if (this.#size > 0 && this.#size + bytes.length > limit) this.#rotate() // AL2
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at)
    this.#size += bytes.length
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    const { path, compresses } = this.#options
    const extension = extname(path)
    const stamp = new Date(this.#clock.now()).toISOString().replace('Z', '').replaceAll(':', '-')
    const backup = join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`)
    closeSync(this.#descriptor)
    renameSync(path, backup)
    this.#descriptor = openSync(path, 'a', 0o600)
    this.#size = 0
    if (compresses) {
      writeFileSync(`${backup}.gz`, gzipSync(readFileSync(backup)), { mode: 0o600 })
      rmSync(backup)
    }
    this.#removeOld()
  }

  #removeOld(): void {
    const { path, maxBackups, maxAgeDays } = this.#options
    const extension = extname(path)
    const prefix = `${basename(path, extension)}-`
    const backups = readdirSync(dirname(path)).filter(name => name.startsWith(prefix) && /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}/.test(name.slice(prefix.length))).sort().toReversed()
    const oldest = this.#clock.now() - maxAgeDays * dayMs
    backups.forEach((name, index) => {
      const tooMany = maxBackups > 0 && index >= maxBackups
      const [day = '', time = ''] = name.slice(prefix.length, prefix.length + 23).split('T')
      const tooOld = maxAgeDays > 0 && Date.parse(`${day}T${time.replaceAll('-', ':')}Z`) < oldest
      if (tooMany || tooOld) rmSync(join(dirname(path), name), { force: true })
    })
  }
}
