/**
 * Tokens that somebody else knows: --authentication-token-webhook-config-file. Upstream: plugin/pkg/authenticator/token/webhook.
 *
 *   WT1  A TokenReview is posted; only "authenticated: true" counts.
 *   WT2  A webhook that tells no audiences is taken to mean this server's.
 */
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { TokenRefusal } from './token-authenticator.ts'
import type { UserInfo } from './user-info.ts'
import { postReview } from './webhook-calls.ts'
import type { ReviewCalls } from './webhook-calls.ts'

export function webhookTokens(calls: ReviewCalls, version: string, audiences: readonly string[]): TokenAuthenticator {
  return {
    async authenticate(token, asked = audiences) {
      const answer = await postReview({ kind: 'TokenReview', apiVersion: `authentication.k8s.io/${version}`, metadata: {}, spec: { token, ...(asked.length === 0 ? {} : { audiences: asked }) }, status: { user: {} } }, calls)
      if (fieldAt(answer, 'status', 'authenticated') !== true) { // WT1
        const error = textAt(answer, 'status', 'error')
        if (error !== '') throw new TokenRefusal(error)
        return undefined
      }
      const told = listAt(answer, 'status', 'audiences') as string[]
      const shared = (told.length === 0 ? audiences : told).filter(audience => asked.includes(audience)) // WT2
      if (asked.length > 0 && shared.length === 0) return undefined
      return { user: userOf(fieldAt(answer, 'status', 'user')), ...(asked.length === 0 ? {} : { audiences: shared }) }
    },
  }
}

function userOf(user: unknown): UserInfo {
  const extra = fieldAt(user, 'extra')
  return { name: textAt(user, 'username'), uid: textAt(user, 'uid'), groups: listAt(user, 'groups') as string[], extra: (isFields(extra) ? extra : {}) as UserInfo['extra'] }
}
