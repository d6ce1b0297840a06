/**
 * What the API server must know about one kind beyond its schema: one value a kind, in its group's folder.
 *
 *   KD1  Every hook takes the served JSON form and mutates only its first argument.
 *   KD2  setDefaults is idempotent: applied to what it made, it changes nothing, so that reading back equals writing.
 *   KD3  prepareFor… moves the parts that the caller may not set from the old object (or drops them on create), and
 *        counts metadata.generation where the kind has one.
 *   KD4  validate… only reads; it sees defaulted objects.
 */
import type { Cell, Column } from './column.ts'
import type { FieldError } from './field-error.ts'
import type { KubernetesObject, ResourceType } from './kubernetes-object.ts'
import type { ResourceRow } from './schema/definition.ts'

export interface Kind<T extends KubernetesObject = KubernetesObject> {
  readonly type: ResourceType<T>
  readonly row: ResourceRow
  /** OpenAPI name: io.k8s.api.apps.v1.Deployment. */
  readonly definition: string
  setDefaults(object: T): void
  /** The same for an object that decoding has just made, which is canonical but for the defaults. */
  setDefaultsOfDecoded(object: T): void
  prepareForCreate(object: T): void
  prepareForUpdate(object: T, old: T): void
  prepareForStatusUpdate(object: T, old: T): void
  validate(object: T): FieldError[]
  validateUpdate(object: T, old: T): FieldError[]
  validateStatusUpdate(object: T, old: T): FieldError[]
  readonly columns: readonly Column[]
  /** The order of a table's rows, where it is not that of the list. */
  tableOrder?(a: T, b: T): number
  /** Annotations that the metadata of a table's row leaves out. */
  readonly hiddenInTables: readonly string[]
  /** One cell a column; now in epoch milliseconds. */
  cells(object: T, now: number): readonly Cell[]
  /** Beyond metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: T) => string>>
  /** Top-level fields beside the status that a write of the object cannot change, so that nobody comes to own them. */
  readonly neverOwned: readonly string[]
  /** PUT to a name that does not exist makes it. */
  readonly allowsCreateOnUpdate: boolean
  /** PUT without metadata.resourceVersion overwrites. */
  readonly allowsUnconditionalUpdate: boolean
  readonly defaultPropagation: 'Background' | 'Orphan'
  /** DELETE may leave the object with a deletionTimestamp for its grace period. */
  readonly gracefulDeletion: boolean
  /** DELETE answers with the object instead of a Status. */
  readonly returnsDeletedObject: boolean
  /** Text of a Warning header of every request. */
  readonly deprecated?: string
  /** Texts for Warning headers of a write. */
  warnings?(object: T): string[]
}
