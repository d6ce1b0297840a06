/**
 * The lab host's side of a switch that runs in a thread of its own.
 *
 *   ST1  The thread starts with the first port, and not before: a LAN without virtual machines costs nothing.
 *   ST2  What is attached and what is wrong with the LAN is known here. A thread that breaks is started anew and told all of
 *        it; machines listen, so their lines come back by themselves. Captures end.
 *   ST3  A wrong filter expression is refused before anything is changed.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../../agents/base/log.ts'
import type { LanState, LinkImpairments, LinkName } from '../../../contract/links.ts'
import type { CaptureOptions } from '../capture/capture-tap.ts'
import { NetworkError } from '../network-error.ts'
import { compileFilter } from '../packets/filter.ts'
import { FilterError } from '../packets/filter-error.ts'
import { type RouterPlan, usualNetwork } from '../routing/router-plan.ts'
import type { FromSwitch, SwitchQuestion } from './switch-messages.ts'

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

interface Layer {
  readonly owner: string
  readonly link: LinkName
  readonly impairments: LinkImpairments
}

export interface CapturePiece {
  /** Whole blocks of a pcapng file; valid until the next piece is asked for. */
  readonly bytes: Buffer
  /** Frames that came too fast so far. */
  readonly dropped: number
}

interface Capture {
  readonly pieces: CapturePiece[]
  isOver: boolean
  wake: () => void
}

/** Before a thread that broke is started anew. */
const restartMs = 500

const emptyLan: LanState = { ports: [], links: [], routers: [], flooded: 0, loopsCut: 0 }

export class SwitchThread {
  readonly #clock: Clock
  readonly #log: Log
  readonly #ports = new Map<string, { readonly socketPath: string; readonly network: string }>()
  #routers: readonly RouterPlan[] = []
  #layers: readonly Layer[] = []
  readonly #waiting = new Map<number, Waiting>()
  readonly #captures = new Map<number, Capture>()
  #lastId = 0
  #worker: Worker | undefined
  #isClosed = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  attach(port: string, socketPath: string, network = usualNetwork): void {
    const present = this.#ports.get(port)
    if (present?.socketPath === socketPath && present.network === network) return
    if (present !== undefined) throw new NetworkError('PortAttached', `switch port "${port}" is attached to another socket`)
    this.#ports.set(port, { socketPath, network })
    if (this.#worker === undefined) this.#start() // ST1
    else this.#tell({ ask: 'attach', port, socketPath, network })
  }

