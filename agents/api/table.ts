/**
 * Tables and partial metadata: the forms of an object that kubectl get and metadata clients ask for.
 *
 *   TB1  A table has one row an object; row.object is nothing, the metadata, or the whole object, as includeObject says.
 *   TB2  columnDefinitions are left out of every watch event but the first.
 */
import type { Cell, Column } from './column.ts'
import type { ListMeta, ObjectMeta } from './groups/meta-v1/types.ts'
import type { KubernetesObject } from './kubernetes-object.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

export interface TableRow {
  readonly cells: readonly Cell[]
  readonly object?: object
}

export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: string
  readonly metadata: ListMeta
  readonly columnDefinitions: readonly TableColumnDefinition[]
  readonly rows: readonly TableRow[]
}

export interface PartialObjectMetadata {
  readonly kind: 'PartialObjectMetadata'
  readonly apiVersion: string
  readonly metadata: ObjectMeta
}

export interface TableSource<T extends KubernetesObject> {
  readonly columns: readonly Column[]
  readonly hiddenInTables?: readonly string[]
  tableOrder?(a: T, b: T): number
  cells(object: T, now: number): readonly Cell[]
}

export interface TableOptions {
  readonly includeObject?: IncludeObject
  readonly listMetadata?: ListMeta
  readonly now: number
  /** false for later watch events (TB2). */
  readonly withColumns?: boolean
  /** "meta.k8s.io/v1" or "meta.k8s.io/v1beta1", as the client asked. */
  readonly apiVersion?: string
}

const tableApiVersion = 'meta.k8s.io/v1'

export function buildTable<T extends KubernetesObject>(source: TableSource<T>, objects: readonly T[], options: TableOptions): Table {
  const { includeObject = 'Metadata', apiVersion = tableApiVersion } = options
  return {
    kind: 'Table',
    apiVersion,
    metadata: options.listMetadata ?? {},
    columnDefinitions: options.withColumns === false ? [] : source.columns.map(column => ({ ...columnText(column) })),
    rows: inOrder(source, objects).map(object => ({ cells: source.cells(object, options.now), ...rowObject(withoutHidden(object, source.hiddenInTables), includeObject, apiVersion) })),
  }
}

function inOrder<T extends KubernetesObject>(source: TableSource<T>, objects: readonly T[]): readonly T[] {
  return source.tableOrder === undefined ? objects : objects.toSorted((a, b) => source.tableOrder!(a, b))
}

function columnText(column: Column): TableColumnDefinition {
  const { name, type, format, description, priority } = column
  return { name, type, format, description: description ?? `${name} of the object.`, priority }
}

function withoutHidden(object: KubernetesObject, hidden: readonly string[] = []): KubernetesObject {
  const { annotations, ...metadata } = object.metadata
  if (annotations === undefined || !hidden.some(name => Object.hasOwn(annotations, name))) return object
  const shown = Object.fromEntries(Object.entries(annotations).filter(([name]) => !hidden.includes(name)))
  return { ...object, metadata: Object.keys(shown).length === 0 ? metadata : { ...metadata, annotations: shown } }
}

function rowObject(object: KubernetesObject, include: IncludeObject, apiVersion: string): { object?: object } {
  if (include === 'None') return {}
  return { object: include === 'Object' ? object : partialObjectMetadata(object, apiVersion) }
}

export function partialObjectMetadata(object: KubernetesObject, apiVersion = tableApiVersion): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata }
}

export function partialObjectMetadataList(objects: readonly KubernetesObject[], metadata: ListMeta, apiVersion = tableApiVersion): object {
  return { kind: 'PartialObjectMetadataList', apiVersion, metadata, items: objects.map(object => partialObjectMetadata(object, apiVersion)) }
}

const statusColumns: readonly Column[] = [
  { name: 'Status', type: 'string', format: '', priority: 0 },
  { name: 'Reason', type: 'string', format: '', priority: 0 },
  { name: 'Message', type: 'string', format: '', priority: 0 },
]

/** A Status asked for as a table. */
export function statusTable(status: { status?: string; reason?: string; message?: string }): Table {
  return {
    kind: 'Table',
    apiVersion: tableApiVersion,
    metadata: {},
    columnDefinitions: statusColumns.map(columnText),
    rows: [{ cells: [status.status ?? '', status.reason ?? '', status.message ?? ''], object: status }],
  }
}
