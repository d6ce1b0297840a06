/**
 * Tokens of service accounts: JWTs that name the account, and the pod, secret or node they are bound to.
 * Upstream: pkg/serviceaccount/{claims,jwt}.go.
 *
 *   SA1  Every issuer given is accepted, the first one issues.
 *   SA2  A token is good only while the account it names, and whatever it is bound to, exists with the same uid; what is
 *        being deleted holds for one more minute.
 *   SA3  Signature and claims are checked once a token; times and objects again at every request.
 *   SA4  A token for 3607 s, as kubelets ask for pods, lives a year and carries warnafter instead, if it is for this server
 *        and extension is on; its use after that is counted and noted for the audit log.
 *   SA5  A token without audiences is one for this server.
 */
import { createPublicKey, randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignJWT, compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import type { JWTPayload } from 'jose'
import type { Clock } from '../../../base/clock.ts'
import type { Counter } from '../../../machinery/metrics.ts'
import type { ObjectReader } from '../admission/admission.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { AuthenticationNotes, TokenAnswer, TokenAuthenticator } from './token-authenticator.ts'
import { TokenRefusal } from './token-authenticator.ts'
import { TokenKeySet, algorithmOf, keyId } from './token-keys.ts'
import type { UserInfo } from './user-info.ts'

interface Reference {
  readonly name: string
  readonly uid?: string
}

export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node'
  readonly name: string
  readonly uid: string
  /** For a pod's token: the node the pod is on; without a uid when that is not known. */
  readonly node?: Reference
}

export interface KubernetesClaim {
  readonly namespace: string
  readonly serviceaccount: Reference
  readonly pod?: Reference
  readonly secret?: Reference
  readonly node?: Reference
  readonly warnafter?: number
}

export interface TokenClaims extends JWTPayload {
  'kubernetes.io'?: KubernetesClaim
}

export interface TokenOptions {
  readonly signing: KeyObject
  readonly verifying: readonly KeyObject[]
  readonly issuers: readonly string[]
  readonly audiences: readonly string[]
  /** --service-account-extend-token-expiration */
  readonly extend: boolean
  /** --service-account-max-token-expiration; 0 is none. */
  readonly maxSeconds: number
  /** --service-account-jwks-uri */
  readonly jwksUri: string
}

export interface TokenMetrics {
  readonly stale: Counter
  readonly valid: Counter
  readonly withoutAudience: Counter
}

