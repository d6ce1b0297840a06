/**
 * ResourceQuotaConfiguration: what may be consumed only where a quota allows it.
 * Upstream: apiserver/pkg/admission/plugin/resourcequota, limitedResources.
 *
 *   LI1  A usage whose name contains one of `matchContains` needs a quota in the namespace that limits that name.
 *   LI2  An object that falls into one of `matchScopes` needs a quota of that scope that it falls into too.
 */
import type { ScopedResourceSelectorRequirement } from '../../../api/groups/core-v1/types.ts'
import { inScope, scopesOf } from '../../../api/quota/quota-usage.ts'
import { isFields, listAt, textAt } from '../registry/kube-object.ts'

export interface LimitedResource {
  readonly group: string
  readonly resource: string
  readonly contains: readonly string[]
  readonly scopes: readonly ScopedResourceSelectorRequirement[]
}

export function readLimitedResources(configuration: unknown): readonly LimitedResource[] {
  if (!isFields(configuration)) return []
  if (!['ResourceQuotaConfiguration', 'Configuration'].includes(textAt(configuration, 'kind'))) throw new Error('ResourceQuota: configuration must be ResourceQuotaConfiguration')
  return listAt(configuration, 'limitedResources').map((limited, index) => {
    const resource = textAt(limited, 'resource')
    if (resource === '') throw new Error(`ResourceQuota: limitedResources[${index}].resource: Required value`)
    return { group: textAt(limited, 'apiGroup'), resource, contains: listAt(limited, 'matchContains') as readonly string[], scopes: listAt(limited, 'matchScopes').map((scope, at) => readScope(scope, `limitedResources[${index}].matchScopes[${at}]`)) }
  })
}

/** Names of what is used and limited by no quota (LI1). */
export function uncovered(limited: readonly LimitedResource[], of: { readonly group: string; readonly resource: string }, used: readonly string[], covered: ReadonlySet<string>): string[] {
  const texts = limited.filter(each => each.group === of.group && each.resource === of.resource).flatMap(each => each.contains)
  return used.filter(name => texts.some(text => name.includes(text)) && !covered.has(name)).sort()
}

/** Scopes that the object falls into and no quota here is for, as Go prints them (LI2). */
export function uncoveredScopes(limited: readonly LimitedResource[], of: { readonly group: string; readonly resource: string }, object: object, quotas: readonly object[]): string[] {
  const fits = (term: ScopedResourceSelectorRequirement) => inScope(term, of.group, of.resource, object)
  const wanted = limited.filter(each => each.group === of.group && each.resource === of.resource).flatMap(({ scopes }) => scopes.filter(fits))
  const covered = new Set(quotas.flatMap(quota => scopesOf(quota).filter(fits).map(({ scopeName }) => scopeName)))
  return wanted.filter(({ scopeName }) => !covered.has(scopeName)).map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`)
}

const operators = ['DoesNotExist', 'Exists', 'In', 'NotIn']

function readScope(scope: unknown, path: string): ScopedResourceSelectorRequirement {
  const [scopeName, operator] = [textAt(scope, 'scopeName'), textAt(scope, 'operator')]
  if (scopeName === '') throw new Error(`ResourceQuota: ${path}.scopeName: Required value`)
  if (!operators.includes(operator)) throw new Error(`ResourceQuota: ${path}.operator: Unsupported value: ${JSON.stringify(operator)}: supported values: ${operators.map(each => JSON.stringify(each)).join(', ')}`)
  return { scopeName, operator, values: listAt(scope, 'values') as string[] }
}
