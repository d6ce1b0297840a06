/**
 * Who may use a kubelet's port.
 *
 *   AC1  /healthz is open. All else needs an identity: a client certificate of the cluster's CA, or a bearer token that the
 *        API server vouches for (TokenReview).
 *   AC2  Members of system:masters may do all; for others the API server is asked (SubjectAccessReview on nodes/<what>).
 *   AC3  Answers are remembered: a token for 2 minutes, a permission for 5 minutes, a refusal for 30 s.
 *   AC4  When the API server cannot be asked, the answer is no.
 */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { subjectAccessReviews, tokenReviews } from '../api/resources.ts'
import type { Clock } from '../base/clock.ts'
import type { Client } from '../machinery/client.ts'

export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
}

export type AccessVerdict = { readonly allowed: true; readonly identity: Identity | undefined } | { readonly allowed: false; readonly status: 401 | 403; readonly message: string }

const verbs: Readonly<Record<string, string>> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** The nodes subresource that a path stands for. Upstream: kubelet/server/auth.go. */
export function subresourceOf(path: string): string {
  if (path.startsWith('/stats')) return 'stats'
  if (path.startsWith('/metrics')) return 'metrics'
  if (path.startsWith('/logs')) return 'log'
  if (path.startsWith('/checkpoint')) return 'checkpoint'
  return 'proxy'
}

export class KubeletAccess {
  readonly #client: Client
  readonly #clock: Clock
  readonly #tokens = new Map<string, { identity: Identity | undefined; untilMs: number }>()
  readonly #permissions = new Map<string, { allowed: boolean; untilMs: number }>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async check(request: IncomingMessage, path: string, nodeName: string): Promise<AccessVerdict> {
    if (path === '/healthz' || path.startsWith('/healthz/')) return { allowed: true, identity: undefined } // AC1
    const identity = certificateIdentity(request.socket as TLSSocket) ?? (await this.#tokenIdentity(request.headers.authorization))
    if (identity === undefined) return { allowed: false, status: 401, message: 'Unauthorized' }
    if (identity.groups.includes('system:masters')) return { allowed: true, identity } // AC2
    const verb = verbs[request.method ?? 'GET'] ?? 'get'
    const subresource = subresourceOf(path)
    if (await this.#isPermitted(identity, verb, subresource, nodeName)) return { allowed: true, identity }
    return { allowed: false, status: 403, message: `Forbidden (user=${identity.user}, verb=${verb}, resource=nodes, subresource=${subresource})` }
  }

  async #tokenIdentity(header: string | undefined): Promise<Identity | undefined> {
    const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1]
    if (token === undefined) return undefined
    const nowMs = this.#clock.monotonic()
    const known = this.#tokens.get(token)
    if (known !== undefined && nowMs < known.untilMs) return known.identity
    try {
      const { status } = await this.#client.create(tokenReviews, { metadata: {}, spec: { token } })
      const user = status?.authenticated === true ? status.user : undefined
      const identity = user === undefined ? undefined : { user: user.username ?? '', groups: user.groups ?? [] }
      remember(this.#tokens, token, { identity, untilMs: nowMs + (identity === undefined ? 10_000 : 120_000) })
      return identity
    } catch {
      return undefined // AC4
    }
  }

  async #isPermitted(identity: Identity, verb: string, subresource: string, nodeName: string): Promise<boolean> {
    const key = JSON.stringify([identity, verb, subresource, nodeName])
    const nowMs = this.#clock.monotonic()
    const known = this.#permissions.get(key)
    if (known !== undefined && nowMs < known.untilMs) return known.allowed
    try {
      const { status } = await this.#client.create(subjectAccessReviews, {
        metadata: {},
        spec: { user: identity.user, groups: [...identity.groups], resourceAttributes: { verb, group: '', version: 'v1', resource: 'nodes', subresource, name: nodeName } },
      })
      const allowed = status?.allowed === true
      remember(this.#permissions, key, { allowed, untilMs: nowMs + (allowed ? 300_000 : 30_000) }) // AC3
      return allowed
    } catch {
      return false
    }
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= 1_000) map.delete(map.keys().next().value!)
  map.set(key, value)
}

function certificateIdentity(socket: TLSSocket): Identity | undefined {
  if (socket.authorized !== true) return undefined
  const subject = socket.getPeerCertificate().subject as Readonly<Record<string, string | string[] | undefined>> | undefined
  if (subject === undefined) return undefined
  const list = (value: string | string[] | undefined) => (value === undefined ? [] : Array.isArray(value) ? value : [value])
  return { user: list(subject['CN'])[0] ?? '', groups: list(subject['O']) }
}
