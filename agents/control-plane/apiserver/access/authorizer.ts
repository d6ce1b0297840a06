/**
 * Whether somebody may do something. Several authorizers are asked in order; the first that decides is followed.
 * Upstream: apiserver/pkg/authorization/{authorizer,union}.
 *
 *   AR1  allow and deny end the search; no-opinion leaves it to the next. Whoever asks passes on allow and on nothing else.
 *   AR2  An authorizer that failed has no opinion, unless it says deny; its error is told if nobody allows.
 */
import type { PolicyRule } from './rbac-authorizer.ts'
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
  /** As sent in the query of a list, watch or deletecollection; one that cannot be read selects nothing less. */
  readonly fieldSelector: string
  readonly labelSelector: string
}

export interface Verdict {
  readonly decision: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
  /** What went wrong while deciding. */
  readonly error?: string
}

export interface ResolvedRules {
  readonly rules: readonly PolicyRule[]
  /** There may be more rights than these. */
  readonly incomplete: boolean
  readonly errors: readonly string[]
}

export interface Authorizer {
  authorize(attributes: Attributes): Verdict | Promise<Verdict>
  /** Everything somebody may do in a namespace, if this authorizer can tell. */
  rulesFor?(user: UserInfo, namespace: string): ResolvedRules
}

export const noOpinion: Verdict = { decision: 'no-opinion', reason: '' }

export function anyAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize: attributes => askFrom(authorizers, 0, attributes, [], []),
    rulesFor(user, namespace) {
      const found = authorizers.flatMap(authorizer => authorizer.rulesFor?.(user, namespace) ?? [])
      return { rules: found.flatMap(({ rules }) => rules), incomplete: found.some(({ incomplete }) => incomplete), errors: found.flatMap(({ errors }) => errors) }
    },
  }
}

/** In memory nothing is waited for, so that a decision costs no turn of the event loop. */
function askFrom(authorizers: readonly Authorizer[], from: number, attributes: Attributes, reasons: string[], errors: string[]): Verdict | Promise<Verdict> {
  for (let index = from; index < authorizers.length; index++) {
    const asked = authorizers[index]!.authorize(attributes)
    if (asked instanceof Promise) return asked.then(verdict => (keep(verdict, reasons, errors) ? verdict : askFrom(authorizers, index + 1, attributes, reasons, errors)))
    if (keep(asked, reasons, errors)) return asked
  }
  return { decision: 'no-opinion', reason: reasons.join('\n'), ...(errors.length === 0 ? {} : { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` }) }
}

/** Whether the search ends here (AR1). */
function keep(verdict: Verdict, reasons: string[], errors: string[]): boolean {
  if (verdict.decision !== 'no-opinion') return true
  if (verdict.reason !== '') reasons.push(verdict.reason)
  if (verdict.error !== undefined) errors.push(verdict.error)
  return false
}

/** Members of system:masters may do everything, before anyone else is asked. */
export const mastersAuthorizer: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? { decision: 'allow', reason: '' } : noOpinion),
}

export const alwaysAllow: Authorizer = {
  authorize: () => ({ decision: 'allow', reason: '' }),
  rulesFor: () => ({ rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] }], incomplete: false, errors: [] }),
}
export const alwaysDeny: Authorizer = { authorize: () => ({ decision: 'no-opinion', reason: 'Everything is forbidden.' }) }
