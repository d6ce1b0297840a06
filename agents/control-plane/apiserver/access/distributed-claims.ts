/**
 * Claims that a token does not hold but says where to ask for. Upstream: apiserver/plugin/pkg/authenticator/token/oidc.
 * OpenID Connect Core 1.0, section 5.6.2:
 *
 *   { "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": "https://…", "access_token": "…" } } }
 *
 *   DC1  Only the claim for groups is looked for, and only where the token itself lacks it.
 *   DC2  What the endpoint answers is a token, which counts only if its own issuer has signed it, for an audience of ours and
 *        within its time; that issuer's keys are found as the first one's are.
 *   DC3  A source that holds its claims itself (aggregated claims) is not followed.
 */
import { isFields, textAt } from '../registry/kube-object.ts'
import { errorText } from '../../../base/log.ts'
import type { Claims } from './jwt-claims.ts'
import { TokenRefusal } from './token-authenticator.ts'

export interface DistributedClaimsDeps {
  /** The name of the claim for groups. */
  readonly claim: string
  /** Asks an endpoint; '' is no access token. */
  readonly ask: (endpoint: string, accessToken: string) => Promise<string>
  /** The claims of a token, once they are proved (DC2). */
  readonly verify: (token: string) => Promise<Claims>
}

export class DistributedClaims {
  readonly #deps: DistributedClaimsDeps

  constructor(deps: DistributedClaimsDeps) {
    this.#deps = deps
  }

  /** The claims with the one that was elsewhere. Throws a TokenRefusal. */
  async expand(claims: Claims): Promise<Claims> {
    const { claim, ask, verify } = this.#deps
    try {
      const source = sourceOf(claims, claim)
      if (source === undefined) return claims
      const token = await ask(source.endpoint, source.accessToken).catch((error: unknown) => { throw new Error(`while getting distributed claim ${JSON.stringify(claim)}: ${errorText(error)}`) })
      const found = (await verify(token))[claim]
      if (found === undefined) throw new Error(`jwt returned by distributed claim endpoint ${JSON.stringify(source.endpoint)} did not contain claim: ${claim}`)
      return { ...claims, [claim]: found }
    } catch (error) {
      throw new TokenRefusal(`oidc: could not expand distributed claims: ${errorText(error)}`)
    }
  }
}

/** DC1, DC3 */
function sourceOf(claims: Claims, claim: string): { readonly endpoint: string; readonly accessToken: string } | undefined {
  const names = claims['_claim_names']
  if (claims[claim] !== undefined || names === undefined) return undefined
  if (!isFields(names)) throw new Error('oidc: error parsing distributed claim names')
  const sources = claims['_claim_sources']
  if (sources === undefined) throw new Error('oidc: no claim sources')
  if (!isFields(sources)) throw new Error('oidc: could not parse claim sources')
  const name = names[claim]
  if (typeof name !== 'string') return undefined
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  if (source === undefined) throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`)
  const endpoint = textAt(source, 'endpoint')
  return endpoint === '' ? undefined : { endpoint, accessToken: textAt(source, 'access_token') }
}
