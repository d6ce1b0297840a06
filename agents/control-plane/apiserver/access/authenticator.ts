/**
 * Who is asking. Credentials are tried in upstream's order: front proxy, client certificate, bearer token, and a token
 * inside a WebSocket subprotocol; nothing at all means anonymous, where that is allowed.
 *
 *   AU1  Credentials that are given but do not hold are refused, unless others of the same request do; they never make
 *        anybody anonymous.
 *   AU2  Everybody who is known belongs to system:authenticated.
 *   AU3  A token in a subprotocol comes with another subprotocol, alone and in base64url; it is taken off the list before
 *        anybody else sees the request.
 *   AU4  "Bearer" and its token are separated by one blank; anything else in Authorization is no credential.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Exchange } from '../http/exchange.ts'
import type { CertificateVerifier } from './client-certificates.ts'
import { hasCertificate } from './client-certificates.ts'
import type { FrontProxy } from './front-proxy.ts'
import { invalidBearerToken } from './token-authenticator.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { anonymous, authenticatedGroup, unauthenticatedGroup } from './user-info.ts'
import type { UserInfo } from './user-info.ts'

export type Authentication =
  | { readonly verdict: 'known'; readonly user: UserInfo }
  | { readonly verdict: 'refused'; readonly reason: string }
  | { readonly verdict: 'unknown' }

export interface Authenticator {
  authenticate(exchange: Exchange): Authentication | Promise<Authentication>
}

export interface AuthenticatorOptions {
  readonly clients: CertificateVerifier | undefined
  readonly frontProxy: FrontProxy | undefined
  readonly tokens: TokenAuthenticator
  /** Told of every request that a client certificate names: how long that still holds, in seconds. */
  readonly certificateLeft: { observe(seconds: number): void }
  readonly clock: Pick<Clock, 'now'>
}

const bearerProtocol = 'base64url.bearer.authorization.k8s.io.'

export function createAuthenticator({ clients, frontProxy, tokens, certificateLeft, clock }: AuthenticatorOptions): Authenticator {
  return {
    authenticate(exchange) {
      const proxied = frontProxy?.userOf(exchange)
      if (proxied !== undefined) return known(proxied)
      const peer = clients?.peerOf(exchange.socket)
      if (peer?.user !== undefined) {
        certificateLeft.observe((peer.expiresMs - clock.now()) / 1_000)
        return known(peer.user)
      }
      const given = readToken(exchange)
      if (given.error !== undefined) return { verdict: 'refused', reason: given.error }
      if (given.token !== undefined) return byToken(given.token, exchange, tokens)
      const hasBadCertificate = peer === undefined && clients !== undefined && hasCertificate(exchange.socket)
      return hasBadCertificate ? { verdict: 'refused', reason: 'verifying certificate failed' } : { verdict: 'unknown' } // AU1
    },
  }
}

async function byToken(token: string, exchange: Exchange, tokens: TokenAuthenticator): Promise<Authentication> {
  try {
    const found = await tokens.authenticate(token, undefined, exchange)
    return found === undefined ? { verdict: 'refused', reason: invalidBearerToken } : known(found.user)
  } catch (error) {
    return { verdict: 'refused', reason: error instanceof Error ? error.message : String(error) }
  }
}

function known(user: UserInfo): Authentication {
  return { verdict: 'known', user: withAuthenticated(user) }
}

/** AU2, and not twice; whoever a proxy calls unauthenticated stays so. */
export function withAuthenticated(user: UserInfo): UserInfo {
  return user.name === anonymous.name || user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup) ? user : { ...user, groups: [...user.groups, authenticatedGroup] }
}

interface GivenToken {
  readonly token?: string
  readonly error?: string
}

function readToken(exchange: Exchange): GivenToken {
  const header = exchange.headerLines('authorization')[0]?.trim() ?? ''
  if (header !== '') {
    const [scheme, token, ...more] = header.split(' ')
    if (scheme!.toLowerCase() === 'bearer' && token !== undefined && token !== '') return { token }
    if (scheme!.toLowerCase() === 'bearer' && token === '' && more.length > 0) exchange.warn('the provided Authorization header contains extra space before the bearer token, and is ignored') // AU4
  }
  return readProtocolToken(exchange)
}

/** AU3 */
function readProtocolToken(exchange: Exchange): GivenToken {
  const offered = exchange.headerLines('sec-websocket-protocol').flatMap(line => line.split(',').map(protocol => protocol.trim())).filter(protocol => protocol !== '')
  const carriers = offered.filter(protocol => protocol.startsWith(bearerProtocol))
  if (carriers.length === 0 || !isWebSocket(exchange)) return {}
  if (carriers.length > 1) return { error: 'multiple base64.bearer.authorization tokens specified' }
  const rest = offered.filter(protocol => !protocol.startsWith(bearerProtocol))
  if (rest.length === 0) return { error: 'missing additional subprotocol' }
  const encoded = carriers[0]!.slice(bearerProtocol.length)
  const token = Buffer.from(encoded, 'base64url').toString('utf8')
  exchange.replaceHeader('sec-websocket-protocol', rest.join(','))
  return /^[\w-]+$/.test(encoded) && Buffer.from(token).toString('base64url') === encoded ? { token } : { error: 'invalid base64.bearer.authorization token encoding' }
}

function isWebSocket(exchange: Exchange): boolean {
  return exchange.header('upgrade')?.toLowerCase() === 'websocket' && /(^|[\s,])upgrade([\s,]|$)/i.test(exchange.header('connection') ?? '')
}
