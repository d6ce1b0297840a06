/**
 * Whether a request comes from an API server: its client certificate is signed by the front proxies' CA, is valid now and,
 * where names are given, has one of them. What such a server hands on it has authenticated and authorized.
 */
import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'

export function frontProxyCheck(caPem: string, allowedNames: readonly string[], now: () => number): (socket: TLSSocket) => boolean {
  const authorities = [...caPem.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)].map(([pem]) => new X509Certificate(pem))
  return socket => {
    const peer = socket.getPeerX509Certificate()
    if (peer === undefined || !authorities.some(authority => peer.checkIssued(authority) && peer.verify(authority.publicKey))) return false
    if (now() < Date.parse(peer.validFrom) || now() > Date.parse(peer.validTo)) return false
    const name = /^CN=(.*)$/m.exec(peer.subject)?.[1] ?? ''
    return allowedNames.length === 0 || allowedNames.includes(name)
  }
}
