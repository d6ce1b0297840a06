/**
 * Tokens of service accounts: RS256 JWTs that name the account, and the pod, secret or node they are bound to.
 * Upstream: pkg/serviceaccount/{claims,jwt}.go.
 *
 *   SA1  kid is base64url(SHA-256(public key as SPKI DER)), so that several keys can be told apart and found in the JWKS.
 *   SA2  A token is good only while the account it names, and whatever it is bound to, exists with the same uid.
 *   SA3  Signature and claims are checked once a token; the objects again at every request.
 *   SA4  A token for 3607 s, as kubelets ask for pods, lives a year and carries warnafter instead.
 */
import { createHash, createPublicKey, randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignJWT, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import type { Clock } from '../../../base/clock.ts'
import type { ObjectReader } from '../admission/admission.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { textAt } from '../registry/kube-object.ts'
import type { TokenAuthenticator } from './authenticator.ts'
import type { UserInfo } from './user-info.ts'

export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node'
  readonly name: string
  readonly uid: string
  /** For a pod's token: the node the pod is on. */
  readonly node?: { readonly name: string; readonly uid: string }
}

interface KubernetesClaim {
  readonly namespace: string
  readonly serviceaccount: { readonly name: string; readonly uid: string }
  readonly pod?: { readonly name: string; readonly uid: string }
  readonly secret?: { readonly name: string; readonly uid: string }
  readonly node?: { readonly name: string; readonly uid: string }
  readonly warnafter?: number
}

interface CheckedToken {
  readonly claims: JWTPayload & { 'kubernetes.io'?: KubernetesClaim }
  readonly untilSeconds: number
}

export interface TokenKeys {
  readonly signing: KeyObject
  readonly verifying: readonly KeyObject[]
  readonly issuer: string
  readonly audiences: readonly string[]
}