const podTokenSeconds = 3607
const yearSeconds = 365 * 24 * 3600
const maxRemembered = 2_000
/** Clocks may differ by so much. */
export const leewaySeconds = 60

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly keys: TokenKeySet
  readonly #options: TokenOptions
  readonly #clock: Clock
  readonly #reader: ObjectReader
  readonly #metrics: TokenMetrics
  readonly #checked = new Map<string, TokenClaims>()

  constructor(options: TokenOptions, clock: Clock, reader: ObjectReader, metrics: TokenMetrics) {
    this.#options = options
    this.#clock = clock
    this.#reader = reader
    this.#metrics = metrics
    this.keys = new TokenKeySet([...options.verifying, createPublicKey(options.signing as never)])
  }

  /** SA1 */
  get issuer(): string {
    return this.#options.issuers[0]!
  }

  get audiences(): readonly string[] {
    return this.#options.audiences
  }

  get maxSeconds(): number {
    return this.#options.maxSeconds
  }

  get jwksUri(): string {
    return this.#options.jwksUri
  }

  async issue(account: KubeObject, bound: BoundObject | undefined, audiences: readonly string[], seconds: number): Promise<{ token: string; expiresMs: number; id: string }> {
    const nowMs = this.#clock.now()
    const now = Math.floor(nowMs / 1000)
    const isExtended = this.#options.extend && bound?.kind === 'Pod' && seconds === podTokenSeconds && audiences.every(audience => this.audiences.includes(audience)) // SA4
    const claim: KubernetesClaim = {
      namespace: account.metadata.namespace!,
      ...(bound?.kind === 'Node' ? { node: { name: bound.name, uid: bound.uid } } : bound?.node === undefined ? {} : { node: bound.node }),
      ...(bound?.kind === 'Pod' ? { pod: { name: bound.name, uid: bound.uid } } : {}),
      ...(bound?.kind === 'Secret' ? { secret: { name: bound.name, uid: bound.uid } } : {}),
      serviceaccount: { name: account.metadata.name!, uid: account.metadata.uid! },
      ...(isExtended ? { warnafter: now + podTokenSeconds } : {}),
    }
    const { signing } = this.#options
    const id = randomUUID()
    const token = await new SignJWT({ 'kubernetes.io': claim })
      .setProtectedHeader({ alg: algorithmOf(signing), kid: keyId(createPublicKey(signing as never)) })
      .setIssuer(this.issuer)
      .setSubject(`system:serviceaccount:${account.metadata.namespace!}:${account.metadata.name!}`)
      .setAudience([...audiences])
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + (isExtended ? yearSeconds : seconds))
      .setJti(id)
      .sign(signing)
    return { token, expiresMs: nowMs + seconds * 1000, id }
  }

  async authenticate(token: string, audiences: readonly string[] = this.audiences, notes?: AuthenticationNotes): Promise<TokenAnswer | undefined> {
    const claims = await this.#check(token)
    if (claims === undefined) return undefined
    const shared = this.#sharedAudiences(claims, audiences, notes)
    checkTimes(claims, this.#clock.now() / 1000)
    const claim = claims['kubernetes.io']
    if (claim === undefined || typeof claim !== 'object' || claim.serviceaccount === undefined) throw new TokenRefusal('service account token claims could not be validated')
    await this.#checkObjects(claim)
    this.#noteStaleness(claims, claim, notes)
    return { user: userOf(claim, claims.jti), audiences: shared }
  }

  #sharedAudiences(claims: TokenClaims, asked: readonly string[], notes: AuthenticationNotes | undefined): string[] {
    let given = claims.aud === undefined ? [] : Array.isArray(claims.aud) ? claims.aud : [claims.aud]
    if (given.length === 0) { // SA5
      this.#metrics.withoutAudience.add()
      notes?.annotate('authentication.k8s.io/legacy-token', claims.sub ?? '')
      given = [...this.audiences]
    }
    const shared = given.filter(audience => asked.includes(audience))
    if (shared.length === 0) throw new TokenRefusal(`token audiences ${goList(given)} is invalid for the target audiences ${goList(asked)}`)
    return shared
  }

  /** Undefined when the token is no JWT, or another issuer's. */
  async #check(token: string): Promise<TokenClaims | undefined> {
    const known = this.#checked.get(token)
    if (known !== undefined) return known // SA3
    const claims = await verifySignature(token, this.#options.issuers, this.keys)
    if (claims === undefined) return undefined
    if (this.#checked.size >= maxRemembered) this.#checked.delete(this.#checked.keys().next().value!)
    this.#checked.set(token, claims as TokenClaims)
    return claims as TokenClaims
  }

  /** SA2 */
  async #checkObjects({ namespace, serviceaccount, secret, pod, node }: KubernetesClaim): Promise<void> {
    const account = await this.#find('serviceaccounts', namespace, serviceaccount)
    if (account === undefined) throw new TokenRefusal(`serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`)
    if (account.metadata.uid !== serviceaccount.uid) throw new TokenRefusal(`service account UID (${account.metadata.uid ?? ''}) does not match claim (${serviceaccount.uid ?? ''})`)
    if (!this.#isAlive(account)) throw new TokenRefusal(`service account ${namespace}/${serviceaccount.name} has been deleted`)
    if (secret !== undefined) await this.#checkBound('secrets', namespace, secret, 'secret', 'service account secret')
    if (pod !== undefined) await this.#checkBound('pods', namespace, pod, 'pod', 'service account pod')
    else if (node !== undefined) await this.#checkBound('nodes', '', node, 'node', 'service account node')
  }

  async #checkBound(resource: string, namespace: string, wanted: Reference, kind: string, what: string): Promise<void> {
    const found = await this.#find(resource, namespace, wanted)
    if (found === undefined) throw new TokenRefusal('service account token has been invalidated')
    if (found.metadata.uid !== wanted.uid) throw new TokenRefusal(`${kind} UID (${found.metadata.uid ?? ''}) does not match ${what} ref claim (${wanted.uid ?? ''})`)
    if (!this.#isAlive(found)) throw new TokenRefusal('service account token has been invalidated')
  }

  /** What the cache has, or, when that is not the one, what the store has: a token may be newer than the cache. */
  async #find(resource: string, namespace: string, wanted: Reference): Promise<KubeObject | undefined> {
    const of = { group: '', resource }
    const cached = this.#reader.get(of, namespace, wanted.name)
    return cached?.metadata.uid === wanted.uid ? cached : await this.#reader.getFresh(of, namespace, wanted.name)
  }

  #isAlive(object: KubeObject): boolean {
    const deleted = object.metadata.deletionTimestamp
    return deleted === undefined || Date.parse(deleted) + leewaySeconds * 1000 >= this.#clock.now()
  }

  #noteStaleness(claims: TokenClaims, claim: KubernetesClaim, notes: AuthenticationNotes | undefined): void {
    if (claim.warnafter === undefined || claim.warnafter === 0) return
    const late = Math.floor(this.#clock.now() / 1000 - claim.warnafter)
    if (late > 0) {
      this.#metrics.stale.add()
      notes?.annotate('authentication.k8s.io/stale-token', `subject: ${claims.sub ?? ''}, seconds after warning threshold: ${late}`)
    } else {
      this.#metrics.valid.add()
    }
  }
}

