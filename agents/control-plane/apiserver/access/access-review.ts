/** The spec of a SubjectAccessReview for the attributes of a request; selectors that cannot be read are left out. */
import { parseFieldSelector } from '../../../api/selectors/field-selector.ts'
import { parseLabelSelector } from '../../../api/selectors/label-selector.ts'
import type { Fields } from '../registry/kube-object.ts'
import type { Attributes } from './authorizer.ts'

export function accessReviewSpec(attributes: Attributes): Fields {
  const { user } = attributes
  return {
    ...(attributes.isResourceRequest ? { resourceAttributes: resourceAttributes(attributes) } : { nonResourceAttributes: withoutEmpty({ path: attributes.path, verb: attributes.verb }) }),
    ...withoutEmpty({ user: user.name }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
    ...withoutEmpty({ uid: user.uid }),
  }
}

function resourceAttributes(attributes: Attributes): Fields {
  const { namespace, verb, group, version, resource, subresource, name } = attributes
  const fields = requirementsOf(() => parseFieldSelector(attributes.fieldSelector).map(({ path, operator, value }) => ({ key: path, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] })), attributes.fieldSelector)
  const labels = requirementsOf(() => parseLabelSelector(attributes.labelSelector).requirements.flatMap(labelRequirement), attributes.labelSelector)
  return {
    ...withoutEmpty({ namespace, verb, group, version, resource, subresource, name }),
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  }
}

function requirementsOf(read: () => object[], text: string): object[] {
  if (text === '') return []
  try {
    return read()
  } catch {
    return []
  }
}

const operators: Readonly<Record<string, string>> = { '=': 'In', '==': 'In', in: 'In', '!=': 'NotIn', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' }

function labelRequirement({ key, operator, values }: { readonly key: string; readonly operator: string; readonly values: readonly string[] }): object[] {
  const known = operators[operator]
  return known === undefined ? [] : [{ key, operator: known, ...(values.length === 0 ? {} : { values }) }]
}

function withoutEmpty(fields: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}
