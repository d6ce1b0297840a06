/**
 * The rules of one version of a custom resource, made from its definition.
 * Upstream: apiextensions-apiserver/pkg/registry/customresource/{strategy,status_strategy,validator}.go.
 *
 *   CK1  With the status subresource, only it changes the status, and it changes nothing else; metadata.generation counts what
 *        is neither metadata nor such a status. Without it everything but metadata counts.
 *   CK2  Numbers of replicas are whole, not negative, and fit 32 bits; the selector is text.
 *   CK3  A finalizer that is not qualified by a domain is let through with a warning.
 */
import { invalid, type FieldError } from '../../../api/field-error.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'
import type { Kind } from '../../../api/kind.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import { getOwn, identical } from '../../../api/schema/clone.ts'
import type { CompiledSchema } from '../../../api/structural/compile-schema.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../../../api/validation/metadata.ts'
import { isDns1123Subdomain } from '../../../api/validation/names.ts'
import { printerColumns } from './printer-columns.ts'
import { fieldReaders } from './selectable-fields.ts'

export type ScalePaths = { readonly replicas: readonly string[]; readonly statusReplicas: readonly string[]; readonly selector: readonly string[] | undefined }

type Fields = Record<string, unknown>

export function scalePaths({ subresources }: CustomResourceDefinitionVersion): ScalePaths | undefined {
  const scale = subresources?.scale
  if (scale === undefined) return undefined
  const steps = (path: string) => path.replace(/^\./, '').split('.')
  return { replicas: steps(scale.specReplicasPath), statusReplicas: steps(scale.statusReplicasPath), selector: (scale.labelSelectorPath ?? '') === '' ? undefined : steps(scale.labelSelectorPath!) }
}

export interface CustomKind extends Kind {
  validateChange(object: KubernetesObject, old: KubernetesObject, warn: (text: string) => void): FieldError[]
  validateStatusChange(object: KubernetesObject, old: KubernetesObject, warn: (text: string) => void): FieldError[]
}

export function customKind(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, row: ResourceRow, schema: CompiledSchema): CustomKind {
  const { spec } = definition
  const namespaced = spec.scope === 'Namespaced'
  const hasStatus = version.subresources?.status !== undefined
  const scale = scalePaths(version)
  const columns = printerColumns(version)
  const readers = fieldReaders(version)
  const silent = () => {}
  const validateChange = (object: KubernetesObject, old: KubernetesObject, warn: (text: string) => void) => {
    for (const text of finalizerWarnings(object, old)) warn(text)
    return [
      ...validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', true),
      ...schema.validateUpdate(fieldsOf(object), fieldsOf(old), warn),
      ...validateScale(object, scale, true),
    ]
  }
  const validateStatusChange = (object: KubernetesObject, old: KubernetesObject, warn: (text: string) => void) => [
    ...validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', true),
    ...schema.validateStatusUpdate(fieldsOf(object), fieldsOf(old), warn),
    ...validateScale(object, scale, false),
  ]
  const setDefaults = (object: KubernetesObject) => {
    schema.prune(fieldsOf(object))
    schema.applyDefaults(fieldsOf(object))
  }
  return {
    type: { group: spec.group, version: version.name, resource: spec.names.plural, kind: spec.names.kind, namespaced },
    row,
    definition: '',
    setDefaults,
    setDefaultsOfDecoded: setDefaults,
    prepareForCreate(object) {
      if (hasStatus) delete fieldsOf(object)['status'] // CK1
      object.metadata.generation = 1
    },
    prepareForUpdate(object, old) {
      if (hasStatus) copyField(object, old, 'status')
      if (hasChanged(object, old)) object.metadata.generation = (old.metadata.generation ?? 0) + 1
    },
    prepareForStatusUpdate(object, old) {
      for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) if (key !== 'status' && key !== 'metadata' && key !== 'apiVersion' && key !== 'kind') copyField(object, old, key)
      const { managedFields, resourceVersion } = object.metadata
      object.metadata = { ...old.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(managedFields === undefined ? {} : { managedFields }) }
    },
    validate: object => [
      ...validateObjectMeta(object.metadata, namespaced, isDns1123Subdomain, 'metadata', true),
      ...schema.validate(fieldsOf(object)),
      ...validateScale(object, scale, true),
    ],
    validateUpdate: (object, old) => validateChange(object, old, silent),
    validateStatusUpdate: (object, old) => validateStatusChange(object, old, silent),
    validateChange,
    validateStatusChange,
    neverOwned: [],
    hiddenInTables: [],
    columns: columns.columns,
    cells: (object, now) => columns.cells(object, now),
    selectableFields: Object.fromEntries(readers.map(({ path, read }) => [path, read])),
    allowsCreateOnUpdate: false,
    allowsUnconditionalUpdate: false,
    defaultPropagation: 'Background',
    gracefulDeletion: false,
    returnsDeletedObject: false,
    warnings: object => finalizerWarnings(object, undefined),
  }
}

function fieldsOf(object: KubernetesObject): Fields {
  return object as unknown as Fields
}

function copyField(object: KubernetesObject, old: KubernetesObject, key: string): void {
  const value = fieldsOf(old)[key]
  if (value === undefined) delete fieldsOf(object)[key]
  else fieldsOf(object)[key] = value
}

function hasChanged(object: KubernetesObject, old: KubernetesObject): boolean {
  const keys = new Set([...Object.keys(object), ...Object.keys(old)])
  return [...keys].some(key => key !== 'metadata' && !identical(fieldsOf(object)[key], fieldsOf(old)[key]))
}

/** CK2 */
function validateScale(object: KubernetesObject, paths: ScalePaths | undefined, withSpec: boolean): FieldError[] {
  if (paths === undefined) return []
  const number = (steps: readonly string[]): FieldError[] => {
    const value = valueAt(object, steps)
    const at = `.${steps.join('.')}`
    if (value === undefined) return []
    if (typeof value !== 'number' || !Number.isInteger(value)) return [invalid(at, 0, `${at} accessor error: ${JSON.stringify(value)} is of the type ${goType(value)}, expected int64`)]
    if (value < 0) return [invalid(at, value, 'should be a non-negative integer')]
    return value > 2_147_483_647 ? [invalid(at, value, 'should be less than or equal to 2147483647')] : []
  }
  const selector = paths.selector === undefined ? undefined : valueAt(object, paths.selector)
  const at = `.${paths.selector?.join('.') ?? ''}`
  return [
    ...(withSpec ? number(paths.replicas) : []),
    ...number(paths.statusReplicas),
    ...(selector === undefined || typeof selector === 'string' ? [] : [invalid(at, '', `${at} accessor error: ${JSON.stringify(selector)} is of the type ${goType(selector)}, expected string`)]),
  ]
}

export function valueAt(object: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => getOwn(value, step), object)
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map[string]interface {}'
}

const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

/** CK3 */
export function finalizerWarnings(object: KubernetesObject, old: KubernetesObject | undefined): string[] {
  return (object.metadata.finalizers ?? []).filter(name => old?.metadata.finalizers?.includes(name) !== true && !name.includes('/') && !standardFinalizers.has(name)).sort().map(name => {
    const kind = name.includes('.') ? 'a domain-qualified finalizer name including a path (/)' : 'a domain-qualified finalizer name'
    return `metadata.finalizers: ${JSON.stringify(name)}: prefer ${kind} to avoid accidental conflicts with other finalizer writers`
  })
}
