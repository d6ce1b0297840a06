/**
 * Tokens that are known to others: issuers of JWTs from flags or a configuration file, and a webhook.
 *
 *   OT1  Only what is configured is ever asked.
 *   OT2  A configuration file that changes is read anew; issuers that stay the same keep their keys, others are left. One
 *        that cannot be used leaves everything as it is.
 *   OT3  "cluster" reaches an issuer the way nodes are reached, "controlplane" the way that the egress configuration names so;
 *        without one it is refused.
 *   OT4  Issuers that tokens name as sources of claims are few, and go with the one whose tokens named them.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { AnonymousRule } from '../filters/authentication.ts'
import type { NodeDialer } from '../proxy/node-dialer.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import type { AccessOptions, OpenIdFlags } from './access-options.ts'
import { readAuthenticationConfig } from './authentication-config.ts'
import type { ConfiguredIssuer } from './authentication-config.ts'
import { askIssuer } from './ask-issuer.ts'
import type { IssuerRoute } from './ask-issuer.ts'
import { DistributedClaims } from './distributed-claims.ts'
import { IssuerKeys } from './issuer-keys.ts'
import { issuerOf, jwtTokens, verifiedClaims } from './jwt-authenticator.ts'
import { clientOfKubeconfig } from './remote-endpoint.ts'
import { anyTokenAuthenticator, rememberedTokens } from './token-authenticator.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { readNamedFile, watchFiles } from './watched-file.ts'
import { webhookTokens } from './webhook-tokens.ts'

export interface OutsideDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  readonly webhooks: WebhookClients
  readonly dialer: NodeDialer
  /** To what stands beside the control plane; absent where the egress configuration names no way there. */
  readonly controlPlaneDialer: Pick<NodeDialer, 'dial'> | undefined
}

export interface OutsideTokens {
  readonly kinds: readonly TokenAuthenticator[]
  readonly anonymous: () => AnonymousRule | undefined
  /** Why some issuer cannot be used yet. */
  readonly problem: () => string | undefined
}

const rememberedMs = 10_000
const mostNamed = 16

export function createOutsideTokens(options: AccessOptions, deps: OutsideDeps): OutsideTokens {
  const issuers = new Issuers(deps)
  let anonymous: AnonymousRule | undefined
  const file = options.authenticationConfig
  if (options.openId !== undefined) issuers.use([issuerOfFlags(options.openId)])
  if (file !== '') {
    const read = () => {
      const config = readAuthenticationConfig(readNamedFile(file), file, options.serviceAccounts?.issuers ?? [])
      issuers.use(config.issuers)
      anonymous = config.anonymous
    }
    read()
    watchFiles([file], read, deps) // OT2
  }
  const hasIssuers = options.openId !== undefined || file !== ''
  return {
    kinds: [...(hasIssuers ? [issuers] : []), ...webhookKind(options, deps)],
    anonymous: () => anonymous,
    problem: () => issuers.problem,
  }
}

function webhookKind({ tokenWebhook, audiences }: AccessOptions, { webhooks, clock, random, signal }: OutsideDeps): TokenAuthenticator[] {
  if (tokenWebhook === undefined) return []
  const calls = { client: clientOfKubeconfig(tokenWebhook.kubeconfig, webhooks), clock, random, timeoutMs: 30_000, signal }
  return [rememberedTokens(webhookTokens(calls, tokenWebhook.version, audiences), clock, tokenWebhook.cacheMs)]
}

function issuerOfFlags(flags: OpenIdFlags): ConfiguredIssuer {
  return {
    issuer: {
      url: flags.issuer,
      audiences: [flags.clientId],
      algorithms: flags.algorithms,
      rules: {
        username: { claim: flags.usernameClaim, prefix: flags.usernamePrefix },
        groups: flags.groupsClaim === '' ? undefined : { claim: flags.groupsClaim, prefix: flags.groupsPrefix },
        uid: undefined, extra: [], requiredClaims: flags.requiredClaims, claimRules: [], userRules: [],
      },
    },
    place: { url: flags.issuer, discoveryUrl: '', ca: flags.caFile === '' ? '' : readNamedFile(flags.caFile) },
    egress: '',
  }
}

