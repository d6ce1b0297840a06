import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import type { TableChange } from '../../contract/resources.ts'
import type { ApiClient } from './api-client.ts'
import { followTable } from './follow-table.ts'

const pods = { of: { group: '', version: 'v1', resource: 'pods' }, namespace: null, labelSelector: '', fieldSelector: '' }

function rowsFrom(first: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ cells: [`pod-${first + index}`], object: { metadata: { uid: `u${first + index}`, name: `pod-${first + index}`, namespace: 'default' } } }))
}

function apiWith(rows: number): ApiClient {
  const api = {
    get: async () => ({ metadata: { resourceVersion: '7' }, columnDefinitions: [{ name: 'Name', type: 'string', description: '', priority: 0 }], rows: rowsFrom(0, rows) }),
    async *watch(_path: string, signal: AbortSignal) {
      yield { type: 'DELETED', object: { metadata: { resourceVersion: '8' }, rows: rowsFrom(0, 1) } }
      await new Promise(resolve => { signal.addEventListener('abort', resolve) })
    },
  }
  return api as unknown as ApiClient
}

describe('a resource as a table', () => {
  test('FT1: columns and cells are the server’s own', async () => {
    const ended = new AbortController()
    const table = followTable(() => apiWith(1), pods, new FakeClock(), ended.signal)
    expect((await table.next()).value).toEqual({ type: 'replaced', columns: [{ name: 'Name', type: 'string', description: '', priority: 0 }], rows: [{ uid: 'u0', namespace: 'default', name: 'pod-0', createdAt: '', cells: ['pod-0'] }] })
    ended.abort()
  })

  test('FT3: a long table travels in pieces of a thousand rows, every row once, then its changes', async () => {
    const ended = new AbortController()
    const clock = new FakeClock()
    const table = followTable(() => apiWith(2_500), pods, clock, ended.signal)
    const pieces: TableChange[] = []
    for (let index = 0; index < 3; index += 1) pieces.push((await table.next()).value!)
    expect(pieces.map(piece => [piece.type, piece.type === 'lost' ? 0 : piece.rows.length])).toEqual([['replaced', 1_000], ['changed', 1_000], ['changed', 500]])
    expect(new Set(pieces.flatMap(piece => (piece.type === 'lost' ? [] : piece.rows.map(row => row.uid)))).size).toBe(2_500)
    const change = table.next()
    await new Promise(resolve => { setImmediate(resolve) })
    await clock.advance(50)
    expect((await change).value).toEqual({ type: 'changed', rows: [], removed: ['u0'] })
    ended.abort()
  })
})
