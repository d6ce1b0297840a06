/**
 * Is a CustomResourceDefinition well-formed?
 * Upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go.
 *
 *   VD1  What all versions have alike is spoken of once, above them: spec.validation, spec.subresources. Upstream's internal form
 *        keeps it there, and its errors name that place.
 *   VD2  What an older definition already had wrong is not held against an update (VT in structural/check-schema.ts).
 *   VD3  Once established, scope and kind stay; group and plural always do.
 *   VD4  A version whose objects may lie in the store cannot be taken from the list.
 *   VD5  Groups of the community (*.k8s.io, *.kubernetes.io) need an approval, or a word that there is none.
 */
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { hasDefaults } from '../../structural/check-defaults.ts'
import { immutable } from '../../validation/metadata.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../validation/names.ts'
import { approvalAnnotation, approvalOf, isCommunityGroup } from './api-approval.ts'
import { validateConversion } from './validate-conversion.ts'
import { isAlike, toleranceOf, unchangedVersions, validateColumns, validateSchema, validateSelectableFields, validateSubresources, type SchemaTolerance } from './validate-version.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionSpec, CustomResourceDefinitionVersion } from './types.ts'

export function isEstablished(object: CustomResourceDefinition): boolean {
  return object.status.conditions?.some(condition => condition.type === 'Established' && condition.status === 'True') === true
}

export function validateDefinition(object: CustomResourceDefinition): FieldError[] {
  const { spec } = object
  return [
    ...validateSpec(spec, { unchangedVersions: new Set(), allowsBadCaBundle: true, allowsUnknownReviewVersion: false }),
    ...validateDefinitionStatus(object),
    ...validateStoredVersions(object),
    ...validateApproval(object, undefined),
    ...validatePreservation(object, undefined),
  ]
}

export function validateDefinitionUpdate(object: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec } = object
  const established = isEstablished(old)
  const reviewVersions = old.spec.conversion?.webhook?.conversionReviewVersions ?? []
  const tolerance: SchemaTolerance = {
    ...toleranceOf(old.spec), // VD2
    unchangedVersions: unchangedVersions(spec, old.spec),
    allowsBadCaBundle: !established,
    allowsUnknownReviewVersion: reviewVersions.length > 0 && !reviewVersions.some(version => version === 'v1' || version === 'v1beta1'),
  }
  return [
    ...validateSpec(spec, tolerance),
    ...(established // VD3
      ? [...immutable(spec.scope, old.spec.scope, 'spec.scope', semanticallyEqual), ...immutable(spec.names.kind, old.spec.names.kind, 'spec.names.kind', semanticallyEqual)]
      : []),
    ...immutable(spec.group, old.spec.group, 'spec.group', semanticallyEqual),
    ...immutable(spec.names.plural, old.spec.names.plural, 'spec.names.plural', semanticallyEqual),
    ...validateDefinitionStatus(object),
    ...validateStoredVersions(object),
    ...validateApproval(object, old),
    ...validatePreservation(object, old),
  ]
}

export function validateDefinitionStatus({ status }: CustomResourceDefinition): FieldError[] {
  return status.acceptedNames === undefined ? [] : validateNames(status.acceptedNames, 'status.acceptedNames')
}

function validateSpec(spec: CustomResourceDefinitionSpec, tolerance: SchemaTolerance): FieldError[] {
  const versions = spec.versions ?? []
  const errors = validateGroupAndScope(spec)
  const schemaless = versions.flatMap((version, index) => (version.schema?.openAPIV3Schema === undefined ? [index] : []))
  if (tolerance.missingSchemas !== true) for (const index of schemaless) errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`))
  if (spec.preserveUnknownFields === true && versions.some(version => version.schema?.openAPIV3Schema !== undefined && hasDefaults(version.schema.openAPIV3Schema))) {
    errors.push(invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'))
  }
  errors.push(...validateVersions(spec, versions, tolerance))
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) if ((spec.names[name] ?? '') === '') errors.push(required(`spec.names.${name}`))
  errors.push(...validateNames(spec.names, 'spec.names'))
  if (spec.conversion !== undefined && spec.conversion.strategy !== 'None' && spec.preserveUnknownFields === true) {
    errors.push(invalid('spec.conversion.strategy', spec.conversion.strategy, 'must be None if spec.preserveUnknownFields is true'))
  }
  return [...errors, ...validateConversion(spec.conversion, 'spec.conversion', tolerance)]
}

function validateGroupAndScope({ group, scope }: CustomResourceDefinitionSpec): FieldError[] {
  const errors: FieldError[] = []
  const groupErrors = isDns1123Subdomain(group)
  if (group === '') errors.push(required('spec.group'))
  else if (groupErrors.length > 0) errors.push(invalid('spec.group', group, groupErrors.join(',')))
  else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
  if (scope === '') errors.push(required('spec.scope'))
  else if (scope !== 'Cluster' && scope !== 'Namespaced') errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  return errors
}

function validateVersions(spec: CustomResourceDefinitionSpec, versions: readonly CustomResourceDefinitionVersion[], tolerance: SchemaTolerance): FieldError[] {
  const errors: FieldError[] = []
  const isShared = sharedParts(versions)
  const anyStatus = versions.some(version => version.subresources?.status !== undefined)
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}]`
    const nameErrors = isDns1035Label(version.name)
    if (nameErrors.length > 0) errors.push(invalid(`${path}.name`, version.name, nameErrors.join(',')))
    errors.push(...validateDeprecation(version, `${path}.deprecationWarning`))
    if (!isShared.schema) errors.push(...validateSchema(version, spec, version.subresources?.status !== undefined, `${path}.schema`, tolerance))
    if (!isShared.subresources) errors.push(...validateSubresources(version.subresources, `${path}.subresources`))
    if (!isShared.additionalPrinterColumns) errors.push(...validateColumns(version, `${path}.additionalPrinterColumns`))
    if (!isShared.selectableFields) errors.push(...validateSelectableFields(version, `${path}.selectableFields`, tolerance))
  }
  if (new Set(versions.map(version => version.name)).size < versions.length) errors.push(invalid('spec.versions', asQuoted(versions, isShared), 'must contain unique version names'))
  if (versions.filter(version => version.storage).length !== 1) errors.push(invalid('spec.versions', versions.length === 0 ? null : asQuoted(versions, isShared), 'must have exactly one version marked as storage version'))
  const [first] = versions
  if (first === undefined) return errors
  const firstErrors = first.name === '' ? [] : isDns1035Label(first.name)
  if (firstErrors.length > 0) errors.push(invalid('spec.version', first.name, firstErrors.join(','))) // VD1
  if (isShared.schema) errors.push(...validateSchema(first, spec, anyStatus, 'spec.validation', tolerance)) // VD1
  if (isShared.subresources) errors.push(...validateSubresources(first.subresources, 'spec.subresources'))
  if (isShared.additionalPrinterColumns) errors.push(...validateColumns(first, 'spec.additionalPrinterColumns'))
  if (isShared.selectableFields) errors.push(...validateSelectableFields(first, 'spec.selectableFields', tolerance))
  return errors
}

