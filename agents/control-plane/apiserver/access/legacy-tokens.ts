/**
 * Tokens of service accounts kept in Secrets: without an end, good as long as the Secret holds the very token.
 * Upstream: pkg/serviceaccount/legacy.go.
 *
 *   LT1  The issuer is "kubernetes/serviceaccount"; namespace, account, uid and secret are claims, and sub must agree.
 *   LT2  The Secret must exist, hold exactly this token and not be going; the account must exist with the claimed uid.
 *   LT3  A Secret labelled kubernetes.io/legacy-token-invalid-since gives no access any more.
 *   LT4  Use leaves the label kubernetes.io/legacy-token-last-used with the day, written at most once a day.
 *   LT5  A token the account itself lists was made automatically; its user is told to ask for a short-lived one.
 */
import type { JWTPayload } from 'jose'
import { timeText } from '../../../base/clock.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Counter } from '../../../machinery/metrics.ts'
import type { ObjectReader } from '../admission/admission.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { equalSecrets } from '../../../runtime/equal-secrets.ts'
import { goList, verifySignature } from './service-account-tokens.ts'
import type { AuthenticationNotes, TokenAuthenticator } from './token-authenticator.ts'
import { TokenRefusal } from './token-authenticator.ts'
import type { TokenKeySet } from './token-keys.ts'
import { serviceAccountOf } from './user-info.ts'

export const legacyIssuer = 'kubernetes/serviceaccount'
export const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
export const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'

export interface LegacyTokenDeps {
  readonly keys: TokenKeySet
  readonly audiences: readonly string[]
  readonly reader: ObjectReader
  readonly clock: Clock
  /** Sets a label of a Secret; what goes wrong is its own affair. */
  labelSecret(secret: KubeObject, label: string, value: string): void
  readonly metrics: { readonly manual: Counter; readonly automatic: Counter; readonly invalid: Counter }
}

const claimPrefix = 'kubernetes.io/serviceaccount/'

interface LegacyClaims {
  readonly namespace: string
  readonly account: string
  readonly uid: string
  readonly secret: string
}

export function legacyTokens(deps: LegacyTokenDeps): TokenAuthenticator {
  return {
    async authenticate(token, audiences = deps.audiences, notes) {
      const payload = await verifySignature(token, [legacyIssuer], deps.keys)
      if (payload === undefined) return undefined
      const shared = deps.audiences.filter(audience => audiences.includes(audience))
      if (shared.length === 0) throw new TokenRefusal(`token audiences ${goList(deps.audiences)} is invalid for the target audiences ${goList(audiences)}`)
      const claims = readClaims(payload)
      const secret = await findSecret(token, claims, deps)
      const account = await findAccount(claims, deps)
      noteUse(secret, account, claims, deps, notes)
      return {
        user: { name: `system:serviceaccount:${claims.namespace}:${claims.account}`, uid: claims.uid, groups: ['system:serviceaccounts', `system:serviceaccounts:${claims.namespace}`], extra: {} },
        audiences: shared,
      }
    },
  }
}

/** LT1 */
function readClaims(payload: JWTPayload): LegacyClaims {
  const claim = (name: string, shown: string) => {
    const value = payload[`${claimPrefix}${name}`]
    if (typeof value !== 'string' || value === '') throw new TokenRefusal(`${shown} claim is missing`)
    return value
  }
  const subject = payload.sub ?? ''
  if (subject === '') throw new TokenRefusal('sub claim is missing')
  const claims = { namespace: claim('namespace', 'namespace'), secret: claim('secret.name', 'secretName'), account: claim('service-account.name', 'serviceAccountName'), uid: claim('service-account.uid', 'serviceAccountUID') }
  const named = serviceAccountOf({ name: subject })
  if (named?.namespace !== claims.namespace || named.name !== claims.account) throw new TokenRefusal('sub claim is invalid')
  return claims
}

/** LT2 */
async function findSecret(token: string, { namespace, secret: name }: LegacyClaims, { reader }: LegacyTokenDeps): Promise<KubeObject> {
  const of = { group: '', resource: 'secrets' }
  const secret = reader.get(of, namespace, name) ?? (await reader.getFresh(of, namespace, name))
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) throw new TokenRefusal('Token has been invalidated')
  if (!equalSecrets(token, Buffer.from(textAt(secret, 'data', 'token'), 'base64').toString('utf8'))) throw new TokenRefusal("Token does not match server's copy")
  return secret
}

async function findAccount({ namespace, account: name, uid }: LegacyClaims, { reader }: LegacyTokenDeps): Promise<KubeObject> {
  const of = { group: '', resource: 'serviceaccounts' }
  const account = reader.get(of, namespace, name) ?? (await reader.getFresh(of, namespace, name))
  if (account === undefined) throw new TokenRefusal(`serviceaccounts ${JSON.stringify(name)} not found`)
  if (account.metadata.deletionTimestamp !== undefined) throw new TokenRefusal(`ServiceAccount ${namespace}/${name} has been deleted`)
  if (account.metadata.uid !== uid) throw new TokenRefusal(`ServiceAccount UID (${account.metadata.uid ?? ''}) does not match claim (${uid})`)
  return account
}

function noteUse(secret: KubeObject, account: KubeObject, { namespace, account: accountName }: LegacyClaims, deps: LegacyTokenDeps, notes: AuthenticationNotes | undefined): void {
  const name = secret.metadata.name!
  if ((secret.metadata.labels?.[invalidSinceLabel] ?? '') !== '') { // LT3
    notes?.annotate('authentication.k8s.io/legacy-token-invalidated', `${name}/${namespace}`)
    deps.metrics.invalid.add()
    labelUse(secret, deps)
    throw new TokenRefusal(`the token in secret ${namespace}/${name} for service account ${namespace}/${accountName} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`)
  }
  if (listAt(account, 'secrets').some(reference => textAt(reference, 'name') === name)) { // LT5
    notes?.warn('Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.')
    notes?.annotate('authentication.k8s.io/legacy-token-autogenerated-secret', name)
    deps.metrics.automatic.add()
  } else {
    notes?.annotate('authentication.k8s.io/legacy-token-manual-secret', name)
    deps.metrics.manual.add()
  }
  labelUse(secret, deps)
}

/** LT4 */
function labelUse(secret: KubeObject, { clock, labelSecret }: LegacyTokenDeps): void {
  const day = (offset: number) => timeText(clock.now() + offset * 86_400_000).slice(0, 10)
  const lastUsed = secret.metadata.labels?.[lastUsedLabel]
  if (lastUsed !== day(0) && lastUsed !== day(1)) labelSecret(secret, lastUsedLabel, day(0))
}
