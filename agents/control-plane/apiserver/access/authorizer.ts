/** Whether somebody may do something. Several authorizers are asked in order; the first that decides is followed. */
import type { UserInfo } from './user-info.ts'

export interface Attributes {
  readonly user: UserInfo
  readonly verb: string
  readonly isResourceRequest: boolean
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  /** As sent in the query of a list or watch. */
  readonly fieldSelector: string
  readonly labelSelector: string
}

export interface Verdict {
  readonly decision: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
}

export interface Authorizer {
  authorize(attributes: Attributes): Verdict | Promise<Verdict>
}

export const noOpinion: Verdict = { decision: 'no-opinion', reason: '' }

export function anyAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(attributes) {
      const reasons: string[] = []
      for (const authorizer of authorizers) {
        const asked = authorizer.authorize(attributes)
        const verdict = asked instanceof Promise ? await asked : asked
        if (verdict.decision !== 'no-opinion') return verdict
        if (verdict.reason !== '') reasons.push(verdict.reason)
      }
      return { decision: 'no-opinion', reason: reasons.join('\n') }
    },
  }
}

/** Members of system:masters may do everything, before anyone else is asked. */
export const mastersAuthorizer: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? { decision: 'allow', reason: '' } : noOpinion),
}

export const alwaysAllow: Authorizer = { authorize: () => ({ decision: 'allow', reason: '' }) }
export const alwaysDeny: Authorizer = { authorize: () => ({ decision: 'no-opinion', reason: 'Everything is forbidden.' }) }
