/**
 * The keys of an outside issuer of tokens, found by its discovery document. Nothing is asked before an issuer has been
 * configured, and then only that issuer.
 *
 *   IK1  Discovery is tried at once and then every ten seconds until it succeeds; tokens are refused until then.
 *   IK2  Keys are kept; a token that none of them has signed makes them be read again, at most once a second however many
 *        such tokens come.
 *   IK3  The document must name the issuer that was configured, and a place for keys.
 */
import { compactVerify, importJWK } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import { isFields, listAt, textAt } from '../registry/kube-object.ts'
import { askIssuer } from './ask-issuer.ts'
import type { IssuerRoute } from './ask-issuer.ts'
import { TokenRefusal } from './token-authenticator.ts'
import { parseAnswer } from '../webhooks/parse-answer.ts'

export interface IssuerPlace extends IssuerRoute {
  readonly url: string
  /** '' is the well-known place under the URL. */
  readonly discoveryUrl: string
}

export interface IssuerDeps {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

type Key = { readonly id: string | undefined; readonly algorithm: string | undefined; readonly key: CryptoKey | Uint8Array }

const retryMs = 10_000
const refreshMs = 1_000

export class IssuerKeys {
  readonly #place: IssuerPlace
  readonly #deps: IssuerDeps
  #keysUrl: string | undefined
  #keys: readonly Key[] = []
  #readMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined
  /** Why the issuer cannot be used yet. */
  problem: string | undefined

  constructor(place: IssuerPlace, deps: IssuerDeps) {
    this.#place = place
    this.#deps = deps
    this.problem = `oidc: authenticator for issuer ${JSON.stringify(place.url)} is not initialized`
    void this.#discover()
  }

  async verify(token: string, header: { readonly kid?: string; readonly alg?: string }): Promise<JWTPayload> {
    if (this.#keysUrl === undefined) throw new TokenRefusal('oidc: authenticator not initialized')
    const found = await this.#tryKeys(token, header)
    if (found !== undefined) return found
    if (this.#deps.clock.monotonic() - this.#readMs >= refreshMs) { // IK2
      await this.#readKeys()
      const again = await this.#tryKeys(token, header)
      if (again !== undefined) return again
    }
    throw new TokenRefusal('oidc: verify token: failed to verify signature: failed to verify id token signature')
  }

  async #tryKeys(token: string, { kid, alg }: { readonly kid?: string; readonly alg?: string }): Promise<JWTPayload | undefined> {
    for (const { id, algorithm, key } of this.#keys) {
      if ((kid !== undefined && kid !== '' && id !== kid) || (algorithm !== undefined && algorithm !== alg)) continue
      try {
        const { payload } = await compactVerify(token, key, { algorithms: [alg!] })
        return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload
      } catch {
        // another key may have made it
      }
    }
    return undefined
  }

  /** IK1 */
  async #discover(): Promise<void> {
    const { signal, clock, log } = this.#deps
    while (!signal.aborted && this.#keysUrl === undefined) {
      try {
        const { url, discoveryUrl } = this.#place
        const document = await this.#fetch(discoveryUrl === '' ? `${url.replace(/\/$/, '')}/.well-known/openid-configuration` : discoveryUrl)
        if (textAt(document, 'issuer') !== url) throw new Error(`oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(url)} got ${JSON.stringify(textAt(document, 'issuer'))}`) // IK3
        const keysUrl = textAt(document, 'jwks_uri')
        if (keysUrl === '') throw new Error('provider did not return JWKS URL')
        this.#keysUrl = keysUrl
        await this.#readKeys()
        this.problem = undefined
        log.info('issuer of tokens found', { issuer: url })
        return
      } catch (error) {
        this.#keysUrl = undefined
        this.problem = errorText(error)
        if (!signal.aborted) log.warn('issuer of tokens cannot be used', { issuer: this.#place.url, error: errorText(error) })
      }
      await sleep(clock, retryMs, signal).catch(() => {})
    }
  }

  #readKeys(): Promise<void> {
    this.#reading ??= this.#readKeysOnce().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readKeysOnce(): Promise<void> {
    this.#readMs = this.#deps.clock.monotonic()
    let set: unknown
    try {
      set = await this.#fetch(this.#keysUrl!)
    } catch (error) {
      throw new TokenRefusal(`oidc: verify token: fetching keys ${errorText(error)}`)
    }
    const keys: Key[] = []
    for (const jwk of listAt(set, 'keys')) {
      if (!isFields(jwk) || (jwk['use'] !== undefined && jwk['use'] !== 'sig') || jwk['kty'] === 'oct') continue
      const algorithm = typeof jwk['alg'] === 'string' ? jwk['alg'] : undefined
      const key = await importJWK(jwk as JWK, algorithm ?? defaultAlgorithm(jwk)).catch(() => undefined)
      if (key !== undefined) keys.push({ id: typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined, algorithm, key })
    }
    this.#keys = keys
  }

  async #fetch(url: string): Promise<unknown> {
    return await parseAnswer(await askIssuer(url, this.#place, this.#deps.signal, { accept: 'application/json' }))
  }
}

function defaultAlgorithm(jwk: Readonly<Record<string, unknown>>): string {
  return { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[String(jwk['crv'])] ?? 'RS256'
}