  detach(port: string): void {
    if (this.#ports.delete(port)) this.#tell({ ask: 'detach', port })
  }

  /** The routers between networks: these and no others. */
  route(routers: readonly RouterPlan[]): void {
    if (JSON.stringify(routers) === JSON.stringify(this.#routers)) return
    this.#routers = routers
    this.#tell({ ask: 'route', routers })
  }

  async state(): Promise<LanState> {
    return this.#worker === undefined ? { ...emptyLan, links: this.#layers.map(layer => ({ ...layer, ...untouched })) } : await this.#ask<LanState>({ ask: 'state' })
  }

  /** What this owner has set on the link. */
  impairmentsOf(owner: string, link: LinkName): LinkImpairments {
    return this.#layers.find(layer => isSame(layer, owner, link))?.impairments ?? {}
  }

  /** null takes them away. */
  async impair(owner: string, link: LinkName, impairments: LinkImpairments | null): Promise<void> {
    if (impairments?.block !== undefined) compileFilter(impairments.block) // ST3
    const others = this.#layers.filter(layer => !isSame(layer, owner, link))
    this.#layers = impairments === null ? others : [...others, { owner, link, impairments }]
    if (this.#worker !== undefined) await this.#ask({ ask: 'impair', owner, link, impairments })
  }

  async clear(owner: string): Promise<void> {
    this.#layers = this.#layers.filter(layer => layer.owner !== owner)
    if (this.#worker !== undefined) await this.#ask({ ask: 'clear', owner })
  }

  /** Processor time of the thread since its start, microseconds. */
  async cpuMicros(): Promise<number> {
    const { user, system } = await this.#ask<NodeJS.CpuUsage>({ ask: 'usage' })
    return user + system
  }

  /** Ends with the signal; what was captured until then is given. */
  async *capture(options: CaptureOptions, signal: AbortSignal): AsyncGenerator<CapturePiece> {
    compileFilter(options.filter)
    if (this.#worker === undefined) throw new NetworkError('NothingToCapture', 'no virtual machine of this lab is running, so no frame passes its switch')
    const id = ++this.#lastId
    const capture: Capture = { pieces: [], isOver: false, wake: () => {} }
    this.#captures.set(id, capture)
    const end = (): void => {
      void this.#ask({ ask: 'end-capture', capture: id }).catch(() => {}).finally(() => {
        capture.isOver = true
        capture.wake()
      })
    }
    try {
      await this.#ask({ ask: 'capture', capture: id, options })
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
      for (;;) {
        const piece = capture.pieces.shift()
        if (piece !== undefined) {
          yield piece
          const memory = piece.bytes.buffer as ArrayBuffer
          this.#tell({ ask: 'taken', capture: id, memory }, [memory])
        } else if (capture.isOver) return
        else await new Promise<void>(resolve => { capture.wake = resolve })
      }
    } finally {
      signal.removeEventListener('abort', end)
      this.#captures.delete(id)
      if (!capture.isOver) this.#tell({ ask: 'end-capture', capture: id })
    }
  }

  close(): void {
    this.#isClosed = true
    this.#ports.clear()
    this.#layers = []
    const worker = this.#worker
    this.#worker = undefined
    this.#lose('the switch was closed')
    void worker?.terminate()
  }

  #start(): void {
    this.#isClosed = false
    const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './switch-program.ts' : './switch.mjs', import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 16 } })
    worker.unref()
    this.#worker = worker
    worker.on('message', (message: FromSwitch) => { this.#take(message) })
    worker.on('error', error => { this.#log.error('switch broke', { error: errorText(error) }) })
    worker.on('exit', () => {
      if (worker !== this.#worker) return
      this.#worker = undefined
      this.#lose('the switch broke and is started anew')
      this.#clock.after(restartMs, () => { if (!this.#isClosed && this.#worker === undefined && this.#ports.size > 0) this.#start() }) // ST2
    })
    if (this.#routers.length > 0) this.#tell({ ask: 'route', routers: this.#routers })
    for (const [port, place] of this.#ports) this.#tell({ ask: 'attach', port, ...place })
    for (const layer of this.#layers) this.#tell({ ask: 'impair', ...layer })
  }

  #take(message: FromSwitch): void {
    if ('level' in message) {
      this.#log[message.level](message.message, message.fields)
      return
    }
    if ('capture' in message) {
      const capture = this.#captures.get(message.capture)
      capture?.pieces.push({ bytes: Buffer.from(message.piece.buffer, message.piece.byteOffset, message.piece.byteLength), dropped: message.dropped })
      capture?.wake()
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('answer' in message) waiting?.resolve(message.answer)
    else waiting?.reject(message.isExpression ? new FilterError(message.failed) : new NetworkError('SwitchFailed', message.failed))
  }

  #lose(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new NetworkError('SwitchFailed', why))
    this.#waiting.clear()
    for (const capture of this.#captures.values()) {
      capture.isOver = true
      capture.wake()
    }
  }

  #ask<T>(question: SwitchQuestion, transferred: readonly ArrayBuffer[] = []): Promise<T> {
    const worker = this.#worker
    if (worker === undefined) return Promise.reject(new NetworkError('SwitchFailed', 'the switch does not run'))
    return new Promise<T>((resolve, reject) => {
      const id = ++this.#lastId
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject })
      worker.postMessage({ id, ...question }, transferred)
    })
  }

  /** Where nobody waits for the answer. */
  #tell(question: SwitchQuestion, transferred: readonly ArrayBuffer[] = []): void {
    if (this.#worker !== undefined) this.#ask(question, transferred).catch((error: unknown) => { this.#log.warn('switch refused', { ask: question.ask, error: errorText(error) }) })
  }
}

const untouched = { passed: 0, dropped: { down: 0, flap: 0, block: 0, mtu: 0, loss: 0, queue: 0 }, duplicated: 0, corrupted: 0, reordered: 0, waiting: 0 }

function isSame(layer: Layer, owner: string, link: LinkName): boolean {
  return layer.owner === owner && layer.link.from === link.from && layer.link.to === link.to
}
