/**
 * QEMU's machine protocol over a unix socket: lines of JSON, one greeting, answers by id, events in between.
 *
 *   QM1  Answers go to whoever asked, by id; an answer of class error rejects with QEMU's own description.
 *   QM2  When the line ends every open question is rejected, and onClose is told once.
 *   QM3  A question not answered within its time is rejected; the line stays usable, a late answer is dropped.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../../../../agents/base/clock.ts'
import { MachineError } from '../machine-error.ts'
import { connectUnix } from '../unix-path.ts'

export interface QmpEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Question {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: Disposable
}

export class QmpClient {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #questions = new Map<number, Question>()
  readonly #eventListeners = new Set<(event: QmpEvent) => void>()
  readonly #closeListeners = new Set<() => void>()
  #greeted = Promise.withResolvers<void>()
  #rest = ''
  #nextId = 1
  #closed = false

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    this.#greeted.promise.catch(() => {})
    socket.setEncoding('utf8')
    socket.on('data', (text: string | Buffer) => { this.#take(String(text)) })
    socket.on('error', () => {})
    socket.on('close', () => { this.#end() })
  }

  /** Connects and leaves negotiation mode. */
  static async connect(path: string, clock: Clock): Promise<QmpClient> {
    const client = new QmpClient(await connectUnix(path), clock)
    const timer = clock.after(10_000, () => { client.close() })
    try {
      await client.#greeted.promise
      await client.ask('qmp_capabilities')
      return client
    } catch (error) {
      client.close()
      throw error
    } finally {
      timer[Symbol.dispose]()
    }
  }

  get closed(): boolean {
    return this.#closed
  }

  ask<T = unknown>(command: string, args: Readonly<Record<string, unknown>> = {}, timeoutMs = 10_000): Promise<T> {
    if (this.#closed) return Promise.reject(new MachineError('MonitorFailed', `QEMU's monitor is closed; "${command}" was not sent`))
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#questions.delete(id)
        reject(new MachineError('MonitorFailed', `QEMU did not answer "${command}" within ${timeoutMs / 1000} s`)) // QM3
      })
      this.#questions.set(id, { resolve: resolve as (value: unknown) => void, reject, timer })
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`)
    })
  }

  onEvent(listener: (event: QmpEvent) => void): Disposable {
    this.#eventListeners.add(listener)
    return { [Symbol.dispose]: () => void this.#eventListeners.delete(listener) }
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener()
    else this.#closeListeners.add(listener)
  }

  close(): void {
    this.#socket.destroy()
    this.#end()
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) if (line.trim() !== '') this.#takeMessage(JSON.parse(line) as Record<string, unknown>)
  }

  #takeMessage(message: Record<string, unknown>): void {
    if ('QMP' in message) {
      this.#greeted.resolve()
      return
    }
    if (typeof message['event'] === 'string') {
      const event: QmpEvent = { event: message['event'], data: (message['data'] ?? {}) as Record<string, unknown> }
      for (const listener of [...this.#eventListeners]) listener(event)
      return
    }
    const question = this.#questions.get(message['id'] as number)
    if (question === undefined) return
    this.#questions.delete(message['id'] as number)
    question.timer[Symbol.dispose]()
    const error = message['error'] as { desc?: string } | undefined
    if (error === undefined) question.resolve(message['return'])
    else question.reject(new MachineError('MonitorFailed', `QEMU refused: ${error.desc ?? 'no reason given'}`)) // QM1
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    const error = new MachineError('MonitorFailed', 'QEMU\'s monitor was closed')
    this.#greeted.reject(error)
    for (const question of this.#questions.values()) { // QM2
      question.timer[Symbol.dispose]()
      question.reject(error)
    }
    this.#questions.clear()
    for (const listener of this.#closeListeners) listener()
    this.#closeListeners.clear()
  }
}
