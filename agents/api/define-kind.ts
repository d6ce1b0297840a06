/**
 * Makes a Kind from what is special about it; the rest follows from its row, its definition and these rules.
 *
 *   DK1  Kinds with a status subresource lose their status on create and keep the stored one on update; a status write
 *        keeps everything but status and metadata: kubelets set labels and annotations with it. A kind may keep more.
 *   DK2  metadata.generation is 1 on create and grows by one when anything but metadata and status changes, for the kinds
 *        that have one; the client's value is never taken.
 *   DK3  Every kind validates its metadata by its name rule; names are DNS-1123 subdomains unless it says otherwise.
 */
import type { Cell, Column } from './column.ts'
import type { FieldError } from './field-error.ts'
import type { ObjectMeta } from './groups/meta-v1/types.ts'
import type { Kind } from './kind.ts'
import { apiVersionOf, type KubernetesObject, type ResourceType } from './kubernetes-object.ts'
import { ageCell } from './printing.ts'
import { decodeObject } from './schema/decode.ts'
import { semanticallyEqual } from './schema/clone.ts'
import { definitionFor, resourceRows } from './schema/definitions.ts'
import printerColumns from './schema/printer-columns.json' with { type: 'json' }
import { validateObjectMeta, validateObjectMetaUpdate } from './validation/metadata.ts'
import { isDns1123Subdomain, type NameRule } from './validation/names.ts'

export interface KindBehaviour<T extends KubernetesObject> {
  readonly setDefaults?: (object: T) => void
  readonly prepareForCreate?: (object: T) => void
  readonly prepareForUpdate?: (object: T, old: T) => void
  readonly prepareForStatusUpdate?: (object: T, old: T) => void
  readonly nameRule?: NameRule
  /** For kinds whose name says what is in them. */
  readonly nameRuleFor?: (object: T) => NameRule
  /** Kinds of upstream's other servers take finalizers that no domain qualifies. */
  readonly allowsAnyFinalizer?: boolean
  /** What is said before errors of metadata, of objects and of their changes. */
  readonly validateFirst?: (object: T) => FieldError[]
  /** Errors beyond metadata. */
  readonly validate?: (object: T) => FieldError[]
  /** Errors of the change; validate runs too unless onlyChange. */
  readonly validateUpdate?: (object: T, old: T) => FieldError[]
  readonly validateUpdateIsComplete?: boolean
  /** Errors of the object stand before those of its change. */
  readonly validatesBeforeChange?: boolean
  readonly validateStatusUpdate?: (object: T, old: T) => FieldError[]
  readonly printer?: string
  /** The order of a table's rows, where it is not that of the list. */
  readonly tableOrder?: (a: T, b: T) => number
  /** Annotations that are not part of upstream's internal form, which tables are made from. */
  readonly hiddenInTables?: readonly string[]
  /** Whose own rules say all there is to say of metadata. */
  readonly metadataErrors?: 'never'
  readonly cells?: (object: T, now: number) => readonly Cell[]
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>
  readonly hasGeneration?: boolean
  /** What of metadata counts a generation too. */
  readonly countsInMetadata?: keyof ObjectMeta
  readonly keepsStatusOnCreate?: boolean
  /** Fields of metadata that a write of the status cannot change; allButStatus for kinds where it changes none. */
  readonly statusKeeps?: readonly (keyof ObjectMeta)[]
  /** Top-level fields beside the status that a write of the object cannot change, so that nobody comes to own them. */
  readonly neverOwned?: readonly string[]
  readonly allowsCreateOnUpdate?: boolean
  readonly allowsUnconditionalUpdate?: boolean
  readonly defaultPropagation?: 'Background' | 'Orphan'
  readonly gracefulDeletion?: boolean
  readonly returnsDeletedObject?: boolean
  readonly warnings?: (object: T) => string[]
  readonly deprecated?: string
}

/** For kinds whose status says nothing but status. */
export const allButStatus = ['deletionTimestamp', 'generation', 'selfLink', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const satisfies readonly (keyof ObjectMeta)[]

type WithStatus = KubernetesObject & { status?: unknown }

const defaultColumns: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Created At', type: 'date', format: '', priority: 0 },
]

export function columnsOf(printer: string): readonly Column[] {
  const columns = (printerColumns as unknown as Record<string, readonly Column[]>)[printer]
  if (columns === undefined) throw new Error(`no printer is named ${printer}`)
  return columns
}

