/**
 * Terminals live here, so that a reloaded page finds them as they were.
 *
 *   TE1  What came out is kept, up to 256 KiB, and given first to whoever follows.
 *   TE2  A terminal ends when its program does or when it is closed; an ended one can be read for five minutes.
 *   TE3  A follower that is slow gets everything that is still kept, in order, and never a part twice.
 *   TE4  A program that writes without end is not sent faster than a screen shows it: after a large part there is a pause of two frames, and
 *        what is dropped meanwhile (TE1) would have scrolled away unseen.
 */
import { randomUUID } from 'node:crypto'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import type { TerminalInfo, TerminalTarget } from '../../contract/terminals.ts'

/** Whatever is behind a terminal: a local program on a pseudo-terminal, a console socket. */
export interface TerminalProgram {
  write(data: string): void
  resize(columns: number, rows: number): void
  onData(listener: (data: string) => void): void
  onExit(listener: (exitCode: number) => void): void
  end(): void
}

const keptCharacters = 256 * 1024
const keptAfterEndMs = 5 * 60_000
const floodCharacters = 32 * 1024
const floodPauseMs = 33

export class Terminals {
  readonly #clock: Clock
  readonly #open = new Map<string, Terminal>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(lab: string, target: TerminalTarget, program: TerminalProgram): TerminalInfo {
    const info = { id: randomUUID(), lab, target, openedAt: new Date(this.#clock.now()).toISOString() }
    const terminal = new Terminal(info, program, this.#clock)
    this.#open.set(info.id, terminal)
    program.onExit(() => { this.#clock.after(keptAfterEndMs, () => this.#open.delete(info.id)) }) // TE2
    return terminal.info
  }

  find(id: string): Terminal | undefined {
    return this.#open.get(id)
  }

  list(lab: string | null): readonly TerminalInfo[] {
    return [...this.#open.values()].map(terminal => terminal.info).filter(info => lab === null || info.lab === lab)
  }

  close(id: string): boolean {
    const terminal = this.#open.get(id)
    terminal?.end()
    return this.#open.delete(id)
  }

  closeLab(lab: string): void {
    for (const info of this.list(lab)) this.close(info.id)
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id)
  }
}

export class Terminal {
  readonly #base: Omit<TerminalInfo, 'exitCode'>
  readonly #program: TerminalProgram
  readonly #clock: Clock
  #exitCode: number | null = null
  #ended = false
  #kept: string[] = []
  #keptCharacters = 0
  /** Number of the first piece that is still kept. */
  #first = 0
  #wake = Promise.withResolvers<void>()

  constructor(base: Omit<TerminalInfo, 'exitCode'>, program: TerminalProgram, clock: Clock) {
    this.#base = base
    this.#clock = clock
    this.#program = program
    program.onData(data => { this.#keep(data) })
    program.onExit(exitCode => {
      this.#exitCode = exitCode
      this.#ended = true
      this.#tell()
    })
  }

  get info(): TerminalInfo {
    return { ...this.#base, exitCode: this.#exitCode }
  }

  input(data: string): void {
    if (!this.#ended) this.#program.write(data)
  }

  resize(columns: number, rows: number): void {
    if (!this.#ended) this.#program.resize(columns, rows)
  }

  end(): void {
    this.#ended = true
    this.#program.end()
    this.#tell()
  }

  async *output(signal: AbortSignal): AsyncGenerator<{ readonly data: string }> {
    const wakeAll = (): void => { this.#tell() }
    signal.addEventListener('abort', wakeAll, { once: true })
    try {
      for (let next = this.#first; ; ) {
        next = Math.max(next, this.#first) // TE3
        if (next < this.#first + this.#kept.length) {
          const data = this.#kept.slice(next - this.#first).join('')
          next = this.#first + this.#kept.length
          yield { data }
          if (data.length > floodCharacters && !this.#ended && !signal.aborted) await sleep(this.#clock, floodPauseMs, signal).catch(() => {}) // TE4; aborted is seen below
          continue
        }
        if (this.#ended || signal.aborted) return
        await this.#wake.promise
      }
    } finally {
      signal.removeEventListener('abort', wakeAll)
    }
  }

  #keep(data: string): void {
    this.#kept.push(data)
    this.#keptCharacters += data.length
    while (this.#keptCharacters > keptCharacters && this.#kept.length > 1) {
      this.#keptCharacters -= this.#kept.shift()!.length // TE1
      this.#first += 1
    }
    this.#tell()
  }

  #tell(): void {
    const wake = this.#wake
    this.#wake = Promise.withResolvers()
    wake.resolve()
  }
}
