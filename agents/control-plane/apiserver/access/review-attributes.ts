/**
 * What a SubjectAccessReview and its kin ask, checked and turned into the attributes of a request.
 * Upstream: pkg/apis/authorization/validation, pkg/registry/authorization/util.
 *
 *   RW1  Exactly one of resource and path; a subject by user or groups, unless it is about oneself; metadata empty.
 *   RW2  A selector is raw or requirements. What of it cannot be understood is left out, which only widens the question,
 *        and is told as an evaluation error.
 */
import { forbidden, invalid, required } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { parseFieldSelector } from '../../../api/selectors/field-selector.ts'
import { parseLabelSelector } from '../../../api/selectors/label-selector.ts'
import { isLabelValue, isQualifiedName } from '../../../api/validation/names.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import type { Attributes } from './authorizer.ts'
import type { UserInfo } from './user-info.ts'

/** RW1 */
export function validateReview(body: KubeObject): FieldError[] {
  const spec = isFields(body['spec']) ? body['spec'] : {}
  const resource = spec['resourceAttributes']
  const path = spec['nonResourceAttributes']
  const errors: FieldError[] = []
  if (isFields(resource) && isFields(path)) errors.push(invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes'))
  if (!isFields(resource) && !isFields(path)) errors.push(invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'))
  if (body.kind !== 'SelfSubjectAccessReview' && textAt(spec, 'user') === '' && listAt(spec, 'groups').length === 0) errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'))
  if (isFields(resource)) errors.push(...validateSelector(resource['fieldSelector'], 'fieldSelector'), ...validateSelector(resource['labelSelector'], 'labelSelector'))
  const isLocal = body.kind === 'LocalSubjectAccessReview'
  const { managedFields: _managers, creationTimestamp: _created, ...metadata } = body.metadata
  if (Object.keys(metadata).some(field => !(isLocal && field === 'namespace'))) errors.push(invalid('metadata', metadata, isLocal ? 'must be empty except for namespace' : 'must be empty'))
  if (isLocal && isFields(resource) && textAt(resource, 'namespace') !== (body.metadata.namespace ?? '')) errors.push(invalid('spec.resourceAttributes.namespace', textAt(resource, 'namespace'), 'must match metadata.namespace'))
  if (isLocal && isFields(path)) errors.push(invalid('spec.nonResourceAttributes', path, 'disallowed on this kind of request'))
  return errors
}

function validateSelector(selector: unknown, field: 'fieldSelector' | 'labelSelector'): FieldError[] {
  if (!isFields(selector)) return []
  const path = `spec.resourceAttributes.${field}`
  const raw = textAt(selector, 'rawSelector')
  const requirements = listAt(selector, 'requirements')
  const errors: FieldError[] = []
  if (raw !== '' && requirements.length > 0) errors.push(invalid(`${path}.rawSelector`, raw, 'may not specified at the same time as requirements'))
  if (raw === '' && requirements.length === 0) errors.push(required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`))
  requirements.forEach((requirement, index) => {
    errors.push(...validateRequirement(requirement, `${path}.requirements[${index}]`, field === 'labelSelector'))
  })
  return errors
}

function validateRequirement(requirement: unknown, path: string, isLabel: boolean): FieldError[] {
  const values = listAt(requirement, 'values') as string[]
  const key = textAt(requirement, 'key')
  const operator = textAt(requirement, 'operator')
  const errors: FieldError[] = []
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  if (!isLabel) return key === '' ? [...errors, required(`${path}.key`, 'must be specified')] : errors
  errors.push(...isQualifiedName(key).map(text => invalid(`${path}.key`, key, text)))
  values.forEach((value, index) => errors.push(...isLabelValue(value).map(text => invalid(`${path}.values[${index}]`, value, text))))
  return errors
}

export interface AskedAttributes {
  readonly attributes: Attributes
  /** RW2 */
  readonly errors: readonly string[]
}

export function attributesOfReview(spec: Fields, user: UserInfo): AskedAttributes {
  const resource = spec['resourceAttributes']
  const about = isFields(resource) ? resource : spec['nonResourceAttributes']
  const text = (name: string) => textAt(about, name)
  const fields = selectorText(fieldAt(about, 'fieldSelector'), 'spec.resourceAttributes.fieldSelector', false)
  const labels = selectorText(fieldAt(about, 'labelSelector'), 'spec.resourceAttributes.labelSelector', true)
  return {
    attributes: {
      user, isResourceRequest: isFields(resource),
      verb: text('verb'), group: text('group'), version: text('version'), resource: text('resource'), subresource: text('subresource'), namespace: text('namespace'), name: text('name'), path: text('path'),
      fieldSelector: fields.text, labelSelector: labels.text,
    },
    errors: [...fields.errors, ...labels.errors],
  }
}

function selectorText(selector: unknown, path: string, isLabel: boolean): { text: string; errors: string[] } {
  const raw = textAt(selector, 'rawSelector')
  if (raw !== '') {
    try {
      if (isLabel) parseLabelSelector(raw)
      else parseFieldSelector(raw)
      return { text: raw, errors: [] }
    } catch {
      return { text: '', errors: [`${path} ignored due to parse error`] }
    }
  }
  const requirements = listAt(selector, 'requirements')
  const understood = requirements.flatMap(requirement => (isLabel ? labelTerm(requirement) : fieldTerm(requirement)))
  const errors = understood.length === requirements.length ? [] : [`${path} ${understood.length === 0 ? 'ignored' : 'partially ignored'} due to parse error`]
  return { text: understood.join(','), errors }
}

function fieldTerm(requirement: unknown): string[] {
  const values = listAt(requirement, 'values') as string[]
  const sign = { In: '=', NotIn: '!=' }[textAt(requirement, 'operator')]
  return sign === undefined || values.length !== 1 ? [] : [`${textAt(requirement, 'key')}${sign}${values[0]!.replaceAll(/[\\,=]/g, found => `\\${found}`)}`]
}

function labelTerm(requirement: unknown): string[] {
  const key = textAt(requirement, 'key')
  const values = (listAt(requirement, 'values') as string[]).join(',')
  const term = { In: `${key} in (${values})`, NotIn: `${key} notin (${values})`, Exists: key, DoesNotExist: `!${key}` }[textAt(requirement, 'operator')]
  return term === undefined ? [] : [term]
}
