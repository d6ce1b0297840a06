/**
 * The HTTP/2 connection to an API server, shared by all requests and watches of a process.
 *
 *   H2S5  When it has as many streams as the server allows, one more connection is opened, as client-go does: a watch that
 *         waited for another to end would wait for ever.
 *   H2S1  It is opened on the first use and again after it has ended; whoever asks meanwhile waits for the same one.
 *   H2S2  A server that does not speak HTTP/2 (by ALPN) is told apart, so that the caller can use HTTP/1.1.
 *   H2S3  While streams are open and nothing has come for 15 s, a ping is sent; without an answer within 10 s the
 *         connection counts as dead and every stream on it fails. A link that is cut without a word is noticed so.
 *   H2S4  The connection's own window is wide: a reader that is slow must not hold up the others.
 */
import * as http2 from 'node:http2'
import * as tls from 'node:tls'

const pingAfterMs = 15_000
const pingWithinMs = 10_000
const streamWindowBytes = 1 << 20
const connectionWindowBytes = 1 << 24
const connectWithinMs = 10_000
interface CountedSession {
  readonly session: http2.ClientHttp2Session
  streams: number
  allowed: number
}

export type OpenedSession = { readonly protocol: 'h2'; readonly session: http2.ClientHttp2Session; readonly isFresh: boolean } | { readonly protocol: 'http/1.1' }

export class SharedSession implements Disposable {
  readonly #server: URL
  readonly #tls: tls.ConnectionOptions
  #opening: Promise<http2.ClientHttp2Session | undefined> | undefined
  #sessions: CountedSession[] = []
  #speaksHttp2 = true
  #isDisposed = false

  constructor(server: URL, options: tls.ConnectionOptions) {
    this.#server = server
    this.#tls = options
  }

  /** The connection that is open; undefined when `open` has to be waited for. */
  get current(): OpenedSession | undefined {
    const free = this.#sessions.find(({ session, streams, allowed }) => !session.closed && !session.destroyed && streams < allowed) // H2S5
    return free === undefined ? undefined : { protocol: 'h2', session: free.session, isFresh: false }
  }

  isFull(session: http2.ClientHttp2Session): boolean {
    return this.#sessions.some(each => each.session === session && each.streams >= each.allowed)
  }

  /** To be told of every stream that is opened on a session. */
  note(session: http2.ClientHttp2Session, stream: http2.ClientHttp2Stream): void {
    const counted = this.#sessions.find(each => each.session === session)
    if (counted === undefined) return
    counted.streams += 1
    stream.once('close', () => { counted.streams -= 1 })
  }

  async open(): Promise<OpenedSession> {
    if (!this.#speaksHttp2) return { protocol: 'http/1.1' }
    if (this.#isDisposed) throw Object.assign(new Error('the transport was closed'), { code: 'ECLOSED' })
    if (this.current !== undefined) return this.current
    this.#opening ??= this.#connect().finally(() => { this.#opening = undefined }) // H2S1
    const session = await this.#opening
    return session === undefined ? { protocol: 'http/1.1' } : { protocol: 'h2', session, isFresh: true }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    for (const { session } of this.#sessions) session.destroy()
  }

  async #connect(): Promise<http2.ClientHttp2Session | undefined> {
    const socket = await this.#connectSocket()
    if (socket.alpnProtocol !== 'h2') { // H2S2
      socket.destroy()
      this.#speaksHttp2 = false
      return undefined
    }
    const session = http2.connect(this.#server.origin, { createConnection: () => socket, settings: { enablePush: false, initialWindowSize: streamWindowBytes } })
    session.setMaxListeners(0)
    session.on('connect', () => { session.setLocalWindowSize(connectionWindowBytes) }) // H2S4
    session.on('error', () => {}) // every stream is told on its own
    session.on('goaway', () => { session.close() })
    session.once('close', () => { this.#sessions = this.#sessions.filter(each => each.session !== session) })
    this.#keepAlive(session, socket)
    const counted: CountedSession = { session, streams: 0, allowed: 0 }
    session.on('remoteSettings', ({ maxConcurrentStreams = Infinity }) => { counted.allowed = maxConcurrentStreams })
    this.#sessions.push(counted)
    await settled(session) // a stream above what the server allows would be refused
    return session
  }

  #connectSocket(): Promise<tls.TLSSocket> {
    const host = this.#server.hostname.replace(/^\[|\]$/g, '')
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ ...this.#tls, host, port: Number(this.#server.port === '' ? 443 : this.#server.port), ALPNProtocols: ['h2', 'http/1.1'] })
      const timer = setTimeout(() => { socket.destroy(Object.assign(new Error('connecting took too long'), { code: 'ETIMEDOUT' })) }, connectWithinMs)
      socket.setNoDelay(true)
      socket.once('secureConnect', () => {
        clearTimeout(timer)
        socket.removeListener('error', reject)
        resolve(socket)
      })
      socket.once('error', error => {
        clearTimeout(timer)
        reject(error)
      })
    })
  }

  #keepAlive(session: http2.ClientHttp2Session, socket: tls.TLSSocket): void { // H2S3
    let seenBytes = 0
    let waiting: NodeJS.Timeout | undefined
    const timer = setInterval(() => {
      if (socket.bytesRead !== seenBytes || waiting !== undefined) {
        seenBytes = socket.bytesRead
        return
      }
      waiting = setTimeout(() => { session.destroy(Object.assign(new Error('the server does not answer'), { code: 'ETIMEDOUT' })) }, pingWithinMs).unref()
      session.ping(() => {
        clearTimeout(waiting)
        waiting = undefined
        seenBytes = socket.bytesRead
      })
    }, pingAfterMs).unref()
    session.once('close', () => {
      clearInterval(timer)
      clearTimeout(waiting)
    })
  }
}

/** Once the server has said what it allows. */
function settled(session: http2.ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { session.destroy(Object.assign(new Error('the server did not begin to speak HTTP/2'), { code: 'ETIMEDOUT' })) }, connectWithinMs)
    let failure: Error = Object.assign(new Error('the connection ended'), { code: 'ECONNRESET' })
    session.once('error', error => { failure = error })
    session.once('close', () => {
      clearTimeout(timer)
      reject(failure)
    })
    session.once('remoteSettings', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
