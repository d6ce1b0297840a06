/**
 * Who is asking. Credentials are tried in upstream's order: front proxy, client certificate, bearer token, and a token
 * inside a WebSocket subprotocol; nothing at all means anonymous.
 *
 *   AU1  Credentials that are given but do not hold are refused; they never fall back to anonymous.
 *   AU2  CN is the user, every O a group; only certificates issued by the client CA count, found once a connection.
 *   AU3  Everybody who is known belongs to system:authenticated.
 *   AU4  Front-proxy headers count only over a certificate of the front-proxy CA with an allowed name.
 */
import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Exchange } from '../http/exchange.ts'
import { authenticatedGroup } from './user-info.ts'
import type { UserInfo } from './user-info.ts'

export type Authentication = { readonly verdict: 'known'; readonly user: UserInfo } | { readonly verdict: 'refused' } | { readonly verdict: 'unknown' }

export interface Authenticator {
  authenticate(exchange: Exchange): Authentication | Promise<Authentication>
}

/** One kind of bearer token; undefined when the token is not of this kind. */
export interface TokenAuthenticator {
  authenticate(token: string, audiences?: readonly string[]): Promise<{ user: UserInfo; audiences?: readonly string[] } | undefined>
}

export interface AuthenticatorOptions {
  readonly clientCa: readonly X509Certificate[]
  readonly frontProxy?: {
    readonly ca: readonly X509Certificate[]
    readonly allowedNames: readonly string[]
    readonly userHeaders: readonly string[]
    readonly groupHeaders: readonly string[]
    readonly extraPrefixes: readonly string[]
  }
  readonly tokens: readonly TokenAuthenticator[]
}

interface PeerIdentity {
  readonly user: UserInfo | undefined
  readonly frontProxyName: string | undefined
}

const bearerProtocol = 'base64url.bearer.authorization.k8s.io.'

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const peers = new WeakMap<TLSSocket, PeerIdentity>()
  const peerOf = (socket: TLSSocket): PeerIdentity => {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const found = identify(socket, options)
    peers.set(socket, found)
    return found
  }
  return {
    async authenticate(exchange) {
      const peer = peerOf(exchange.socket)
      if (peer.frontProxyName !== undefined) {
        const user = fromHeaders(exchange, options)
        if (user !== undefined) return { verdict: 'known', user }
      }
      if (peer.user !== undefined) return { verdict: 'known', user: peer.user }
      const token = bearerToken(exchange)
      if (token === undefined) return { verdict: 'unknown' }
      for (const kind of options.tokens) {
        const found = await kind.authenticate(token)
        if (found !== undefined) return { verdict: 'known', user: withAuthenticated(found.user) }
      }
      return { verdict: 'refused' } // AU1
    },
  }
}

export function withAuthenticated(user: UserInfo): UserInfo {
  return user.groups.includes(authenticatedGroup) ? user : { ...user, groups: [...user.groups, authenticatedGroup] } // AU3
}

function identify(socket: TLSSocket, options: AuthenticatorOptions): PeerIdentity {
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate === undefined || !socket.authorized) return { user: undefined, frontProxyName: undefined }
  const { CN, O } = certificate.toLegacyObject().subject as { CN?: string | string[]; O?: string | string[] }
  const name = Array.isArray(CN) ? CN.at(-1) : CN
  const proxy = options.frontProxy
  const isFrontProxy = proxy !== undefined && isIssuedBy(certificate, proxy.ca) && name !== undefined && (proxy.allowedNames.length === 0 || proxy.allowedNames.includes(name)) // AU4
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O]
  const isClient = name !== undefined && name !== '' && isIssuedBy(certificate, options.clientCa) // AU2
  return {
    user: isClient ? withAuthenticated({ name, uid: '', groups, extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`] } }) : undefined,
    frontProxyName: isFrontProxy ? name : undefined,
  }
}

function isIssuedBy(certificate: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  return authorities.some(authority => certificate.checkIssued(authority) && certificate.verify(authority.publicKey))
}

function fromHeaders(exchange: Exchange, options: AuthenticatorOptions): UserInfo | undefined {
  const proxy = options.frontProxy!
  const name = proxy.userHeaders.map(header => exchange.header(header.toLowerCase())).find(value => value !== undefined && value !== '')
  if (name === undefined) return undefined
  const groups = proxy.groupHeaders.flatMap(header => (exchange.header(header.toLowerCase()) ?? '').split(/,\s*/).filter(group => group !== ''))
  const extra: Record<string, string[]> = {}
  for (const [header, value] of Object.entries(exchange.request.headers)) {
    const prefix = proxy.extraPrefixes.find(candidate => header.startsWith(candidate.toLowerCase()))
    if (prefix !== undefined && value !== undefined) extra[decodeURIComponent(header.slice(prefix.length))] = String(value).split(/,\s*/)
  }
  return withAuthenticated({ name, uid: exchange.header('x-remote-uid') ?? '', groups, extra })
}

function bearerToken(exchange: Exchange): string | undefined {
  const header = exchange.header('authorization')
  const found = header === undefined ? null : /^Bearer\s+(\S+)\s*$/i.exec(header)
  if (found !== null) return found[1]
  const protocols = (exchange.header('sec-websocket-protocol') ?? '').split(',').map(protocol => protocol.trim())
  const carrier = protocols.find(protocol => protocol.startsWith(bearerProtocol))
  if (carrier === undefined) return undefined
  exchange.request.headers['sec-websocket-protocol'] = protocols.filter(protocol => protocol !== carrier).join(', ')
  return Buffer.from(carrier.slice(bearerProtocol.length), 'base64url').toString('utf8')
}

export function readAuthorities(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(text => new X509Certificate(text))
}
