import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { deepClone } from '../../api/schema/clone.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { PatchError } from './patch-error.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

const pod = 'io.k8s.api.core.v1.Pod'
const deployment = 'io.k8s.api.apps.v1.Deployment'

describe('json patch', () => {
  test('JP1 a failing operation leaves the document alone', () => {
    const document = { a: [1, 2], b: { c: 1 } }
    const before = deepClone(document)
    expect(() => applyJsonPatch(document, [{ op: 'add', path: '/a/-', value: 3 }, { op: 'remove', path: '/x' }])).toThrow(PatchError)
    expect(document).toEqual(before)
    expect(applyJsonPatch(document, [{ op: 'add', path: '/a/1', value: 9 }, { op: 'replace', path: '/b/c', value: 2 }, { op: 'move', from: '/b/c', path: '/d' }, { op: 'copy', from: '/d', path: '/e' }, { op: 'test', path: '/e', value: 2 }]))
      .toEqual({ a: [1, 9, 2], b: {}, d: 2, e: 2 })
  })

  test('JP2 refuses more than ten thousand operations', () => {
    const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} }))
    expect(() => applyJsonPatch({}, operations)).toThrow('The allowed maximum operations in a JSON patch is 10000, got 10001')
  })

  test('escapes, and __proto__ is a key like any other', () => {
    expect(applyJsonPatch({ 'a/b': 1, 'c~d': 2 }, [{ op: 'remove', path: '/a~1b' }, { op: 'remove', path: '/c~0d' }])).toEqual({})
    const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }])
    expect(Object.keys(patched)).toEqual(['__proto__'])
    expect(() => applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }])).toThrow(PatchError)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('merge patch', () => {
  test('merges, deletes and replaces', () => {
    const document = { a: { b: 1, c: 2 }, d: [1] }
    expect(applyMergePatch(document, { a: { b: null, e: { f: null } }, d: [2] })).toEqual({ a: { c: 2, e: {} }, d: [2] })
    expect(document).toEqual({ a: { b: 1, c: 2 }, d: [1] })
  })

  test('cannot reach a prototype', () => {
    const patched = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}'))
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('strategic merge patch', () => {
  const cases = readFileSync(new URL('../testdata/strategic-merge-cases.jsonl', import.meta.url), 'utf8').trim().split('\n').map(line => JSON.parse(line) as { doc: object; patch: object; result: object })

  test.each(cases.map((each, index) => [index, each] as const))('random case %i has upstream\'s result', (_index, { doc, patch, result }) => {
    const before = deepClone(doc)
    expect(applyStrategicMergePatch(doc, patch, deployment)).toEqual(result)
    expect(doc).toEqual(before)
  })

  test('SM1 replaces and deletes maps and elements', () => {
    const document = { spec: { containers: [{ name: 'a', image: '1' }, { name: 'b', image: '1' }] }, metadata: { labels: { x: '1' } } }
    expect(applyStrategicMergePatch(document, { spec: { containers: [{ name: 'a', $patch: 'delete' }] }, metadata: { labels: { $patch: 'replace', y: '2' } } }, pod))
      .toEqual({ spec: { containers: [{ name: 'b', image: '1' }] }, metadata: { labels: { y: '2' } } })
    expect(applyStrategicMergePatch(document, { spec: { containers: [{ $patch: 'replace' }, { name: 'c' }] } }, pod)).toMatchObject({ spec: { containers: [{ name: 'c' }] } })
  })

  test('SM4 $retainKeys drops the others and refuses what it does not name', () => {
    const document = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }
    expect(applyStrategicMergePatch(document, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, deployment)).toEqual({ spec: { strategy: { type: 'Recreate' } } })
    expect(() => applyStrategicMergePatch(document, { spec: { strategy: { $retainKeys: ['rollingUpdate'], type: 'Recreate' } } }, deployment)).toThrow('$retainKeys directive must contain all fields in the patch')
  })

  test('SM6 an element needs its key', () => {
    expect(() => applyStrategicMergePatch({ spec: { containers: [{ name: 'a' }] } }, { spec: { containers: [{ image: 'x' }] } }, pod)).toThrow('does not contain declared merge key: name')
  })
})
