import { expect, test } from 'vitest'
import { sumSnapshot } from './heap-snapshot.ts'

test('what the page holds is told apart from what the engine compiled, and from what the browser has', () => {
  const types = ['hidden', 'array', 'string', 'object', 'code', 'closure', 'native', 'object shape']
  const row = (type: string, bytes: number) => [types.indexOf(type), 0, 1, bytes, 0]
  const text = JSON.stringify({ snapshot: { meta: { node_fields: ['type', 'name', 'id', 'self_size', 'edge_count'], node_types: [types, 'string', 'number', 'number', 'number'] } }, nodes: [row('object', 40), row('string', 7), row('closure', 3), row('code', 500), row('object shape', 60), row('native', 9_000), row('hidden', 1)].flat(), strings: [] })
  expect(sumSnapshot(text)).toEqual({ heldBytes: 50, objects: 3, codeBytes: 560 })
})
