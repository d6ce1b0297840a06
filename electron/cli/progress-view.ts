/**
 * Shows the course of an action: on a terminal as lines that are redrawn, with bars where the share is known;
 * elsewhere as one plain line when a step begins, now and then while it runs, and when it ends.
 */
import type { ProgressItem } from '../contract/labs.ts'

export interface ProgressSink {
  write(text: string): void
  readonly isTerminal: boolean
  readonly columns: number
}

const barCells = 20
const plainEveryMs = 5_000

export class ProgressView {
  readonly #sink: ProgressSink
  readonly #now: () => number
  readonly #open = new Map<string, ProgressItem>()
  readonly #lastPlain = new Map<string, { at: number; text: string }>()
  #drawn = 0

  constructor(sink: ProgressSink, now: () => number) {
    this.#sink = sink
    this.#now = now
  }

  show(item: ProgressItem): void {
    if (this.#sink.isTerminal) this.#draw(item)
    else this.#plain(item)
  }

  #draw(item: ProgressItem): void {
    this.#erase()
    if (item.state === 'done' || item.state === 'failed') {
      this.#open.delete(item.step)
      this.#sink.write(`${item.state === 'done' ? '\x1b[32m✔\x1b[0m' : '\x1b[31m✖\x1b[0m'} ${fit(`${item.text}${elapsed(item)}`, this.#sink.columns - 2)}\n`)
    } else {
      this.#open.set(item.step, item)
    }
    for (const open of this.#open.values()) {
      const bar = open.ratio === null ? '' : `${'█'.repeat(Math.round(open.ratio * barCells)).padEnd(barCells, '░')} ${String(Math.round(open.ratio * 100)).padStart(3)} % `
      this.#sink.write(`\x1b[36m●\x1b[0m ${fit(`${bar}${open.text}`, this.#sink.columns - 2)}\n`)
    }
    this.#drawn = this.#open.size
  }

  #erase(): void {
    if (this.#drawn > 0) this.#sink.write(`\x1b[${this.#drawn}A\x1b[J`)
    this.#drawn = 0
  }

  #plain(item: ProgressItem): void {
    const before = this.#lastPlain.get(item.step)
    const now = this.#now()
    if (item.state === 'running' && before !== undefined && (before.text === item.text || now - before.at < plainEveryMs)) return
    this.#lastPlain.set(item.step, { at: now, text: item.text })
    const share = item.state === 'running' && item.ratio !== null ? ` (${Math.round(item.ratio * 100)} %)` : ''
    const mark = { started: '…', running: '…', done: 'done:', failed: 'failed:' }[item.state]
    this.#sink.write(item.state === 'started' || item.state === 'running' ? `${item.text}${share} ${mark}\n` : `${mark} ${item.text}${elapsed(item)}\n`)
  }
}

function elapsed(item: ProgressItem): string {
  return item.elapsedMs < 100 || item.state === 'failed' ? '' : ` (${(item.elapsedMs / 1000).toFixed(1)} s)`
}

function fit(text: string, columns: number): string {
  const line = text.split('\n', 1)[0]!
  return columns > 10 && line.length > columns ? `${line.slice(0, columns - 1)}…` : line
}
