/**
 * Acting as somebody else. Upstream: apiserver/pkg/endpoints/filters/impersonation (constrained impersonation is on by
 * default since 1.36).
 *
 *   IM1  A narrow right comes first: impersonate:<mode> on who is impersonated together with impersonate-on:<mode>:<verb>
 *        on what is asked. Modes are associated-node, arbitrary-node, serviceaccount and user-info.
 *   IM2  The old right, impersonate on each of users, serviceaccounts, groups, uids and userextras/<key>, always works.
 *   IM3  Groups, uid or extra without a user are a 400.
 *   IM4  An impersonated service account gets its groups, a node system:nodes; anyone but anonymous becomes authenticated,
 *        unless said to be unauthenticated.
 *   IM5  The headers are gone for everybody further in, and for extension servers.
 *   IM6  When nothing is allowed, the first refusal is the one that is told.
 */
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import { decodedKey } from '../access/front-proxy.ts'
import type { UserInfo } from '../access/user-info.ts'
import { badRequest } from '../http/api-error.ts'
import type { ApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { attributesOf } from './authorization.ts'
import type { Filter } from './filter.ts'
import { impersonationModes } from './impersonation-modes.ts'
import type { ImpersonationMode } from './impersonation-modes.ts'

const extraPrefix = 'impersonate-extra-'
const maxRemembered = 1_024

export function impersonation(authorizer: Authorizer): Filter {
  const modes = impersonationModes(authorizer)
  const lastMode = new Map<string, ImpersonationMode>()
  const become = async (exchange: Exchange, wanted: UserInfo) => {
    const attributes = attributesOf(exchange)
    const who = attributes.user.name
    const { user, mode, constraint } = await firstThatAllows(modes, lastMode.get(who), wanted, attributes)
    if (lastMode.size >= maxRemembered) lastMode.clear()
    lastMode.set(who, mode)
    exchange.impersonator = exchange.user
    exchange.impersonationConstraint = constraint
    exchange.user = user
  }
  return (exchange, next) => {
    const wanted = takeWanted(exchange)
    return wanted === undefined ? next() : become(exchange, wanted).then(next)
  }
}

async function firstThatAllows(modes: readonly ImpersonationMode[], remembered: ImpersonationMode | undefined, wanted: UserInfo, attributes: Attributes): Promise<{ user: UserInfo; mode: ImpersonationMode; constraint: string }> {
  let refused: ApiError | undefined
  const inOrder = remembered === undefined ? modes : [remembered, ...modes.filter(mode => mode !== remembered)]
  for (const mode of inOrder) {
    const outcome = await mode.check(wanted, attributes)
    if (outcome === undefined) continue
    if ('user' in outcome) return { ...outcome, mode }
    refused ??= outcome.refusal // IM6
  }
  throw refused!
}

/** What the headers ask for, taken off the request (IM5). */
function takeWanted(exchange: Exchange): UserInfo | undefined {
  const { headers } = exchange.request
  let isWanted = false
  for (const header in headers) if (header.startsWith('impersonate-')) isWanted = true
  if (!isWanted) return undefined
  const extraHeaders = Object.keys(headers).filter(header => header.startsWith(extraPrefix))
  const name = exchange.headerLines('impersonate-user')[0] ?? ''
  const uid = exchange.headerLines('impersonate-uid')[0] ?? ''
  const groups = exchange.headerLines('impersonate-group')
  if (name === '') {
    if (groups.length > 0 || uid !== '' || extraHeaders.length > 0) throw badRequest(`requested ${[...(groups.length > 0 ? ['groups'] : []), ...(uid === '' ? [] : ['uid']), ...(extraHeaders.length > 0 ? ['extra'] : [])].join(', ')} without impersonating a user name`) // IM3
    return undefined
  }
  const extra = new Map<string, string[]>()
  for (const header of extraHeaders) {
    const key = decodedKey(header.slice(extraPrefix.length))
    extra.set(key, [...(extra.get(key) ?? []), ...exchange.headerLines(header)])
  }
  for (const header of ['impersonate-user', 'impersonate-uid', 'impersonate-group', ...extraHeaders]) exchange.removeHeader(header)
  return { name, uid, groups: [...groups], extra: Object.fromEntries(extra) }
}