interface Known {
  readonly keys: IssuerKeys
  readonly end: AbortController
  readonly ending: AbortSignal
  readonly route: IssuerRoute
  /** Issuers of tokens that hold claims of this one's. */
  readonly named: Map<string, IssuerKeys>
}

/** The issuers of now, as one kind of token. */
class Issuers implements TokenAuthenticator {
  readonly #deps: OutsideDeps
  readonly #keys = new Map<string, Known>()
  #current: TokenAuthenticator = anyTokenAuthenticator([])

  constructor(deps: OutsideDeps) {
    this.#deps = deps
  }

  get problem(): string | undefined {
    return [...this.#keys.values()].map(({ keys }) => keys.problem).find(problem => problem !== undefined)
  }

  authenticate(...asked: Parameters<TokenAuthenticator['authenticate']>): ReturnType<TokenAuthenticator['authenticate']> {
    return this.#current.authenticate(...asked)
  }

  use(configured: readonly ConfiguredIssuer[]): void {
    const { clock, controlPlaneDialer } = this.#deps
    const refused = configured.find(({ egress }) => egress === 'controlplane' && controlPlaneDialer === undefined)
    if (refused !== undefined) throw new Error(`oidc: egress lookup for "controlplane" is not configured (issuer ${refused.issuer.url})`) // OT3
    const wanted = new Set<string>()
    const kinds = configured.map(one => {
      const key = JSON.stringify([one.place, one.egress])
      wanted.add(key)
      const known = this.#knownAt(key, one)
      return jwtTokens(one.issuer, known.keys, clock, this.#elsewhere(one, known))
    })
    for (const [key, { end }] of this.#keys) {
      if (wanted.has(key)) continue
      end.abort()
      this.#keys.delete(key)
    }
    this.#current = rememberedTokens(anyTokenAuthenticator(kinds), clock, rememberedMs)
  }

  #knownAt(key: string, { place, egress }: ConfiguredIssuer): Known {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const { dialer, controlPlaneDialer, signal, clock, log } = this.#deps
    const by = egress === 'cluster' ? dialer : egress === 'controlplane' ? controlPlaneDialer : undefined // OT3
    const route = { ca: place.ca, ...(by === undefined ? {} : { dial: (...to: Parameters<NodeDialer['dial']>) => by.dial(...to) }) }
    const end = new AbortController()
    const ending = AbortSignal.any([signal, end.signal])
    const made: Known = { keys: new IssuerKeys({ ...place, ...route }, { clock, log, signal: ending }), end, route, ending, named: new Map() }
    this.#keys.set(key, made)
    return made
  }

  #elsewhere({ issuer }: ConfiguredIssuer, { route, ending, named }: Known): DistributedClaims | undefined {
    const { groups } = issuer.rules
    if (groups === undefined || 'program' in groups) return undefined
    const { clock, log } = this.#deps
    const keysOf = (url: string) => {
      const keys = named.get(url)
      if (keys !== undefined) return keys
      if (named.size >= mostNamed) throw new Error(`verifying untrusted issuer ${url} failed: too many issuers are named`) // OT4
      const made = new IssuerKeys({ url, discoveryUrl: '', ...route }, { clock, log, signal: ending })
      named.set(url, made)
      return made
    }
    return new DistributedClaims({
      claim: groups.claim,
      ask: (endpoint, accessToken) => askIssuer(endpoint, route, ending, accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` }),
      verify: token => {
        const url = issuerOf(token)
        if (url === undefined) throw new Error('getting untrusted issuer from endpoint failed: malformed jwt')
        return verifiedClaims(token, issuer, keysOf(url), clock)
      },
    })
  }
}
