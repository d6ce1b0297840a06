/**
 * A resource as the server's table, followed while a screen looks at it.
 *
 *   TB1  Rows keep kubectl's order, by namespace and name; a change of a row that is there leaves its place.
 */
import { type ShallowRef, onScopeDispose, shallowRef, watch } from 'vue'
import type { ResourceAddress, TableChange, TableColumn, TableRow } from '../../electron/contract/resources.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Known } from '../lib/known.ts'
import { valueOf } from '../lib/known.ts'
import { useLabsStore } from './labs.ts'

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
  const labs = useLabsStore()
  const bridge = useBridge()
  const known = shallowRef<Known<Table>>({ state: 'waiting' })
  let stop: (() => void) | undefined
  watch([() => labs.lab?.spec.name, () => JSON.stringify(question())], ([lab]) => {
    stop?.()
    stop = undefined
    known.value = { state: 'waiting' }
    const asked = question()
    if (lab === undefined || asked === null) return
    const lose = (reason: string): void => { known.value = { state: 'lost', value: valueOf(known.value), reason } }
    const { of, namespace, labelSelector = '', fieldSelector = '' } = asked
    stop = bridge.follow('resources/table', { lab, of, namespace, labelSelector, fieldSelector }, {
      item: change => {
        if (change.type === 'lost') lose(change.reason)
        else known.value = { state: 'live', value: changedTable(valueOf(known.value), change) }
      },
      lost: () => { lose('') },
      ended: error => { lose(error?.message ?? '') },
    })
  }, { immediate: true })
  onScopeDispose(() => stop?.())
  return known
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
