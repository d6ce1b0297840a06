/**
 * ResourceQuotaConfiguration: what may be consumed only where a quota allows it.
 * Upstream: apiserver/pkg/admission/plugin/resourcequota, limitedResources.
 *
 *   LI1  A usage whose name contains one of `matchContains` needs a quota in the namespace that limits that name.
 *   LI2  matchScopes are refused by name.
 */
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'

export interface LimitedResource {
  readonly group: string
  readonly resource: string
  readonly contains: readonly string[]
}

export function readLimitedResources(configuration: unknown): readonly LimitedResource[] {
  if (!isFields(configuration)) return []
  if (!['ResourceQuotaConfiguration', 'Configuration'].includes(textAt(configuration, 'kind'))) throw new Error('ResourceQuota: configuration must be ResourceQuotaConfiguration')
  return listAt(configuration, 'limitedResources').map((limited, index) => {
    if (fieldAt(limited, 'matchScopes') !== undefined) throw new Error(`ResourceQuota: limitedResources[${index}].matchScopes is not supported`) // LI2
    const resource = textAt(limited, 'resource')
    if (resource === '') throw new Error(`ResourceQuota: limitedResources[${index}].resource: Required value`)
    return { group: textAt(limited, 'apiGroup'), resource, contains: listAt(limited, 'matchContains') as readonly string[] }
  })
}

/** Names of what is used and limited by no quota (LI1). */
export function uncovered(limited: readonly LimitedResource[], of: { readonly group: string; readonly resource: string }, used: readonly string[], covered: ReadonlySet<string>): string[] {
  const texts = limited.filter(each => each.group === of.group && each.resource === of.resource).flatMap(each => each.contains)
  return used.filter(name => texts.some(text => name.includes(text)) && !covered.has(name)).sort()
}