export function defineKind<T extends KubernetesObject>(type: ResourceType<T>, behaviour: KindBehaviour<T> = {}): Kind<T> {
  const row = resourceRows.find(each => each.group === type.group && each.version === type.version && each.resource === type.resource)
  const definition = definitionFor(type.group, type.version, type.kind)
  if (row === undefined || definition === undefined) throw new Error(`no row or definition for ${type.resource}.${type.version}.${type.group}`)
  const hasStatus = row.subresources.some(each => each.name === 'status')
  const hasGeneration = behaviour.hasGeneration ?? false
  const nameRuleOf = behaviour.nameRuleFor ?? (() => behaviour.nameRule ?? isDns1123Subdomain)
  const validateWhole = (object: T) => {
    const own = behaviour.validate?.(object) ?? []
    const first = behaviour.validateFirst?.(object) ?? []
    if (behaviour.metadataErrors === 'never') return [...first, ...own]
    const ofMetadata = validateObjectMeta(object.metadata, type.namespaced, nameRuleOf(object), 'metadata', behaviour.allowsAnyFinalizer)
    return [...first, ...ofMetadata, ...own]
  }

  return {
    type,
    row,
    definition,
    setDefaults(object) {
      object.apiVersion = apiVersionOf(type)
      object.kind = type.kind
      fillIn(object, decodeObject(object, definition).object)
      behaviour.setDefaults?.(object)
    },
    setDefaultsOfDecoded(object) {
      behaviour.setDefaults?.(object)
    },
    prepareForCreate(object) {
      if (hasStatus && behaviour.keepsStatusOnCreate !== true) resetStatus(object, definition) // DK1
      if (hasGeneration) object.metadata.generation = 1 // DK2
      else delete object.metadata.generation
      behaviour.prepareForCreate?.(object)
    },
    prepareForUpdate(object, old) {
      if (hasStatus) copyField(object, old, 'status')
      keepGeneration(object, old)
      behaviour.prepareForUpdate?.(object, old)
      if (hasGeneration && hasChanged(object, old, behaviour.countsInMetadata)) object.metadata.generation = (old.metadata.generation ?? 0) + 1
    },
    prepareForStatusUpdate(object, old) {
      for (const key of Object.keys({ ...old, ...object })) {
        if (key !== 'status' && key !== 'metadata' && key !== 'apiVersion' && key !== 'kind') copyField(object, old, key)
      }
      keepGeneration(object, old)
      for (const key of behaviour.statusKeeps ?? ['deletionTimestamp']) copyField(object.metadata, old.metadata, key)
      behaviour.prepareForStatusUpdate?.(object, old)
    },
    validate: validateWhole,
    validateUpdate(object, old) {
      const ofChange = behaviour.validateUpdate?.(object, old) ?? []
      const metaErrors = [...(behaviour.validateFirst?.(object) ?? []), ...validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', behaviour.allowsAnyFinalizer)]
      if (behaviour.validateUpdateIsComplete === true) return [...metaErrors, ...ofChange]
      const whole = behaviour.validate?.(object) ?? []
      return behaviour.validatesBeforeChange === true ? [...metaErrors, ...whole, ...ofChange] : [...metaErrors, ...ofChange, ...whole]
    },
    validateStatusUpdate(object, old) {
      return [...validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', behaviour.allowsAnyFinalizer), ...(behaviour.validateStatusUpdate?.(object, old) ?? [])]
    },
    columns: behaviour.printer === undefined ? defaultColumns : columnsOf(behaviour.printer),
    hiddenInTables: behaviour.hiddenInTables ?? [],
    ...(behaviour.tableOrder === undefined ? {} : { tableOrder: behaviour.tableOrder }),
    cells: behaviour.cells ?? ((object, now) => (behaviour.printer === undefined ? [object.metadata.name, object.metadata.creationTimestamp ?? null] : [object.metadata.name, ageCell(object.metadata.creationTimestamp, now)])),
    selectableFields: behaviour.selectableFields ?? {},
    neverOwned: behaviour.neverOwned ?? [],
    allowsCreateOnUpdate: behaviour.allowsCreateOnUpdate ?? false,
    allowsUnconditionalUpdate: behaviour.allowsUnconditionalUpdate ?? true,
    defaultPropagation: behaviour.defaultPropagation ?? 'Background',
    gracefulDeletion: behaviour.gracefulDeletion ?? false,
    returnsDeletedObject: behaviour.returnsDeletedObject ?? false,
    ...(behaviour.warnings === undefined ? {} : { warnings: behaviour.warnings }),
    ...(behaviour.deprecated === undefined ? {} : { deprecated: behaviour.deprecated }),
  }
}

/** Puts the canonical content into the object that the caller holds. */
function fillIn(object: object, canonical: Record<string, unknown>): void {
  const target = object as Record<string, unknown>
  for (const key of Object.keys(target)) if (!Object.hasOwn(canonical, key)) delete target[key]
  Object.assign(target, canonical)
}

function resetStatus(object: KubernetesObject, definition: string): void {
  const empty = decodeObject({}, definition).object['status']
  if (empty === undefined) delete (object as WithStatus).status
  else (object as WithStatus).status = empty
}

function copyField(object: object, old: object, key: string): void {
  const from = old as Record<string, unknown>
  const to = object as Record<string, unknown>
  if (from[key] === undefined) delete to[key]
  else to[key] = from[key]
}

function keepGeneration(object: KubernetesObject, old: KubernetesObject): void {
  if (old.metadata.generation === undefined) delete object.metadata.generation
  else object.metadata.generation = old.metadata.generation
}

function hasChanged(object: KubernetesObject, old: KubernetesObject, inMetadata: keyof ObjectMeta | undefined): boolean {
  if (inMetadata !== undefined && !semanticallyEqual(object.metadata[inMetadata], old.metadata[inMetadata])) return true
  const now = object as unknown as Record<string, unknown>
  const before = old as unknown as Record<string, unknown>
  for (const key of new Set([...Object.keys(now), ...Object.keys(before)])) {
    if (key === 'metadata' || key === 'status' || key === 'apiVersion' || key === 'kind') continue
    if (!semanticallyEqual(now[key], before[key])) return true
  }
  return false
}
