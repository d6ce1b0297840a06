/**
 * A resource as a table, kept up to date: list, watch from there, list again when the server has forgotten where we were.
 *
 *   FT1  Columns and cells are the server's own (Table form); nothing is computed here.
 *   FT2  Changes that come close together travel together, so that a busy table costs one message a twentieth of a second.
 *   FT3  A long table travels in pieces, so that a screen never works long on one message.
 */
import { backoffMs } from '../../../agents/base/backoff.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { ResourceAddress, TableChange, TableColumn, TableRow } from '../../contract/resources.ts'
import type { ApiClient } from './api-client.ts'
import { batches } from './batches.ts'
import { resourcePath } from './resource-path.ts'

export interface TableQuestion {
  readonly of: ResourceAddress
  readonly namespace: string | null
  readonly labelSelector: string
  readonly fieldSelector: string
}

interface TableBody {
  readonly metadata?: { readonly resourceVersion?: string }
  readonly columnDefinitions?: readonly TableColumn[]
  readonly rows?: readonly { readonly cells: readonly unknown[]; readonly object: { readonly metadata: { readonly uid: string; readonly name: string; readonly namespace?: string; readonly creationTimestamp?: string; readonly resourceVersion?: string } } }[] | null
}

const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const gatherMs = 50
const pieceRows = 1_000
const pauses = { firstMs: 200, maxMs: 3_000 } as const

export async function* followTable(client: () => ApiClient | undefined, question: TableQuestion, clock: Clock, signal: AbortSignal): AsyncGenerator<TableChange> {
  let failures = 0
  while (!signal.aborted) {
    try {
      const api = client()
      if (api === undefined) throw new Error('the API server is not running')
      const path = resourcePath(question.of, question.namespace)
      const selectors = { ...(question.labelSelector === '' ? {} : { labelSelector: question.labelSelector }), ...(question.fieldSelector === '' ? {} : { fieldSelector: question.fieldSelector }) }
      const table = (await api.get(`${path}?${new URLSearchParams(selectors).toString()}`, AbortSignal.any([signal, AbortSignal.timeout(30_000)]), headers)) as TableBody
      const columns = (table.columnDefinitions ?? []).map(({ name, type, description, priority }) => ({ name, type, description, priority }))
      const rows = rowsOf(table)
      yield { type: 'replaced', columns, rows: rows.slice(0, pieceRows) }
      for (let at = pieceRows; at < rows.length; at += pieceRows) yield { type: 'changed', rows: rows.slice(at, at + pieceRows), removed: [] } // FT3
      failures = 0
      yield* changes(api, path, selectors, table.metadata?.resourceVersion ?? '', clock, signal)
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      yield { type: 'lost', reason: errorText(error) }
    }
    if (failures > 0) await sleep(clock, backoffMs(pauses, failures), signal).catch(() => {})
  }
}

async function* changes(api: ApiClient, path: string, selectors: Readonly<Record<string, string>>, from: string, clock: Clock, signal: AbortSignal): AsyncGenerator<TableChange> {
  let version = from
  while (!signal.aborted) {
    const query = new URLSearchParams({ ...selectors, watch: 'true', resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds: '600' })
    for await (const batch of batches(api.watch(`${path}?${query.toString()}`, signal, headers), clock, gatherMs, signal)) { // FT2
      const rows = new Map<string, TableRow>()
      const removed = new Set<string>()
      for (const { type, object } of batch) {
        const table = object as unknown as TableBody
        version = table.metadata?.resourceVersion ?? table.rows?.[0]?.object.metadata.resourceVersion ?? version
        if (type === 'BOOKMARK') continue
        for (const row of rowsOf(table)) {
          rows.delete(row.uid)
          if (type === 'DELETED') removed.add(row.uid)
          else rows.set(row.uid, row)
        }
      }
      if (rows.size + removed.size > 0) yield { type: 'changed', rows: [...rows.values()], removed: [...removed] }
    }
  }
}

/** FT1 */
function rowsOf({ rows }: TableBody): readonly TableRow[] {
  return (rows ?? []).map(({ cells, object: { metadata } }) => ({ uid: metadata.uid, namespace: metadata.namespace ?? '', name: metadata.name, createdAt: metadata.creationTimestamp ?? '', cells }))
}
