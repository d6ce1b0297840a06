/**
 * A right is asked for before anything is looked up, so that a 403 says nothing about what exists.
 * Upstream: apiserver/pkg/endpoints/filters/authorization.go.
 *
 *   AZ1  Only an allowance lets a request pass; an authorizer that failed, when nobody allowed, is a 500 and not a 403.
 *   AZ2  Selectors of a list, watch or deletecollection are part of what is asked.
 *   AZ3  The decision and its reason are left for the audit log.
 */
import type { Attributes, Authorizer, Verdict } from '../access/authorizer.ts'
import { ApiError, forbidden, internalError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Filter } from './filter.ts'

export function authorization(authorizer: Authorizer): Filter {
  const check = (exchange: Exchange, attributes: Attributes, verdict: Verdict) => {
    const isAllowed = verdict.decision === 'allow'
    exchange.annotate('authorization.k8s.io/decision', isAllowed ? 'allow' : 'forbid') // AZ3
    exchange.annotate('authorization.k8s.io/reason', verdict.error === undefined || isAllowed ? verdict.reason : 'internal error')
    if (isAllowed) return
    if (verdict.error !== undefined) throw internalError(verdict.error) // AZ1
    throw refusal(attributes, verdict.reason)
  }
  return (exchange, next) => {
    const attributes = attributesOf(exchange)
    const asked = authorizer.authorize(attributes)
    if (asked instanceof Promise) return asked.then(verdict => { check(exchange, attributes, verdict) }).then(next)
    check(exchange, attributes, asked)
    return next()
  }
}

export function attributesOf(exchange: Exchange): Attributes {
  const { info } = exchange
  const selects = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection' // AZ2
  return {
    user: exchange.user!,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    fieldSelector: selects ? (exchange.query.get('fieldSelector') ?? '') : '',
    labelSelector: selects ? (exchange.query.get('labelSelector') ?? '') : '',
  }
}

export function refusal(attributes: Attributes, reason: string): ApiError {
  const because = reason === '' ? '' : `: ${reason}`
  const user = `User ${JSON.stringify(attributes.user.name)}`
  if (!attributes.isResourceRequest) return new ApiError('Forbidden', `forbidden: ${harmless(`${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`)}${because}`, {})
  const resource = attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`
  const where = attributes.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(attributes.namespace)}`
  return forbidden(
    { group: attributes.group, resource: attributes.resource },
    attributes.name,
    `${harmless(`${user} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)} ${where}`)}${because}`,
  )
}

/** Names come from whoever asks; a browser must not take them for markup. */
function harmless(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