const podTokenSeconds = 3607
const yearSeconds = 365 * 24 * 3600
const maxRemembered = 2_000

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #keys: TokenKeys
  readonly #clock: Clock
  readonly #reader: ObjectReader
  readonly #byId: ReadonlyMap<string, KeyObject>
  readonly #checked = new Map<string, CheckedToken>()

  constructor(keys: TokenKeys, clock: Clock, reader: ObjectReader) {
    this.#keys = keys
    this.#clock = clock
    this.#reader = reader
    this.#byId = new Map([...keys.verifying, createPublicKey(keys.signing as never)].map(key => [keyId(key), key]))
  }

  get issuer(): string {
    return this.#keys.issuer
  }

  get audiences(): readonly string[] {
    return this.#keys.audiences
  }

  async issue(account: KubeObject, bound: BoundObject | undefined, audiences: readonly string[], expirationSeconds: number): Promise<{ token: string; expiresMs: number }> {
    const nowSeconds = Math.floor(this.#clock.now() / 1000)
    const isPodToken = expirationSeconds === podTokenSeconds && bound?.kind === 'Pod'
    const lifeSeconds = isPodToken ? yearSeconds : expirationSeconds // SA4
    const claim: KubernetesClaim = {
      namespace: account.metadata.namespace!,
      ...(bound?.kind === 'Node' ? { node: { name: bound.name, uid: bound.uid } } : bound?.node === undefined ? {} : { node: bound.node }),
      ...(bound?.kind === 'Pod' ? { pod: { name: bound.name, uid: bound.uid } } : {}),
      ...(bound?.kind === 'Secret' ? { secret: { name: bound.name, uid: bound.uid } } : {}),
      serviceaccount: { name: account.metadata.name!, uid: account.metadata.uid! },
      ...(isPodToken ? { warnafter: nowSeconds + podTokenSeconds } : {}),
    }
    const token = await new SignJWT({ 'kubernetes.io': claim })
      .setProtectedHeader({ alg: 'RS256', kid: keyId(createPublicKey(this.#keys.signing as never)) })
      .setIssuer(this.#keys.issuer)
      .setSubject(`system:serviceaccount:${account.metadata.namespace!}:${account.metadata.name!}`)
      .setAudience([...audiences])
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + lifeSeconds)
      .setJti(randomUUID())
      .sign(this.#keys.signing)
    return { token, expiresMs: (nowSeconds + (isPodToken ? podTokenSeconds : lifeSeconds)) * 1000 }
  }

  async authenticate(token: string, audiences: readonly string[] = this.#keys.audiences): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined> {
    const checked = await this.#check(token)
    if (checked === undefined || checked.untilSeconds <= this.#clock.now() / 1000) return undefined
    const given = checked.claims.aud === undefined ? [] : Array.isArray(checked.claims.aud) ? checked.claims.aud : [checked.claims.aud]
    const shared = given.filter(audience => audiences.includes(audience))
    if (shared.length === 0) return undefined
    const claim = checked.claims['kubernetes.io']
    if (claim === undefined || !(await this.#stillHolds(claim))) return undefined
    return { user: userOf(claim, checked.claims.jti), audiences: shared }
  }

  /** Public keys as a JSON Web Key Set. */
  jwks(): { keys: object[] } {
    return { keys: [...this.#byId].map(([kid, key]) => ({ use: 'sig', kty: 'RSA', kid, alg: 'RS256', ...key.export({ format: 'jwk' }) })) }
  }

  async #check(token: string): Promise<CheckedToken | undefined> {
    const known = this.#checked.get(token)
    if (known !== undefined) return known // SA3
    try {
      const { payload } = await jwtVerify(
        token,
        header => {
          const key = header.kid === undefined ? this.#byId.values().next().value : this.#byId.get(header.kid)
          if (key === undefined) throw new Error('no such key')
          return key
        },
        { issuer: this.#keys.issuer, algorithms: ['RS256'], currentDate: new Date(this.#clock.now()) },
      )
      const checked = { claims: payload as CheckedToken['claims'], untilSeconds: payload.exp ?? 0 }
      if (this.#checked.size >= maxRemembered) this.#checked.delete(this.#checked.keys().next().value!)
      this.#checked.set(token, checked)
      return checked
    } catch {
      return undefined
    }
  }

  async #stillHolds(claim: KubernetesClaim): Promise<boolean> {
    const { namespace } = claim
    const exists = async (resource: string, ns: string, wanted: { name: string; uid: string } | undefined): Promise<boolean> => {
      if (wanted === undefined) return true
      const of = { group: '', resource }
      const cached = this.#reader.get(of, ns, wanted.name)
      if (cached?.metadata.uid === wanted.uid) return isAlive(cached, this.#clock.now())
      const fresh = await this.#reader.getFresh(of, ns, wanted.name)
      return fresh !== undefined && fresh.metadata.uid === wanted.uid && isAlive(fresh, this.#clock.now())
    }
    if (!(await exists('serviceaccounts', namespace, claim.serviceaccount))) return false // SA2
    if (claim.secret !== undefined) return await exists('secrets', namespace, claim.secret)
    if (claim.pod !== undefined) return await exists('pods', namespace, claim.pod)
    return await exists('nodes', '', claim.node)
  }
}

/** What is being deleted holds for one more minute, as upstream allows. */
function isAlive(object: KubeObject, nowMs: number): boolean {
  const deleted = object.metadata.deletionTimestamp
  return deleted === undefined || Date.parse(deleted) + 60_000 > nowMs
}

function userOf(claim: KubernetesClaim, id: string | undefined): UserInfo {
  const extra: Record<string, string[]> = {}
  if (id !== undefined) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`]
  if (claim.pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [claim.pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [claim.pod.uid]
  }
  if (claim.node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [claim.node.name]
    extra['authentication.kubernetes.io/node-uid'] = [claim.node.uid]
  }
  return {
    name: `system:serviceaccount:${claim.namespace}:${claim.serviceaccount.name}`,
    uid: claim.serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${claim.namespace}`],
    extra,
  }
}

/** SA1 */
export function keyId(key: KeyObject): string {
  return createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64url')
}

/** Bootstrap tokens ("<id>.<secret>") kept as Secrets in kube-system. */
export function bootstrapTokens(reader: ObjectReader, clock: Clock): TokenAuthenticator {
  return {
    authenticate: async token => {
      const found = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token)
      if (found === null) return undefined
      const secret = reader.get({ group: '', resource: 'secrets' }, 'kube-system', `bootstrap-token-${found[1]!}`)
      if (secret === undefined || secret['type'] !== 'bootstrap.kubernetes.io/token' || secret.metadata.deletionTimestamp !== undefined) return undefined
      const data = (name: string) => Buffer.from(textAt(secret, 'data', name), 'base64').toString('utf8')
      const expires = data('expiration')
      if (data('token-id') !== found[1] || data('token-secret') !== found[2] || data('usage-bootstrap-authentication') !== 'true') return undefined
      if (expires !== '' && Date.parse(expires) <= clock.now()) return undefined
      const groups = data('auth-extra-groups').split(',').map(group => group.trim()).filter(group => group !== '')
      return { user: { name: `system:bootstrap:${found[1]!}`, uid: '', groups: ['system:bootstrappers', ...groups], extra: {} } }
    },
  }
}

/** A CSV file of token,user,uid,"group1,group2". */
export function staticTokens(csv: string): TokenAuthenticator {
  const users = new Map<string, UserInfo>()
  for (const line of csv.split('\n')) {
    const [token, name, uid = '', groups = ''] = line.match(/("[^"]*"|[^,]+)/g)?.map(cell => cell.trim().replace(/^"|"$/g, '')) ?? []
    if (token !== undefined && name !== undefined && !line.startsWith('#')) users.set(token, { name, uid, groups: groups.split(',').map(group => group.trim()).filter(group => group !== ''), extra: {} })
  }
  return {
    authenticate: async token => {
      const user = users.get(token)
      return user === undefined ? undefined : { user }
    },
  }
}
