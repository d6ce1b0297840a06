/**
 * Rules of metadata that hold for every kind.
 *
 *   MV1  name (or generateName, completed) obeys the kind's name rule; namespace is there exactly for namespaced kinds.
 *   MV2  Labels are qualified names with label values; annotations are qualified names (case is ignored), 256 KiB in all.
 *   MV3  Owner references have apiVersion, kind, name, uid; at most one is the controller; events own nothing.
 *   MV4  Finalizers are qualified names; foregroundDeletion and orphan exclude each other.
 *   MV5  On update uid, name, namespace, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds stay; no
 *        finalizer is added to an object that is being deleted.
 * Upstream: apimachinery/pkg/api/validation/objectmeta.go.
 */
import { forbidden, invalid, required, tooLong, type FieldError } from '../field-error.ts'
import type { ObjectMeta } from '../groups/meta-v1/types.ts'
import { isDns1123Label, isLabelValue, isQualifiedName, type NameRule } from './names.ts'
import { isPlainObject } from '../schema/clone.ts'

const annotationsLimitBytes = 256 * 1024
const immutableText = 'field is immutable'
const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

/** path is "metadata" or, for a template, "spec.template.metadata". Kinds of upstream's other servers (anyFinalizer) take finalizers that no domain qualifies. */
export function validateObjectMeta(meta: Partial<ObjectMeta>, namespaced: boolean, nameRule: NameRule, path = 'metadata', anyFinalizer = false): FieldError[] {
  const errors: FieldError[] = []
  const { name = '', generateName = '', namespace = '' } = meta
  if (generateName !== '') {
    // A trailing dash is masked, since random letters follow it.
    const masked = generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -1)}a` : generateName
    errors.push(...nameRule(masked).map(text => invalid(`${path}.generateName`, generateName, text)))
  }
  if (name === '') errors.push(required(`${path}.name`, 'name or generateName is required'))
  else errors.push(...nameRule(name).map(text => invalid(`${path}.name`, name, text)))
  if (namespaced) {
    if (namespace === '') errors.push(required(`${path}.namespace`))
    else errors.push(...isDns1123Label(namespace).map(text => invalid(`${path}.namespace`, namespace, text)))
  } else if (namespace !== '') {
    errors.push(forbidden(`${path}.namespace`, 'not allowed on this type'))
  }
  if (typeof meta.generation === 'number' && meta.generation < 0) errors.push(invalid(`${path}.generation`, meta.generation, 'must be greater than or equal to 0'))
  return [
    ...errors,
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta, `${path}.ownerReferences`),
    ...validateFinalizers(meta.finalizers, `${path}.finalizers`, anyFinalizer),
    ...validateManagedFields(meta, `${path}.managedFields`),
  ]
}

/** As Go names and orders the fields of ObjectMeta that a template of one may not have. */
const forbiddenInTemplates: readonly (readonly [keyof ObjectMeta, string])[] = [
  ['name', 'name'], ['generateName', 'generateName'], ['namespace', 'namespace'], ['selfLink', 'selfLink'], ['uid', 'uID'], ['resourceVersion', 'resourceVersion'], ['generation', 'generation'],
  ['creationTimestamp', 'creationTimestamp'], ['deletionTimestamp', 'deletionTimestamp'], ['deletionGracePeriodSeconds', 'deletionGracePeriodSeconds'],
  ['ownerReferences', 'ownerReferences'], ['finalizers', 'finalizers'], ['managedFields', 'managedFields'],
]

/** Metadata of what is made from a template: labels and annotations, and nothing else. */
export function validateTemplateMeta(meta: Partial<ObjectMeta> | undefined, path: string): FieldError[] {
  if (meta === undefined) return []
  return [
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...forbiddenInTemplates.filter(([field]) => (meta[field] ?? undefined) !== undefined).map(([, name]) => forbidden(`${path}.${name}`, 'cannot be set')),
  ]
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelName(key, path),
    ...isLabelValue(value).map(text => invalid(path, value, text)),
  ])
}

export function validateLabelName(key: string, path: string): FieldError[] {
  return isQualifiedName(key).map(text => invalid(path, key, text))
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const errors = entries.flatMap(([key]) => isQualifiedName(key.toLowerCase()).map(text => invalid(path, key, text)))
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (size > annotationsLimitBytes) errors.push(tooLong(path, annotationsLimitBytes))
  return errors
}

function validateOwnerReferences(meta: Partial<ObjectMeta>, path: string): FieldError[] {
  const errors: FieldError[] = []
  let controller = ''
  for (const owner of meta.ownerReferences ?? []) {
    const at = path
    if (owner.apiVersion === '') errors.push(invalid(`${at}.apiVersion`, owner.apiVersion, 'version must not be empty'))
    if (owner.kind === '') errors.push(invalid(`${at}.kind`, owner.kind, 'must not be empty'))
    if (owner.name === '') errors.push(invalid(`${at}.name`, owner.name, 'must not be empty'))
    if (owner.uid === '') errors.push(invalid(`${at}.uid`, owner.uid, 'must not be empty'))
    if (owner.kind === 'Event' && (owner.apiVersion === 'v1' || owner.apiVersion.startsWith('events.k8s.io/'))) {
      errors.push(invalid(at, owner, `${owner.apiVersion}, Kind=Event is disallowed from being an owner`))
    }
    if (owner.controller === true) {
      const who = `${owner.kind}/${owner.name}`
      if (controller !== '') errors.push(invalid(path, meta.ownerReferences, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${who}`))
      else controller = who
    }
  }
  return errors
}

