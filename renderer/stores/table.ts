/**
 * A resource as the server's table, followed while a screen looks at it.
 *
 *   TB1  Rows keep kubectl's order, by namespace and name; a change of a row that is there leaves its place.
 */
import type { ShallowRef } from 'vue'
import type { ResourceAddress, TableChange, TableColumn, TableRow } from '../../electron/contract/resources.ts'
import type { Known } from '../lib/known.ts'
import { useFollowed } from './followed.ts'

export interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
}

export interface TableQuestion {
  readonly of: ResourceAddress
  readonly namespace: string | null
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export function useTable(question: () => TableQuestion | null): ShallowRef<Known<Table>> {
  return useFollowed('resources/table', () => {
    const asked = question()
    return asked === null ? null : { of: asked.of, namespace: asked.namespace, labelSelector: asked.labelSelector ?? '', fieldSelector: asked.fieldSelector ?? '' }
  }, (change, before: Table | null) => (change.type === 'lost' ? { lost: change.reason } : { value: changedTable(before, change) }))
}

export function changedTable(before: Table | null, change: Exclude<TableChange, { readonly type: 'lost' }>): Table {
  if (change.type === 'replaced') return { columns: change.columns, rows: [...change.rows].sort(byPlace) }
  const changed = new Map(change.rows.map(row => [row.uid, row]))
  const removed = new Set(change.removed)
  const kept = (before?.rows ?? []).flatMap(row => {
    if (removed.has(row.uid) && !changed.has(row.uid)) return []
    const now = changed.get(row.uid) ?? row
    changed.delete(row.uid)
    return [now]
  })
  const rows = changed.size === 0 ? kept : [...kept, ...changed.values()].sort(byPlace) // TB1
  return { columns: before?.columns ?? [], rows }
}

function byPlace(a: TableRow, b: TableRow): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
