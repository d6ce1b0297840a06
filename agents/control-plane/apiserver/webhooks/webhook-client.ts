/**
 * The one client for everything that the API server calls out to: admission, conversion, authentication, authorization
 * and image policy webhooks. Upstream: apiserver/pkg/util/webhook/client.go.
 *
 *   WC1  A service is dialled as SD1-SD3 say and must prove to be <name>.<namespace>.svc; a URL is dialled directly, since
 *        it is meant for the control plane's own network.
 *   WC2  TLS always, checked against the configuration's caBundle (the system's roots without one). A certificate that
 *        names itself only in its common name is refused.
 *   WC3  Redirects are never followed; an answer larger than the bound is given up on.
 *   WC4  Connections are kept and shared by all calls of one configuration; one that the other side closed while it lay
 *        idle is replaced once. After a call that timed out the idle ones are closed, since they may lead nowhere.
 *   WC5  A call ends with its deadline or its caller's signal, whichever comes first.
 *   WC6  Clients are kept by configuration, the least recently used thrown away; nothing is kept of the answers.
 */
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { checkServerIdentity } from 'node:tls'
import type { PeerCertificate } from 'node:tls'
import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { Clock } from '../../../base/clock.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import { createNodeDialer } from '../proxy/node-dialer.ts'
import type { NodeDialer } from '../proxy/node-dialer.ts'
import { answerFailure, cancelledFailure, connectionFailure, timeoutFailure, WebhookCallError } from './call-failure.ts'
import { DialingAgent } from '../dialling/dialing-agent.ts'
import { secureSocket } from '../dialling/secure-socket.ts'
import type { ServiceDialer } from './service-dialer.ts'

/** Where a webhook is: the clientConfig of webhook configurations and of CRD conversion. */
export interface WebhookClientConfig {
  readonly url?: string
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number }
  /** Base64 of PEM, as in the API. */
  readonly caBundle?: string
}

/** Who the API server is to the webhook, and how it is trusted when that comes from a file rather than the API. */
export interface WebhookCredentials {
  /** PEM, in addition to the caBundle. */
  readonly ca?: string
  readonly clientCert?: string
  readonly clientKey?: string
  readonly token?: () => string
  readonly serverName?: string
  readonly insecureSkipVerify?: boolean
}

export interface WebhookCall {
  readonly body: string | Buffer
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly maxAnswerBytes?: number
}

export interface WebhookClient {
  /** Without a query. */
  readonly url: string
  /** The body of a successful answer. Throws WebhookCallError. */
  post(call: WebhookCall): Promise<Buffer>
}

export interface WebhookClientsDeps {
  readonly services: ServiceDialer
  readonly clock: Clock
  /** For URLs; tests hand in their own. */
  readonly direct?: NodeDialer
  /** Who the API server is to a host; nobody in particular unless given. */
  readonly credentialsFor?: (hostPort: string) => WebhookCredentials | undefined
}

const callFault = faultPoints.define({ name: 'apiserver.webhook', help: 'A call of the API server to a webhook, by the host it is at. delay and hold count against the call\'s time; error: it is said not to be reachable.', attributes: ['host'], effects: ['delay', 'hold', 'error'] })

const defaultMaxAnswerBytes = 12 * 1024 * 1024
const maxKeptClients = 500

export class WebhookClients implements Disposable {
  readonly #deps: WebhookClientsDeps
  readonly #kept = new Map<string, PooledClient>()
  readonly #owned: PooledClient[] = []

  constructor(deps: WebhookClientsDeps) {
    this.#deps = deps
  }

