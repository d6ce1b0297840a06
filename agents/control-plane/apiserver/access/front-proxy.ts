/**
 * A front proxy has authenticated somebody and says so in headers. Upstream: authentication/request/headerrequest.
 *
 *   FP1  Headers count only over a certificate of the front proxies' authorities whose common name is allowed (any, if
 *        none is listed).
 *   FP2  Names are tried in their order; the first user header with a value names the user. Without one, the next way of
 *        authentication is tried.
 *   FP3  The headers are taken off every request, so that nothing further in, and no extension server, can be told by them.
 */
import type { Exchange } from '../http/exchange.ts'
import type { CertificateVerifier } from './client-certificates.ts'
import type { UserInfo } from './user-info.ts'

export interface FrontProxyNames {
  readonly allowedNames: readonly string[]
  readonly userHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  readonly groupHeaders: readonly string[]
  readonly extraPrefixes: readonly string[]
}

export class FrontProxy {
  readonly #names: FrontProxyNames
  readonly #verifier: CertificateVerifier

  constructor(names: FrontProxyNames, verifier: CertificateVerifier) {
    const lower = (list: readonly string[]) => list.map(name => name.toLowerCase())
    this.#names = { allowedNames: names.allowedNames, userHeaders: lower(names.userHeaders), uidHeaders: lower(names.uidHeaders), groupHeaders: lower(names.groupHeaders), extraPrefixes: lower(names.extraPrefixes) }
    this.#verifier = verifier
  }

  userOf(exchange: Exchange): UserInfo | undefined {
    const peer = this.#verifier.peerOf(exchange.socket)
    const { allowedNames, userHeaders, uidHeaders, groupHeaders } = this.#names
    if (peer === undefined || (allowedNames.length > 0 && !allowedNames.includes(peer.commonName))) return undefined // FP1
    const first = (headers: readonly string[]) => headers.map(header => exchange.headerLines(header)[0] ?? '').find(value => value !== '') ?? ''
    const name = first(userHeaders)
    if (name === '') return undefined // FP2
    return { name, uid: first(uidHeaders), groups: groupHeaders.flatMap(header => exchange.headerLines(header)), extra: this.#extraOf(exchange) }
  }

  /** FP3 */
  takeHeadersOff(exchange: Exchange): void {
    const { userHeaders, uidHeaders, groupHeaders, extraPrefixes } = this.#names
    for (const header of [...userHeaders, ...uidHeaders, ...groupHeaders]) exchange.removeHeader(header)
    for (const header of Object.keys(exchange.request.headers)) if (extraPrefixes.some(prefix => header.startsWith(prefix))) exchange.removeHeader(header)
  }

  #extraOf(exchange: Exchange): Record<string, string[]> {
    const extra = new Map<string, string[]>()
    for (const header of Object.keys(exchange.request.headers)) {
      const prefix = this.#names.extraPrefixes.find(candidate => header.startsWith(candidate))
      if (prefix === undefined) continue
      const key = decodedKey(header.slice(prefix.length))
      extra.set(key, [...(extra.get(key) ?? []), ...exchange.headerLines(header)])
    }
    return Object.fromEntries(extra)
  }
}

/** Keys of extras are percent-encoded in header names; one that is not stays as it is. */
export function decodedKey(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
