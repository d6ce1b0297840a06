/**
 * Who a client certificate names. TLS asks for one and accepts any; whether it counts is decided here.
 * Upstream: apiserver/pkg/authentication/request/x509.
 *
 *   XC1  A certificate counts for a set of authorities only if its chain, as sent, ends in one of that very set: an
 *        authority of front proxies makes no users, and one of users no front proxies.
 *   XC2  The last common name is the user, every organization a group, 1.3.6.1.4.1.57683.2 the uid; without a common name
 *        it names nobody.
 *   XC3  What a connection's certificate amounts to is found once, until authorities are read anew; its dates are looked
 *        at with every request.
 *   XC4  A certificate with extended usages must be meant for clients.
 */
import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../../base/clock.ts'
import { oids, subjectOfCertificate, valuesOf } from './distinguished-name.ts'
import type { UserInfo } from './user-info.ts'

export interface Authorities {
  /** Grows when the set is read anew. */
  readonly generation: number
  readonly certificates: readonly X509Certificate[]
}

export interface PeerCertificate {
  readonly commonName: string
  readonly user: UserInfo | undefined
  readonly expiresMs: number
}

const clientAuth = '1.3.6.1.5.5.7.3.2'
const anyUsage = '2.5.29.37.0'
const longestChain = 8

/** Looks at certificates against one set of authorities. */
export class CertificateVerifier {
  readonly #authorities: () => Authorities
  readonly #clock: Clock
  readonly #known = new WeakMap<TLSSocket, { readonly generation: number; readonly peer: PeerCertificate | undefined }>()

  constructor(authorities: () => Authorities, clock: Clock) {
    this.#authorities = authorities
    this.#clock = clock
  }

  /** Undefined when there is no certificate, or none that counts here (XC1). */
  peerOf(socket: TLSSocket): PeerCertificate | undefined {
    const authorities = this.#authorities()
    let known = this.#known.get(socket)
    if (known?.generation !== authorities.generation) {
      known = { generation: authorities.generation, peer: examine(socket, authorities) }
      this.#known.set(socket, known) // XC3
    }
    return known.peer !== undefined && known.peer.expiresMs > this.#clock.now() ? known.peer : undefined
  }
}

export function hasCertificate(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate?.() !== undefined
}

function examine(socket: TLSSocket, { certificates }: Authorities): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate === undefined || !socket.authorized || !isForClients(certificate) || !leadsTo(certificate, certificates)) return undefined
  const subject = subjectOfCertificate(certificate.raw)
  const commonName = valuesOf(subject, oids.commonName).at(-1) ?? ''
  const expiresMs = Date.parse(certificate.validTo)
  if (commonName === '') return { commonName, user: undefined, expiresMs } // XC2
  const user: UserInfo = {
    name: commonName,
    uid: valuesOf(subject, oids.uid)[0] ?? '',
    groups: valuesOf(subject, oids.organization),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`] },
  }
  return { commonName, user, expiresMs }
}

/** XC4 */
function isForClients(certificate: X509Certificate): boolean {
  const usages = certificate.keyUsage as readonly string[] | undefined
  return usages === undefined || usages.length === 0 || usages.includes(clientAuth) || usages.includes(anyUsage)
}

/** XC1. TLS has checked dates and constraints of the chain; here only which end it has. */
function leadsTo(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let current = leaf
  for (let depth = 0; depth < longestChain; depth++) {
    if (authorities.some(authority => isIssuedBy(current, authority))) return true
    const issuer = current.issuerCertificate
    if (issuer === undefined || issuer.fingerprint256 === current.fingerprint256 || !issuer.ca || !isIssuedBy(current, issuer)) return false
    current = issuer
  }
  return false
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

export function readAuthorities(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(text => new X509Certificate(text))
}