  /** A client with credentials of its own, which its caller keeps. */
  clientWith(config: WebhookClientConfig, credentials: WebhookCredentials): WebhookClient {
    const client = new PooledClient(placeOf(config), config.caBundle, credentials, this.#deps)
    this.#owned.push(client)
    return client
  }

  /** The client of a configuration; throws when the configuration names no place. */
  clientFor(config: WebhookClientConfig): WebhookClient {
    const key = JSON.stringify([config.url, config.service?.namespace, config.service?.name, config.service?.port, config.service?.path, config.caBundle])
    const known = this.#kept.get(key)
    if (known !== undefined) {
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known
    }
    const place = placeOf(config)
    const client = new PooledClient(place, config.caBundle, this.#deps.credentialsFor?.(place.hostPort) ?? {}, this.#deps)
    this.#kept.set(key, client)
    if (this.#kept.size > maxKeptClients) { // WC6
      const [oldest, dropped] = this.#kept.entries().next().value!
      this.#kept.delete(oldest)
      dropped.retire()
    }
    return client
  }

  [Symbol.dispose](): void {
    for (const client of [...this.#kept.values(), ...this.#owned]) client.destroy()
    this.#kept.clear()
  }
}

interface Place {
  readonly url: URL
  /** The URL as failures name it: without a query, and for services with the port. */
  readonly shown: string
  readonly serverName: string
  /** With the port spelt out. */
  readonly hostPort: string
  dial(deps: WebhookClientsDeps, signal: AbortSignal): Promise<Socket>
}

/** WC1 */
function placeOf({ url: text, service }: WebhookClientConfig): Place {
  if (service !== undefined) {
    const port = service.port ?? 443
    const serverName = `${service.name}.${service.namespace}.svc`
    const url = new URL(`https://${serverName}:${port}`)
    url.pathname = service.path ?? '/'
    return { url, shown: `https://${serverName}:${port}${shownPath(url)}`, serverName, hostPort: `${serverName}:${port}`, dial: (deps, signal) => deps.services.dial({ namespace: service.namespace, name: service.name, port }, signal) }
  }
  if (text === undefined || text === '') throw new WebhookCallError('connection', 'webhook configuration must have either service or URL')
  if (!URL.canParse(text)) throw new WebhookCallError('connection', `Unparsable URL: ${text}`)
  const url = new URL(text)
  if (url.protocol !== 'https:') throw new WebhookCallError('connection', `Unparsable URL: ${text}: only https is allowed`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { url, shown: `https://${url.host}${shownPath(url)}`, serverName: host, hostPort: `${url.hostname}:${url.port === '' ? '443' : url.port}`, dial: (deps, signal) => (deps.direct ?? direct).dial({ host, port: url.port === '' ? 443 : Number(url.port) }, signal) }
}

function shownPath({ pathname }: URL): string {
  return pathname === '/' ? '' : pathname
}

const direct = createNodeDialer({ egress: 'direct' })

class PooledClient implements WebhookClient {
  readonly #place: Place
  readonly #agent: DialingAgent
  readonly #deps: WebhookClientsDeps
  readonly #credentials: WebhookCredentials

  constructor(place: Place, caBundle: string | undefined, credentials: WebhookCredentials, deps: WebhookClientsDeps) {
    this.#place = place
    this.#deps = deps
    this.#credentials = credentials
    const trust = trustOf(caBundle, credentials)
    this.#agent = new DialingAgent(signal => connectTo(place, trust, credentials, deps, signal))
  }

  get url(): string {
    return this.#place.shown
  }

  async post(call: WebhookCall): Promise<Buffer> {
    const query = new URLSearchParams({ ...Object.fromEntries(this.#place.url.searchParams), ...call.query }).toString()
    const url = query === '' ? this.#place.shown : `${this.#place.shown}?${query}`
    if (call.signal.aborted) throw cancelledFailure(url)
    const abort = new AbortController()
    const timer = this.#deps.clock.after(call.timeoutMs, () => { // WC5
      abort.abort(timeoutFailure(url))
    })
    const onCallerAbort = () => {
      abort.abort(cancelledFailure(url))
    }
    call.signal.addEventListener('abort', onCallerAbort, { once: true })
    try {
      if (callFault.rules !== undefined) await this.#meetFault(url, abort.signal)
      return await this.#exchange(url, query, call, abort.signal)
    } catch (error) {
      if (!abort.signal.aborted) throw error
      this.retire() // WC4
      throw abort.signal.reason
    } finally {
      timer[Symbol.dispose]()
      call.signal.removeEventListener('abort', onCallerAbort)
    }
  }

  async #meetFault(url: string, signal: AbortSignal): Promise<void> {
    const timedOut = new Promise<never>((_, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true }) })
    await Promise.race([callFault.meet({ host: this.#place.hostPort }).catch((error: unknown) => { throw connectionFailure(url, error) }), timedOut])
  }

  async #exchange(url: string, query: string, call: WebhookCall, signal: AbortSignal): Promise<Buffer> {
    for (let isRetry = false; ; isRetry = true) {
      const answer = await this.#ask(query, call, signal)
      if ('response' in answer) return await readAnswer(answer.response, call.maxAnswerBytes ?? defaultMaxAnswerBytes, url)
      if (!answer.reused || isRetry || signal.aborted) throw connectionFailure(url, answer.error)
    }
  }

  #ask(query: string, call: WebhookCall, signal: AbortSignal): Promise<{ response: IncomingMessage } | { error: unknown; reused: boolean }> {
    const { url } = this.#place
    const token = this.#credentials.token?.()
    return new Promise(resolve => {
      const asked = httpsRequest({
        agent: this.#agent,
        method: 'POST',
        host: url.host,
        path: `${url.pathname}${query === '' ? '' : `?${query}`}`,
        headers: {
          host: url.host,
          accept: 'application/json, */*',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(call.body),
          'user-agent': 'kube-apiserver-admission',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...call.headers,
        },
        signal,
      })
      asked.once('response', response => {
        resolve({ response })
      })
      asked.once('error', error => {
        resolve({ error, reused: asked.reusedSocket })
      })
      asked.end(call.body)
    })
  }

  /** Closes what lies idle; calls under way end by themselves. */
  retire(): void {
    this.#agent.retire()
  }

  destroy(): void {
    this.#agent.destroy()
  }
}

/** Dials as the place says, and speaks TLS over what it gets. */
async function connectTo(place: Place, trust: readonly string[] | undefined, credentials: WebhookCredentials, deps: WebhookClientsDeps, signal: AbortSignal): Promise<Socket> {
  const serverName = credentials.serverName ?? place.serverName
  return await secureSocket(await place.dial(deps, signal), {
    host: serverName,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(trust === undefined ? {} : { ca: [...trust] }),
    ...(credentials.clientCert === undefined ? {} : { cert: credentials.clientCert, key: credentials.clientKey }),
    rejectUnauthorized: credentials.insecureSkipVerify !== true,
    checkServerIdentity: checkIdentity,
    ALPNProtocols: ['http/1.1'],
  }, signal)
}

/** WC2 */
function checkIdentity(host: string, cert: PeerCertificate): Error | undefined {
  if ((cert.subjectaltname ?? '') === '') return Object.assign(new Error('no subject alternative names'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host, cert })
  return checkServerIdentity(host, cert)
}

function trustOf(caBundle: string | undefined, { ca }: WebhookCredentials): readonly string[] | undefined {
  const given = [...(ca === undefined ? [] : [ca]), ...(caBundle === undefined || caBundle === '' ? [] : [Buffer.from(caBundle, 'base64').toString('utf8')])]
  return given.length === 0 ? undefined : given
}

async function readAnswer(response: IncomingMessage, maxBytes: number, url: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new WebhookCallError('too-large', `Post ${JSON.stringify(url)}: the answer is larger than ${maxBytes} bytes`, response.statusCode) // WC3
      chunks.push(chunk)
    }
  } catch (error) {
    response.destroy()
    if (error instanceof WebhookCallError) throw error
    throw new WebhookCallError('connection', `unexpected error when reading response body. Please retry. Original error: ${error instanceof Error ? error.message : String(error)}`)
  }
  const body = Buffer.concat(chunks)
  const code = response.statusCode ?? 0
  if (code < 200 || code > 206) throw answerFailure(code, response.headers['content-type'] ?? '', body) // WC3
  return body
}