/** The claims of a JWT of one of the issuers, once a key has proved them; undefined when it is not theirs. */
export async function verifySignature(token: string, issuers: readonly string[], keys: TokenKeySet): Promise<JWTPayload | undefined> {
  let id: string | undefined
  try {
    if (!issuers.includes(decodeJwt(token).iss ?? '')) return undefined
    id = decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
  const candidates = keys.keysFor(id)
  if (candidates.length === 0) throw new TokenRefusal('invalid signature, no keys found')
  for (const { key, algorithm } of candidates) {
    try {
      const { payload } = await compactVerify(token, key, { algorithms: [algorithm] })
      return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload
    } catch {
      // another key may have made it
    }
  }
  throw new TokenRefusal('failed to verify signature')
}

function checkTimes({ exp, nbf, iat }: JWTPayload, nowSeconds: number): void {
  if (nbf !== undefined && nowSeconds + leewaySeconds < nbf) throw new TokenRefusal('service account token is not valid yet')
  if (exp !== undefined && nowSeconds - leewaySeconds > exp) throw new TokenRefusal('service account token has expired')
  if (iat !== undefined && nowSeconds + leewaySeconds < iat) throw new TokenRefusal('service account token is issued in the future')
}

function userOf(claim: KubernetesClaim, id: string | undefined): UserInfo {
  const extra: Record<string, string[]> = {}
  if (id !== undefined) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`]
  for (const [kind, reference] of [['pod', claim.pod], ['node', claim.node]] as const) {
    if (reference === undefined) continue
    extra[`authentication.kubernetes.io/${kind}-name`] = [reference.name]
    if (reference.uid !== undefined && reference.uid !== '') extra[`authentication.kubernetes.io/${kind}-uid`] = [reference.uid]
  }
  return {
    name: `system:serviceaccount:${claim.namespace}:${claim.serviceaccount.name}`,
    uid: claim.serviceaccount.uid ?? '',
    groups: ['system:serviceaccounts', `system:serviceaccounts:${claim.namespace}`],
    extra,
  }
}

/** As Go prints a list of strings with %q. */
export function goList(values: readonly string[]): string {
  return `[${values.map(value => JSON.stringify(value)).join(' ')}]`
}
