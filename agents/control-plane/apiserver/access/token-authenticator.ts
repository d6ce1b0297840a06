/**
 * Bearer tokens. Several kinds are asked in upstream's order; the first that knows the token decides.
 * Upstream: apiserver/pkg/authentication/token/{union,cache}.
 *
 *   TA1  undefined means "not mine"; a TokenRefusal says why a token of this kind does not hold. Neither stops the next kind.
 *   TA2  No text of an error holds a token or a part of one.
 *   TA3  Answers that cost a signature or a call are remembered for ten seconds, by a digest of the token and the audiences.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { UserInfo } from './user-info.ts'

/** What a look at a token may leave on the request it came with. */
export interface AuthenticationNotes {
  warn(text: string): void
  /** For the audit log. */
  annotate(key: string, value: string): void
}

export const noNotes: AuthenticationNotes = { warn() {}, annotate() {} }

export interface TokenAnswer {
  readonly user: UserInfo
  /** Which of the audiences asked about the token is for; absent when this kind knows of no audiences. */
  readonly audiences?: readonly string[]
}

export interface TokenAuthenticator {
  /** Without audiences, the token must be for this server. */
  authenticate(token: string, audiences?: readonly string[], notes?: AuthenticationNotes): Promise<TokenAnswer | undefined>
}

export class TokenRefusal extends Error {}

export const invalidBearerToken = 'invalid bearer token'

/** TA1 */
export function anyTokenAuthenticator(kinds: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticate(token, audiences, notes) {
      const refusals: string[] = []
      for (const kind of kinds) {
        try {
          const found = await kind.authenticate(token, audiences, notes)
          if (found !== undefined) return found
        } catch (error) {
          refusals.push(error instanceof Error ? error.message : String(error))
        }
      }
      if (refusals.length === 0) return undefined
      throw new TokenRefusal(joinErrors(refusals))
    },
  }
}

/** Several errors as Go's aggregate prints them. */
export function joinErrors(texts: readonly string[]): string {
  const distinct = [...new Set(texts)]
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`
}

const maxRemembered = 4_096

/** TA3 */
export function rememberedTokens(kind: TokenAuthenticator, clock: Clock, lifeMs: number): TokenAuthenticator {
  const answers = new Map<string, { readonly answer: TokenAnswer; readonly untilMs: number }>()
  return {
    async authenticate(token, audiences, notes) {
      const key = createHash('sha256').update(JSON.stringify([token, audiences ?? null])).digest('base64')
      const known = answers.get(key)
      if (known !== undefined && known.untilMs > clock.monotonic()) return known.answer
      const answer = await kind.authenticate(token, audiences, notes)
      if (answer === undefined) return undefined
      if (answers.size >= maxRemembered) answers.delete(answers.keys().next().value!)
      answers.set(key, { answer, untilMs: clock.monotonic() + lifeMs })
      return answer
    },
  }
}
