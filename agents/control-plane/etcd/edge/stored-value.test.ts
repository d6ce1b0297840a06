import { describe, expect, test } from 'vitest'
import { changedPaths, readStoredValue } from './stored-value.ts'

const stored = (value: unknown) => readStoredValue(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))

describe('stored values', () => {
  test('SV1 objects are JSON, encrypted ones name who encrypted them, anything else is bytes', () => {
    expect(stored({ kind: 'Pod' })).toEqual({ form: 'json', object: { kind: 'Pod' } })
    expect(stored('k8s:enc:aescbc:v1:key1:\x01\x02')).toEqual({ form: 'encrypted', by: 'aescbc:v1:key1' })
    expect(stored('\x01\x02')).toEqual({ form: 'bytes', base64: 'AQI=' })
  })

  test('SV2 a label that changed is named by its path, a container by its name', () => {
    const pod = (app: string, image: string) => stored({ metadata: { labels: { app, tier: 'web' } }, spec: { containers: [{ name: 'sidecar', image: 'a' }, { name: 'web', image }] } })
    expect(changedPaths(pod('one', 'v1'), pod('two', 'v1'))).toEqual(['metadata.labels.app'])
    expect(changedPaths(pod('one', 'v1'), pod('one', 'v2'))).toEqual(['spec.containers[web].image'])
    expect(changedPaths(stored({ a: 1 }), stored({ a: 1, b: { c: 2 } }))).toEqual(['b'])
  })

  test('SV3 what is no JSON is not compared, and endless changes are cut short', () => {
    expect(changedPaths(stored('\x01'), stored({}))).toBeNull()
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, index]))
    expect(changedPaths(stored({}), stored(many))).toHaveLength(20)
  })
})