export function validateFinalizers(finalizers: readonly string[] | undefined, path: string, any = false): FieldError[] {
  const list = finalizers ?? []
  const errors = list.flatMap((finalizer, index) => (any ? isQualifiedName(finalizer).map(text => invalid(path, finalizer, text)) : validateFinalizerName(finalizer, `${path}[${index}]`)))
  if (list.includes('foregroundDeletion') && list.includes('orphan')) {
    errors.push(invalid(path, list, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

export function validateFinalizerName(name: string, path: string): FieldError[] {
  const errors = isQualifiedName(name).map(text => invalid(path, name, text))
  return errors.length > 0 ? errors : validateStandardFinalizer(name, path)
}

/** Of a namespace's spec: a name that is none is refused a second time for not being a standard one. */
export function validateNamespaceFinalizer(name: string, path: string): FieldError[] {
  return [...isQualifiedName(name).map(text => invalid(path, name, text)), ...validateStandardFinalizer(name, path)]
}

function validateStandardFinalizer(name: string, path: string): FieldError[] {
  return name.includes('/') || standardFinalizers.has(name) ? [] : [invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}

function validateManagedFields(meta: Partial<ObjectMeta>, path: string): FieldError[] {
  return (meta.managedFields ?? []).flatMap((entry, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') errors.push(invalid(`${at}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'))
    if (entry.fieldsType !== undefined && entry.fieldsType !== 'FieldsV1') errors.push(invalid(`${at}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'))
    if ((entry.manager ?? '').length > 128) errors.push(tooLong(`${at}.manager`, 128))
    if ((entry.subresource ?? '').length > 256) errors.push(tooLong(`${at}.subresource`, 256))
    return errors
  })
}

export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path = 'metadata', anyFinalizer = false): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp !== undefined) {
    const added = (meta.finalizers ?? []).filter(finalizer => !(old.finalizers ?? []).includes(finalizer))
    if (added.length > 0) errors.push(forbidden(`${path}.finalizers`, `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(text => JSON.stringify(text)).join(', ')}}`))
  }
  if (meta.resourceVersion === undefined || meta.resourceVersion === '') errors.push(invalid(`${path}.resourceVersion`, '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0)) errors.push(invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'))
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((meta[field] ?? '') !== (old[field] ?? '')) errors.push(invalid(`${path}.${field}`, meta[field], immutableText))
  }
  return [
    ...errors,
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta, `${path}.ownerReferences`),
    ...validateManagedFields(meta, `${path}.managedFields`),
    ...(anyFinalizer ? [] : (meta.finalizers ?? [])).flatMap((finalizer, index) => validateStandardFinalizer(finalizer, `${path}.finalizers[${index}]`)),
  ]
}

/** For fields that may never change. */
export function immutable(value: unknown, old: unknown, path: string, same: (a: unknown, b: unknown) => boolean): FieldError[] {
  return same(value, old) ? [] : [invalid(path, value ?? null, immutableText)]
}



/** A metav1.LabelSelector. */
export function validateLabelSelector(selector: unknown, path: string): FieldError[] {
  if (!isPlainObject(selector)) return []
  const errors = Object.entries((selector['matchLabels'] ?? {}) as Record<string, string>).flatMap(([key, value]) => [
    ...validateLabelName(key, `${path}.matchLabels`),
    ...isLabelValue(value).map(text => invalid(`${path}.matchLabels`, value, text)),
  ])
  const expressions = (selector['matchExpressions'] ?? []) as { key: string; operator: string; values?: string[] }[]
  expressions.forEach((expression, index) => {
    const at = `${path}.matchExpressions[${index}]`
    const count = expression.values?.length ?? 0
    if (expression.operator === 'In' || expression.operator === 'NotIn') {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    } else if (expression.operator === 'Exists' || expression.operator === 'DoesNotExist') {
      if (count > 0) errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    } else {
      errors.push(invalid(`${at}.operator`, expression.operator, 'not a valid selector operator'))
    }
    errors.push(...validateLabelName(expression.key, `${at}.key`))
    expression.values?.forEach((value, valueIndex) => errors.push(...isLabelValue(value).map(text => invalid(`${at}.values[${valueIndex}]`, value, text))))
  })
  return errors
}

