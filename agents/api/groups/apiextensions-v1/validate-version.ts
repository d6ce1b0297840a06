/** One version of a definition: its schema, subresources, printer columns and selectable fields. */
import { duplicate, forbidden, invalid, required, tooMany, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { checkDefaults, hasUnprunedDefaults, type RuleJudge } from '../../structural/check-defaults.ts'
import { checkRules } from '../../structural/check-rules.ts'
import { checkSchema, hasUnknownType, isNonAtomicSet, looseElements, type Tolerance } from '../../structural/check-schema.ts'
import { FieldPathError, findField } from '../../structural/field-path.ts'
import { compileRules } from '../../structural/rules.ts'
import { someSchema, type Schema } from '../../structural/schema.ts'
import { isStructural, structuralErrors, unsupportedPart } from '../../structural/structurality.ts'
import type { ConversionTolerance } from './validate-conversion.ts'
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, CustomResourceSubresources } from './types.ts'

export interface SchemaTolerance extends Tolerance, ConversionTolerance {
  readonly missingSchemas?: boolean
  readonly nonStructural?: boolean
  readonly unprunedDefaults?: boolean
  /** Versions whose schema an update leaves as it was. */
  readonly unchangedVersions: ReadonlySet<string>
  /** Versions that had too many selectable fields and still have the same ones. */
  readonly crowdedVersions?: ReadonlySet<string>
}

const maxSelectableFields = 8
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

export function isAlike(a: unknown, b: unknown): boolean {
  return semanticallyEqual(a, b)
}

/** What the old definition had wrong already. */
export function toleranceOf(old: CustomResourceDefinitionSpec): Omit<SchemaTolerance, keyof ConversionTolerance | 'unchangedVersions'> {
  const schemas = (old.versions ?? []).flatMap(version => (version.schema?.openAPIV3Schema === undefined ? [] : [version.schema.openAPIV3Schema]))
  const some = (test: (schema: Schema) => boolean) => schemas.some(schema => someSchema(schema, test))
  return {
    missingSchemas: schemas.length < (old.versions ?? []).length,
    unknownTypes: some(hasUnknownType),
    nonAtomicSets: some(isNonAtomicSet),
    looseMapKeys: some(schema => looseElements(schema, '').length > 0),
    nonStructural: schemas.some(schema => !isStructural(schema)),
    unprunedDefaults: schemas.some(schema => isStructural(schema) && hasUnprunedDefaults(schema)),
    crowdedVersions: new Set((old.versions ?? []).filter(version => (version.selectableFields ?? []).length > maxSelectableFields).map(version => version.name)),
  }
}

export function unchangedVersions(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinitionSpec): ReadonlySet<string> {
  return new Set((spec.versions ?? []).filter(version => {
    const before = (old.versions ?? []).find(other => other.name === version.name)
    return before !== undefined && semanticallyEqual(version.schema, before.schema)
  }).map(version => version.name))
}

const judgeByRules: RuleJudge = (schema, value, path, isResourceRoot) => {
  const rules = compileRules(schema, isResourceRoot)
  if (rules === undefined) return []
  const asUpdate = rules.validate(value, value, undefined, path)
  return asUpdate.length > 0 ? asUpdate : rules.validate(value, undefined, undefined, path)
}

export function validateSchema(version: CustomResourceDefinitionVersion, spec: CustomResourceDefinitionSpec, hasStatus: boolean, path: string, tolerance: SchemaTolerance): FieldError[] {
  const schema = version.schema?.openAPIV3Schema
  if (schema === undefined) return []
  const at = `${path}.openAPIV3Schema`
  const errors = hasStatus ? validateRootForStatus(schema, at) : []
  if (schema.nullable === true) errors.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'))
  const unsupported = unsupportedPart(schema)
  const mustBeStructural = tolerance.nonStructural !== true || spec.preserveUnknownFields !== true
  let isSound = false
  if (mustBeStructural && unsupported === undefined) {
    const found = structuralErrors(schema, at)
    if (found.length === 0) found.push(...checkDefaults(schema, at, tolerance.unprunedDefaults !== true, judgeByRules))
    errors.push(...found)
    isSound = found.length === 0
  }
  const ofParts = checkSchema(schema, at, tolerance)
  errors.push(...ofParts)
  if (isSound && ofParts.length === 0) errors.push(...checkRules(schema, at, tolerance.unchangedVersions.has(version.name)).errors)
  if (errors.length === 0 && mustBeStructural && unsupported !== undefined) errors.push(invalid(at, '', unsupported))
  return errors
}

