/**
 * additionalPrinterColumns: what kubectl get shows of a custom resource.
 * Upstream: apiextensions-apiserver/pkg/registry/customresource/tableconvertor.
 *
 *   PC1  Name comes first; a definition without columns shows the age.
 *   PC2  A path that finds nothing, or finds what the column's type cannot show, leaves the cell empty.
 *   PC3  Dates are shown as how long ago they were; text columns show any value, as Go prints it.
 */
import type { Cell, Column } from '../../../api/column.ts'
import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'
import { humanDuration } from '../../../api/printing.ts'
import { isPlainObject } from '../../../api/schema/clone.ts'
import { floatText } from '../../../api/structural/go-number.ts'
import { compileJsonPath, JsonPathError } from '../../../api/structural/json-path.ts'
import type { JsonPath } from '../../../api/structural/json-path.ts'

export interface PrinterColumns {
  readonly columns: readonly Column[]
  cells(object: object, now: number): readonly Cell[]
}

const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 }
const ageColumn: CustomResourceColumnDefinition = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'CreationTimestamp is a timestamp representing the server time when this object was created.' }

export function printerColumns({ additionalPrinterColumns = [] }: CustomResourceDefinitionVersion): PrinterColumns {
  const definitions = additionalPrinterColumns.length === 0 ? [ageColumn] : additionalPrinterColumns // PC1
  const readers = definitions.map(definition => ({ type: definition.type, find: readPath(definition.jsonPath) }))
  return {
    columns: [nameColumn, ...definitions.map(({ name, type, format = '', description, jsonPath, priority = 0 }): Column => ({
      name,
      type: type as Column['type'],
      format,
      priority,
      description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    }))],
    cells: (object, now) => [nameOf(object), ...readers.map(({ type, find }) => cellOf(type, find(object), now))],
  }
}

function nameOf(object: object): string {
  return (object as { metadata?: { name?: string } }).metadata?.name ?? ''
}

function readPath(text: string): JsonPath {
  try {
    return compileJsonPath(text)
  } catch (error) {
    if (error instanceof JsonPathError) return () => [] // PC2
    throw error
  }
}

function cellOf(type: string, found: readonly unknown[], now: number): Cell {
  if (found.length === 0) return null
  const value = found[0]
  if (type === 'string') return goText(value)
  if (value === null) return null
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null
  if (type === 'number') return typeof value === 'number' ? value : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  return type === 'date' && typeof value === 'string' ? dateCell(value, now) : null
}

/** PC3 */
function dateCell(text: string, now: number): string {
  if (text === '' || text === 'null') return '<unknown>'
  const at = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? '<invalid>' : humanDuration(now - at)
}

function goText(value: unknown): string {
  if (value === null || value === undefined) return '<no value>'
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatText(value)
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isPlainObject(value)) return String(value)
  return `map[${Object.keys(value).sort().map(key => `${key}:${goText(value[key])}`).join(' ')}]`
}
