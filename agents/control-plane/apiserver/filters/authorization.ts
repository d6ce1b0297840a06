import type { Attributes, Authorizer } from '../access/authorizer.ts'
import { ApiError, forbidden } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Filter } from './filter.ts'

/** A right is asked for before anything is looked up, so that a 403 says nothing about what exists. */
export function authorization(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const attributes = attributesOf(exchange)
    const verdict = await authorizer.authorize(attributes)
    if (verdict.decision !== 'allow') throw refusal(attributes, verdict.reason)
    await next()
  }
}

export function attributesOf(exchange: Exchange): Attributes {
  const { info } = exchange
  const selects = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection'
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
  if (!attributes.isResourceRequest) return new ApiError('Forbidden', `forbidden: ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${because}`, {})
  const resource = attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`
  const where = attributes.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(attributes.namespace)}`
  return forbidden(
    { group: attributes.group, resource: attributes.resource },
    attributes.name,
    `${user} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)} ${where}${because}`,
  )
}