/** Beside these nothing may stand at the root, so that the status can be judged alone. */
const allowedAtRoot = ['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations']
const goNames: Readonly<Record<string, string>> = { 'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields', 'x-kubernetes-validations': 'XValidations' }

function validateRootForStatus(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (schema.type !== undefined && schema.type !== 'object') errors.push(invalid(`${path}.type`, schema.type, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'))
  const strange = Object.keys(schema).some(key => schema[key as keyof Schema] !== undefined && !allowedAtRoot.includes(goNames[key] ?? key.slice(0, 1).toUpperCase() + key.slice(1)))
  if (strange) errors.push(invalid(path, schema, `only [${allowedAtRoot.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`))
  return errors
}

export function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const scale = subresources?.scale
  if (scale === undefined) return []
  const under = (text: string, at: string, roots: readonly string[], where: string) => {
    const errors = validateSimplePath(text, at)
    if (errors.length === 0 && !roots.some(root => text.startsWith(root))) errors.push(invalid(at, text, `should be a json path under ${where}`))
    return errors
  }
  const of = (text: string, at: string, root: string) => (text === '' ? [required(at)] : under(text, at, [`.${root}.`], `.${root}`))
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale
  return [
    ...of(specReplicasPath, `${path}.scale.specReplicasPath`, 'spec'),
    ...of(statusReplicasPath, `${path}.scale.statusReplicasPath`, 'status'),
    ...(labelSelectorPath === '' ? [] : under(labelSelectorPath, `${path}.scale.labelSelectorPath`, ['.spec.', '.status.'], 'either .spec or .status')),
  ]
}

function validateSimplePath(text: string, path: string): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]
}

export function validateColumns({ additionalPrinterColumns = [] }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  return additionalPrinterColumns.flatMap((column, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    const { type, format = '', jsonPath } = column
    const typeText = `must be one of ${columnTypes.join(',')}`
    if (column.name === '') errors.push(required(`${at}.name`))
    if (type === '') errors.push(required(`${at}.type`, typeText))
    else if (!columnTypes.includes(type)) errors.push(invalid(`${at}.type`, type, typeText))
    if (format !== '' && !columnFormats.includes(format)) errors.push(invalid(`${at}.format`, format, `must be one of ${columnFormats.join(',')}`))
    return [...errors, ...(jsonPath === '' ? [required(`${at}.JSONPath`)] : validateSimplePath(jsonPath, `${at}.JSONPath`))]
  })
}

export function validateSelectableFields(version: CustomResourceDefinitionVersion, path: string, tolerance: SchemaTolerance): FieldError[] {
  const { selectableFields = [] } = version
  const schema = version.schema?.openAPIV3Schema
  if (selectableFields.length === 0) return []
  if (schema === undefined) return [invalid(path, '', 'may only be set when validations.schema is included')]
  const errors: FieldError[] = []
  const known = new Set<string>()
  for (const [index, { jsonPath }] of selectableFields.entries()) {
    const at = `${path}[${index}].jsonPath`
    if (jsonPath === '') {
      errors.push(required(at))
      continue
    }
    try {
      const found = findField(jsonPath, schema, false)
      if (found.steps[0] === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'))
      if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) errors.push(invalid(at, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'))
      if (known.has(found.path)) errors.push(duplicate(at, jsonPath))
      known.add(found.path)
    } catch (error) {
      if (!(error instanceof FieldPathError)) throw error
      errors.push(invalid(at, jsonPath, `is an invalid path: ${error.message}`))
    }
  }
  if (known.size > maxSelectableFields && tolerance.crowdedVersions?.has(version.name) !== true) errors.push(tooMany(path, known.size, maxSelectableFields))
  return errors
}
