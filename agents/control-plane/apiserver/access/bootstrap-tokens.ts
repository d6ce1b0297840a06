/**
 * Bootstrap tokens, "<id>.<secret>", kept as Secrets bootstrap-token-<id> in kube-system: a new machine's first credentials.
 * Upstream: plugin/pkg/auth/authenticator/token/bootstrap.
 *
 *   BT1  The Secret must have the type, hold the same id and secret, be marked for authentication, and not be expired or going.
 *   BT2  An expiration that cannot be read counts as passed.
 *   BT3  Further groups must begin with "system:bootstrappers:"; one that does not makes the token worthless.
 */
import type { Clock } from '../../../base/clock.ts'
import type { ObjectReader } from '../admission/admission.ts'
import { textAt } from '../registry/kube-object.ts'
import { equalSecrets } from '../../../runtime/equal-secrets.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'

const groupForm = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

export function bootstrapTokens(reader: ObjectReader, clock: Clock): TokenAuthenticator {
  return {
    authenticate: async token => {
      const found = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token)
      if (found === null) return undefined
      const [, id, given] = found as unknown as [string, string, string]
      const secret = reader.get({ group: '', resource: 'secrets' }, 'kube-system', `bootstrap-token-${id}`)
      if (secret === undefined || secret.metadata.deletionTimestamp !== undefined || secret['type'] !== 'bootstrap.kubernetes.io/token') return undefined // BT1
      const data = (name: string) => Buffer.from(textAt(secret, 'data', name), 'base64').toString('utf8')
      if (!equalSecrets(given, data('token-secret')) || data('token-id') !== id) return undefined
      if (hasExpired(data('expiration'), clock.now())) return undefined
      if (data('usage-bootstrap-authentication') !== 'true') return undefined
      const more = data('auth-extra-groups').split(',').map(group => group.trim()).filter(group => group !== '')
      if (!more.every(group => groupForm.test(group))) return undefined // BT3
      const groups = [...new Set(['system:bootstrappers', ...more])].sort()
      return { user: { name: `system:bootstrap:${id}`, uid: '', groups, extra: {} } }
    },
  }
}

function hasExpired(text: string, nowMs: number): boolean {
  if (text === '') return false
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) || at <= nowMs // BT2
}
