/**
 * Acting as somebody else. Upstream: apiserver/pkg/endpoints/filters/impersonation.go.
 *
 *   IM1  Each of user, groups, uid and extra needs the verb impersonate on its own resource.
 *   IM2  Groups, uid or extra without a user are a 500 as upstream answers it.
 *   IM3  An impersonated service account gets its groups; anyone but anonymous becomes authenticated.
 */
import type { Authorizer } from '../access/authorizer.ts'
import { serviceAccountGroups } from '../access/service-account-groups.ts'
import { authenticatedGroup, unauthenticatedGroup } from '../access/user-info.ts'
import type { UserInfo } from '../access/user-info.ts'
import { forbidden, internalError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Filter } from './filter.ts'

const extraPrefix = 'impersonate-extra-'

interface Wanted {
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

export function impersonation(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const name = exchange.header('impersonate-user') ?? ''
    const groups = listHeader(exchange, 'impersonate-group')
    const uid = exchange.header('impersonate-uid') ?? ''
    const extra = readExtra(exchange)
    if (name === '') {
      if (groups.length > 0 || uid !== '' || Object.keys(extra).length > 0) throw internalError('requested impersonation without impersonating a user') // IM2
      await next()
      return
    }
    for (const wanted of wantedRights(name, groups, uid, extra)) {
      const { resource, ...rest } = wanted
      const verdict = await authorizer.authorize({ user: exchange.user!, verb: 'impersonate', isResourceRequest: true, version: 'v1', path: '', resource, ...rest, fieldSelector: '', labelSelector: '' })
      if (verdict.decision !== 'allow') {
        throw forbidden({ group: wanted.group, resource }, wanted.name, `User ${JSON.stringify(exchange.user!.name)} cannot impersonate resource ${JSON.stringify(resource)} in API group ${JSON.stringify(wanted.group)} ${wanted.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(wanted.namespace)}`}`)
      }
    }
    exchange.impersonator = exchange.user
    exchange.user = impersonated(name, groups, uid, extra)
    await next()
  }
}

function impersonated(name: string, groups: readonly string[], uid: string, extra: UserInfo['extra']): UserInfo {
  const own = groups.length > 0 ? [...groups] : [...(serviceAccountGroups(name) ?? [])]
  if (name !== 'system:anonymous' && !own.includes(authenticatedGroup)) own.push(authenticatedGroup) // IM3
  if (name === 'system:anonymous' && !own.includes(unauthenticatedGroup)) own.push(unauthenticatedGroup)
  return { name, uid, groups: own, extra }
}

function* wantedRights(name: string, groups: readonly string[], uid: string, extra: UserInfo['extra']): Iterable<Wanted> {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
  if (account === null) yield { group: '', resource: 'users', subresource: '', namespace: '', name }
  else yield { group: '', resource: 'serviceaccounts', subresource: '', namespace: account[1]!, name: account[2]! }
  for (const group of groups) yield { group: '', resource: 'groups', subresource: '', namespace: '', name: group }
  if (uid !== '') yield { group: 'authentication.k8s.io', resource: 'uids', subresource: '', namespace: '', name: uid }
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) yield { group: 'authentication.k8s.io', resource: 'userextras', subresource: key, namespace: '', name: value }
  }
}

/** Node joins repeated headers with ", "; group names hold no comma and blank. */
function listHeader(exchange: Exchange, name: string): string[] {
  const value = exchange.request.headers[name]
  if (value === undefined) return []
  return (Array.isArray(value) ? value : value.split(/,\s*/)).filter(item => item !== '')
}

function readExtra(exchange: Exchange): Record<string, string[]> {
  const extra: Record<string, string[]> = {}
  for (const header of Object.keys(exchange.request.headers)) {
    if (header.startsWith(extraPrefix)) extra[decodeURIComponent(header.slice(extraPrefix.length))] = listHeader(exchange, header)
  }
  return extra
}
