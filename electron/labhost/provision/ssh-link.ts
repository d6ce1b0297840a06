/**
 * The line to one machine: an SSH connection that is kept up, with everything that goes over it.
 *
 *   SL1  After `start` the link connects, and connects again after every loss, until `close`. Tries back off to maxBackoffMs.
 *   SL2  Whoever asks for something while the link is not up is refused at once with the reason; `ready` is the way to wait.
 *   SL3  The host key is pinned. Another key is never accepted, and the state says so.
 *   SL4  Publications (reverse forwards) are promises about every connection: they are made again each time it comes up,
 *        and tried again while the machine refuses (an old connection may still hold the port for a while).
 *   SL5  A loss is noticed by keepalives: after keepaliveMs times keepaliveCount without an answer.
 */
import { connect as connectSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import { backoffMs } from '../../../agents/base/backoff.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText, type Log } from '../../../agents/base/log.ts'
import type { Random } from '../../../agents/base/random.ts'
import { commandLine } from './argv.ts'
import { ChannelStream } from './channel-stream.ts'
import { collect, type CommandResult, type ExecOptions } from './collect.ts'
import type { LinkPhase, LinkState, PublicationState } from './link-state.ts'
import { ProvisionError } from './provision-error.ts'
import { Publication } from './publication.ts'
import { RemoteProcess } from './remote-process.ts'
import { openSshSession } from './ssh-session.ts'

export interface SshLinkOptions {
  /** For messages: the machine's name. */
  readonly name: string
  readonly user?: string
  /** OpenSSH PEM. */
  readonly privateKey: string
  /** "ssh-ed25519 AAAA…" of the machine. */
  readonly hostKey: string
  /** One try to get a byte stream to the machine's sshd. */
  readonly connect: (signal: AbortSignal) => Promise<Duplex>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly keepaliveMs?: number
  readonly keepaliveCount?: number
  /** For one try, from the first byte to ready. */
  readonly tryTimeoutMs?: number
  readonly maxBackoffMs?: number
}

export interface Terminal {
  readonly columns: number
  readonly rows: number
  readonly type?: string
}

type Ask = (client: Client, done: (error: Error | undefined, channel: ClientChannel) => void) => unknown

export class SshLink {
  readonly name: string
  readonly #options: SshLinkOptions
  readonly #closing = new AbortController()
  readonly #listeners = new Set<(state: LinkState) => void>()
  readonly #publications = new Map<string, Publication>()
  #hostKey: string
  #state: LinkState
  #client: Client | undefined
  #current = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: SshLinkOptions) {
    this.name = options.name
    this.#options = options
    this.#hostKey = options.hostKey
    this.#state = { phase: 'idle', since: options.clock.now(), problem: 'it has not been started', connects: 0 }
  }

  get state(): LinkState {
    return this.#state
  }

  get publications(): readonly PublicationState[] {
    return [...this.#publications.values()].map(publication => publication.state)
  }

  onState(listener: (state: LinkState) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  start(): void {
    this.#running ??= this.#keepUp()
  }

  /** From the next connection on; call reconnect() to make that now. */
  pinHostKey(publicKey: string): void {
    this.#hostKey = publicKey
  }

  /** Drops the connection, or the try under way, and starts anew without waiting. The link is down when this returns. */
  reconnect(): void {
    const reason = new Error('a new connection was asked for')
    if (this.#state.phase === 'up') this.#lose(reason.message)
    this.#current.abort(reason)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    const reason = new ProvisionError('LinkDown', `the link to ${this.name} was closed`)
    this.#closing.abort(reason)
    this.#current.abort(reason)
    await this.#running
    this.#become('closed', reason.message)
    this.#listeners.clear()
  }

  /** Resolves when the link is up; rejects with the last reason when that takes longer than timeoutMs. */
  async ready(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
    if (this.#state.phase === 'up') return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = (state: LinkState) => {
      if (state.phase === 'up') resolve()
      else if (state.phase === 'closed') reject(this.#downError())
    }
    using _listener = this.onState(look)
    using _timer = this.#options.clock.after(options.timeoutMs, () => {
      reject(new ProvisionError('LinkDown', `no SSH connection to ${this.name} within ${Math.round(options.timeoutMs / 1000)} s: ${this.#state.problem ?? 'it is still being made'}`))
    })
    const onAbort = () => { reject(options.signal!.reason as Error) }
    options.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      options.signal?.throwIfAborted()
      look(this.#state)
      await promise
    } finally {
      options.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Runs a program to its end. Its exit code is part of the answer, not an error. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    options.signal?.throwIfAborted()
    const late = new AbortController()
    const timer = options.timeoutMs === undefined ? undefined : this.#options.clock.after(options.timeoutMs, () => {
      late.abort(new ProvisionError('CommandTimedOut', `"${argv[0]}" did not end on ${this.name} within ${options.timeoutMs! / 1000} s`))
    })
    const signal = options.signal === undefined ? late.signal : AbortSignal.any([options.signal, late.signal])
    try {
      return await collect(await this.open(argv, { signal }), argv[0]!, { ...options, signal })
    } finally {
      timer?.[Symbol.dispose]()
    }
  }

  /** Like exec, for programs that must succeed; gives what it printed. */
  async run(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const result = await this.exec(argv, options)
    if (result.code === 0) return result.stdout
    const how = result.code === null ? `was ended by signal ${result.signal ?? 'unknown'}` : `ended with code ${result.code}`
    throw new ProvisionError('CommandFailed', `"${argv.slice(0, 4).join(' ')}" on ${this.name} ${how}: ${(result.stderr || result.stdout).trim().slice(-600)}`)
  }

  /** Starts a program and hands over its streams. */
  open(argv: readonly string[], options: { readonly terminal?: Terminal; readonly signal?: AbortSignal } = {}): Promise<RemoteProcess> {
    return this.#openProcess((client, done) => client.exec(commandLine(argv), options.terminal === undefined ? {} : { pty: ptyOf(options.terminal) }, done), options.signal)
  }

  /** The login shell on a terminal of its own. */
  shell(terminal: Terminal): Promise<RemoteProcess> {
    return this.#openProcess((client, done) => client.shell(ptyOf(terminal), done))
  }

  /** A TCP connection as the machine itself would open it. */
  dial(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#openStream(`${host}:${port}`, (client, done) => client.forwardOut('127.0.0.1', 0, host, port, done), signal)
  }

  dialUnix(path: string, signal?: AbortSignal): Promise<Duplex> {
    return this.#openStream(path, (client, done) => client.openssh_forwardOutStreamLocal(path, done), signal)
  }

  /** Makes address:port on the machine lead to what `target` opens here. Holds over every reconnection until disposed. */
  publish(at: { readonly address: string; readonly port: number }, target: () => Promise<Duplex>): Disposable {
    const key = `${at.address}:${at.port}`
    this.#publications.get(key)?.[Symbol.dispose]()
    const publication = new Publication({ ...at, target, clock: this.#options.clock, log: this.#options.log.with({ link: this.name }), onEnd: () => { if (this.#publications.get(key) === publication) this.#publications.delete(key) } })
    this.#publications.set(key, publication)
    if (this.#client !== undefined) publication.attach(this.#client)
    return publication
  }

  /** Resolves when every publication is in place on the current connection. */
  async published(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
    const deadline = this.#options.clock.monotonic() + options.timeoutMs
    for (;;) {
      const waiting = this.publications.find(publication => publication.phase !== 'published')
      if (waiting === undefined && this.#state.phase === 'up') return
      if (this.#options.clock.monotonic() > deadline) {
        throw new ProvisionError('LinkDown', `${waiting?.address}:${waiting?.port} could not be published on ${this.name}: ${waiting?.problem ?? this.#state.problem ?? 'no answer'}`)
      }
      await sleep(this.#options.clock, 20, options.signal)
    }
  }

  #openProcess(ask: Ask, signal?: AbortSignal): Promise<RemoteProcess> {
    return this.#openChannel(ask, signal, channel => new RemoteProcess(channel, () => this.#lostText), reason => `${this.name} could not start a program: ${reason}`)
  }

  #openStream(target: string, ask: Ask, signal: AbortSignal | undefined): Promise<Duplex> {
    return this.#openChannel(ask, signal, (channel, client) => new ChannelStream(channel, client, () => this.#lostText), reason => `${this.name} could not connect to ${target}: ${reason}`)
  }

  get #lostText(): string {
    return `the connection to ${this.name} was lost`
  }

  async #openChannel<T>(ask: Ask, signal: AbortSignal | undefined, wrap: (channel: ClientChannel, client: Client) => T, refusal: (reason: string) => string): Promise<T> {
    signal?.throwIfAborted()
    const client = this.#requireClient()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let settled = false
    const onLost = () => { reject(new ProvisionError('LinkDown', this.#lostText)) }
    const onAbort = () => { reject(signal!.reason as Error) }
    client.once('close', onLost)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      ask(client, (error, channel) => {
        if (error instanceof Error) reject(new ProvisionError('DialFailed', refusal(error.message.replace(/^\(SSH\) Channel open failure: /, '')), { cause: error }))
        else if (settled) channel.close()
        else resolve(wrap(channel, client))
      })
    } catch {
      onLost() // ssh2 throws when its socket is gone but has not told so yet
    }
    try {
      return await promise
    } finally {
      settled = true
      client.off('close', onLost)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #requireClient(): Client {
    if (this.#client === undefined) throw this.#downError() // SL2
    return this.#client
  }

  #downError(): ProvisionError {
    return new ProvisionError('LinkDown', `the control link to ${this.name} is ${this.#state.phase}: ${this.#state.problem ?? 'no reason is known'}`)
  }

  async #keepUp(): Promise<void> {
    const closing = this.#closing.signal
    let failures = 0
    while (!closing.aborted) {
      this.#current = new AbortController()
      const signal = AbortSignal.any([closing, this.#current.signal])
      if (this.#state.phase === 'idle') this.#become('connecting', 'the first connection is being made')
      else this.#become('connecting', this.#state.problem)
      try {
        const client = await this.#openOnce(signal)
        failures = 0
        await this.#useUntilLost(client, signal)
      } catch (error) {
        failures++
        if (!closing.aborted) this.#become('down', errorText(error))
      }
      if (closing.aborted || this.#current.signal.aborted) continue
      const pause = backoffMs({ firstMs: 50, maxMs: this.#options.maxBackoffMs ?? 2_000, factor: 1.7, jitter: 0.2 }, Math.max(1, failures), this.#options.random)
      await sleep(this.#options.clock, pause, signal).catch(() => {})
    }
  }

  async #openOnce(signal: AbortSignal): Promise<Client> {
    const stream = await this.#options.connect(signal)
    return openSshSession({
      stream,
      user: this.#options.user ?? 'root',
      privateKey: this.#options.privateKey,
      hostKey: this.#hostKey, // SL3
      readyTimeoutMs: this.#options.tryTimeoutMs ?? 20_000,
      keepaliveMs: this.#options.keepaliveMs ?? 5_000,
      keepaliveCount: this.#options.keepaliveCount ?? 3,
    }, signal)
  }

  async #useUntilLost(client: Client, signal: AbortSignal): Promise<void> {
    let problem = 'the machine closed the connection'
    client.on('error', error => { problem = error.message === 'Keepalive timeout' ? 'the machine stopped answering' : error.message })
    client.setMaxListeners(0)
    const lost = new Promise<void>(resolve => client.once('close', () => { resolve() }))
    const onAbort = () => {
      problem = errorText(signal.reason)
      client.end()
      this.#options.clock.after(200, () => { client.destroy() })
    }
    signal.addEventListener('abort', onAbort, { once: true })
    client.on('tcp connection', (details, accept, reject) => {
      const publication = this.#publications.get(`${details.destIP}:${details.destPort}`)
      if (publication === undefined) reject()
      else publication.serve(client, accept)
    })
    this.#client = client
    for (const publication of this.#publications.values()) publication.attach(client) // SL4
    this.#become('up', null)
    if (signal.aborted) onAbort()
    await lost
    signal.removeEventListener('abort', onAbort)
    if (this.#client === client) this.#lose(problem)
  }

  #lose(problem: string): void {
    this.#client = undefined
    for (const publication of this.#publications.values()) publication.detach()
    this.#become('down', problem)
  }

  #become(phase: LinkPhase, problem: string | null): void {
    if (this.#state.phase === 'closed' || (this.#state.phase === phase && this.#state.problem === problem)) return
    const connects = this.#state.connects + (phase === 'up' ? 1 : 0)
    this.#state = { phase, since: this.#options.clock.now(), problem, connects }
    if (phase !== 'connecting') this.#options.log.debug('control link changed', { link: this.name, phase, problem })
    for (const listener of [...this.#listeners]) listener(this.#state)
  }
}

function ptyOf(terminal: Terminal) {
  return { rows: terminal.rows, cols: terminal.columns, width: 0, height: 0, term: terminal.type ?? 'xterm-256color', modes: {} }
}

/** A target for `publish`: a TCP port of the desktop. */
export function connectTcp(host: string, port: number): () => Promise<Duplex> {
  return () => new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, allowHalfOpen: true, noDelay: true })
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
