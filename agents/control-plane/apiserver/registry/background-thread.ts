/**
 * A thread for work that cannot be done in turns, so that it keeps nobody waiting but who asked for it.
 *
 *   BG1  One question at a time; so many may wait, more are a 429.
 *   BG2  The thread starts with the first question, and ends when it has had nothing to do for a while.
 *   BG3  It is bounded in memory, and ended when a question takes it longer than 20 s; both fail that question alone.
 */
import { Worker } from 'node:worker_threads'
import { tooManyRequests } from '../http/api-error.ts'

/** Why a question has no answer: the thread was ended over it, or broke. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
}

export interface ThreadOptions {
  /** The thread's program beside this module: its source, and its name in a bundle. */
  readonly source: string
  readonly bundled: string
  readonly maxMemoryMiB: number
  readonly maxWaiting: number
  /** What waits, for the message of a 429: "large YAML bodies are waiting to be read". */
  readonly waiting: string
}

const idleMs = 1_000
const limitMs = 20_000

interface Waiting<Question, Answer> {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

export class BackgroundThread<Question, Answer> {
  readonly #options: ThreadOptions
  readonly #waiting: Waiting<Question, Answer>[] = []
  #worker: Worker | undefined
  #current: Waiting<Question, Answer> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  async ask(question: Question): Promise<Answer> {
    if (this.#waiting.length >= this.#options.maxWaiting) throw tooManyRequests(`too many ${this.#options.waiting}, please try again later`, 1) // BG1
    return await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    if (this.#current !== undefined) return
    clearTimeout(this.#timer)
    this.#current = this.#waiting.shift()
    if (this.#current === undefined) {
      this.#timer = setTimeout(() => { this.#end() }, idleMs).unref() // BG2
      return
    }
    this.#worker ??= this.#start()
    this.#timer = setTimeout(() => {
      this.#end()
      this.#settle(({ reject }) => { reject(new ThreadError('takes too long to read')) }) // BG3
    }, limitMs).unref()
    this.#worker.postMessage(this.#current.question)
  }

  #settle(how: (waiting: Waiting<Question, Answer>) => void): void {
    const current = this.#current
    this.#current = undefined
    if (current !== undefined) how(current)
    this.#next()
  }

  #start(): Worker {
    const { source, bundled, maxMemoryMiB } = this.#options
    const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? source : bundled, import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: maxMemoryMiB, maxYoungGenerationSizeMb: 6, stackSizeMb: 4 } })
    worker.unref()
    worker.on('message', (answer: Answer) => {
      if (worker === this.#worker) this.#settle(({ resolve }) => { resolve(answer) })
    })
    worker.on('error', error => {
      if (worker !== this.#worker) return
      this.#worker = undefined
      this.#settle(({ reject }) => { reject(new ThreadError(`cannot be read: ${error.message}`)) })
    })
    return worker
  }

  #end(): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }
}