type SharedPart = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'

/** VD1 */
function sharedParts(versions: readonly CustomResourceDefinitionVersion[]): Readonly<Record<SharedPart, boolean>> {
  const isShared = (part: SharedPart) => versions.every(version => isAlike(version[part], versions[0]![part]))
  return { schema: isShared('schema'), subresources: isShared('subresources'), additionalPrinterColumns: isShared('additionalPrinterColumns'), selectableFields: isShared('selectableFields') }
}

/** Versions as upstream's internal form, whose fields have other names and which keeps what is alike above them (VD1). */
function asQuoted(versions: readonly CustomResourceDefinitionVersion[], isShared: Readonly<Record<SharedPart, boolean>>): unknown[] {
  return versions.map(({ name, served, storage, deprecated = false, deprecationWarning = null, ...parts }) => ({
    Name: name, Served: served, Storage: storage, Deprecated: deprecated, DeprecationWarning: deprecationWarning,
    Schema: isShared.schema ? null : parts.schema ?? null,
    Subresources: isShared.subresources ? null : parts.subresources ?? null,
    AdditionalPrinterColumns: isShared.additionalPrinterColumns ? null : parts.additionalPrinterColumns ?? null,
    SelectableFields: isShared.selectableFields ? null : parts.selectableFields ?? null,
  }))
}

function validateDeprecation({ deprecated, deprecationWarning }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  if (deprecationWarning === undefined) return []
  if (deprecated !== true) return [invalid(path, deprecationWarning, 'can only be set for deprecated versions')]
  const errors: FieldError[] = []
  if (new TextEncoder().encode(deprecationWarning).length > 256) errors.push(invalid(path, deprecationWarning, 'must be <= 256 characters long'))
  if (deprecationWarning === '') errors.push(invalid(path, deprecationWarning, 'must not be an empty string'))
  const strange = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(deprecationWarning)
  if (strange !== null) errors.push(invalid(path, deprecationWarning, `must only contain printable UTF-8 characters; non-printable character found at index ${new TextEncoder().encode(deprecationWarning.slice(0, strange.index)).length}`))
  return errors
}

function validateNames(names: CustomResourceDefinitionNames, path: string): FieldError[] {
  const errors: FieldError[] = []
  const label = (text: string | undefined, at: string, mixed = false, mayBeEmpty = true) => {
    const texts = text === undefined || (text === '' && mayBeEmpty) ? [] : isDns1035Label(mixed ? text.toLowerCase() : text)
    if (texts.length > 0) errors.push(invalid(at, text, `${mixed ? 'may have mixed case, but should otherwise match: ' : ''}${texts.join(',')}`))
  }
  label(names.plural, `${path}.plural`)
  label(names.singular, `${path}.singular`)
  label(names.kind, `${path}.kind`, true)
  label(names.listKind, `${path}.listKind`, true)
  for (const [index, name] of (names.shortNames ?? []).entries()) label(name, `${path}.shortNames[${index}]`, false, false)
  if (names.kind !== '' && names.kind === names.listKind) errors.push(invalid(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'))
  for (const [index, name] of (names.categories ?? []).entries()) label(name, `${path}.categories[${index}]`, false, false)
  return errors
}

/** VD4 */
function validateStoredVersions({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status.storedVersions ?? []
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')]
  const errors = (spec.versions ?? []).filter(version => version.storage && !stored.includes(version.name)).map(version => invalid(path, stored, `must have the storage version ${version.name}`))
  for (const [index, name] of stored.entries()) {
    if ((spec.versions ?? []).some(version => version.name === name)) continue
    errors.push(invalid(`${path}[${index}]`, name, `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`))
  }
  return errors
}

/** VD5 */
function validateApproval(object: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (!isCommunityGroup(object.spec.group)) return []
  const { state, reason } = approvalOf(object.metadata.annotations)
  if (old !== undefined && approvalOf(old.metadata.annotations).state === state) return []
  const path = `metadata.annotations[${approvalAnnotation}]`
  if (state === 'missing') return [required(path, reason)]
  return state === 'invalid' ? [invalid(path, object.metadata.annotations?.[approvalAnnotation] ?? '', reason)] : []
}

function validatePreservation({ spec }: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (old?.spec.preserveUnknownFields === true || spec.preserveUnknownFields !== true) return []
  return [invalid('spec.preserveUnknownFields', true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead')]
}

