/**
 * A program running on a machine, over one SSH channel.
 *
 *   RP1  `exited` settles once, after the last output; it rejects only when the line broke before the program's end was known.
 *   RP2  Killing asks the far sshd to signal the program, then closes the channel: a program that reads or writes notices.
 */
import type { Readable, Writable } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { ProvisionError } from './provision-error.ts'

export interface RemoteExit {
  readonly code: number | null
  /** Without the SIG. */
  readonly signal: string | null
}

export class RemoteProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Empty where there is a terminal: that has one stream only. */
  readonly stderr: Readable
  readonly exited: Promise<RemoteExit>
  readonly #channel: ClientChannel

  constructor(channel: ClientChannel, cutReason: () => string) {
    this.#channel = channel
    this.stdin = channel
    this.stdout = channel
    this.stderr = channel.stderr
    this.exited = new Promise((resolve, reject) => {
      let exit: RemoteExit | undefined
      channel.on('exit', (code: number | null, signal?: string) => { exit = { code, signal: signal ?? null } })
      channel.on('close', () => {
        if (exit !== undefined) resolve(exit)
        else reject(new ProvisionError('LinkDown', cutReason())) // RP1
      })
      channel.on('error', () => {})
    })
    this.exited.catch(() => {})
  }

  resize(columns: number, rows: number): void {
    this.#channel.setWindow(rows, columns, 0, 0)
  }

  /** signal without the SIG, as SSH names it. */
  kill(signal = 'TERM'): void {
    this.#channel.signal(signal)
    if (signal === 'KILL') this.#channel.close() // RP2
  }

  close(): void {
    this.#channel.close()
  }
}
