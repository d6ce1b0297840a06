/**
 * Tokens of outside issuers: OpenID Connect ID tokens and other JWTs. Upstream: plugin/pkg/authenticator/token/oidc.
 *
 *   JA1  A token of another issuer is not ours; one of ours that does not hold says why.
 *   JA2  The audience must be one of those configured, the token neither over (exp is needed) nor, by more than five
 *        minutes, before its time.
 *   JA3  Only the algorithms allowed are looked at; never none, never a shared secret.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { JWTPayload } from 'jose'
import type { Clock } from '../../../base/clock.ts'
import type { DistributedClaims } from './distributed-claims.ts'
import { userOfClaims } from './jwt-claims.ts'
import type { Claims, ClaimRules } from './jwt-claims.ts'
import { goList } from './service-account-tokens.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { TokenRefusal } from './token-authenticator.ts'

export const signingAlgorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const

export interface JwtIssuer {
  readonly url: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  readonly rules: ClaimRules
}

export interface KeyChecker {
  verify(token: string, header: { readonly kid?: string; readonly alg?: string }): Promise<JWTPayload>
}

const earlySeconds = 300

export function jwtTokens(issuer: JwtIssuer, keys: KeyChecker, clock: Clock, elsewhere?: Pick<DistributedClaims, 'expand'>): TokenAuthenticator {
  return {
    async authenticate(token) {
      if (issuerOf(token) !== issuer.url) return undefined // JA1
      const claims = await verifiedClaims(token, issuer, keys, clock)
      return { user: userOfClaims(elsewhere === undefined ? claims : await elsewhere.expand(claims), issuer.rules) }
    },
  }
}

/** The claims of a token of that issuer (JA2, JA3). Throws a TokenRefusal. */
export async function verifiedClaims(token: string, issuer: Pick<JwtIssuer, 'algorithms' | 'audiences'>, keys: KeyChecker, clock: Clock): Promise<Claims> {
  const header = headerOf(token)
  if (header === undefined) throw new TokenRefusal('oidc: verify token: oidc: malformed jwt')
  if (!issuer.algorithms.includes(header.alg ?? '')) throw new TokenRefusal(`oidc: verify token: id token signed with unsupported algorithm, expected ${goList(issuer.algorithms)} got ${JSON.stringify(header.alg ?? '')}`) // JA3
  const claims = await keys.verify(token, header)
  checkClaims(claims, issuer, clock.now() / 1000)
  return claims as Claims
}

/** Who a token says has made it; nothing is proved yet. */
export function issuerOf(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token)
    return iss === 'accounts.google.com' ? 'https://accounts.google.com' : iss
  } catch {
    return undefined
  }
}

function headerOf(token: string): { kid?: string; alg?: string } | undefined {
  try {
    const { kid, alg } = decodeProtectedHeader(token)
    return { ...(kid === undefined ? {} : { kid }), ...(alg === undefined ? {} : { alg }) }
  } catch {
    return undefined
  }
}

/** JA2 */
function checkClaims({ aud, exp, nbf }: JWTPayload, { audiences }: Pick<JwtIssuer, 'audiences'>, nowSeconds: number): void {
  const given = aud === undefined ? [] : Array.isArray(aud) ? aud : [aud]
  if (!given.some(audience => audiences.includes(audience))) throw new TokenRefusal(`oidc: verify token: oidc: expected audience in ${goList(audiences)} got ${goList(given)}`)
  if (typeof exp !== 'number' || exp < nowSeconds) throw new TokenRefusal('oidc: verify token: oidc: token is expired')
  if (typeof nbf === 'number' && nbf > nowSeconds + earlySeconds) throw new TokenRefusal('oidc: verify token: oidc: current time before the nbf (not before) time')
}
