import { describe, expect, test } from 'vitest'
import { DecodedObjects } from './decoded-objects.ts'
import type { CachedObject } from './resource-cache.ts'

const cached = (name: string, text = ''): CachedObject => ({ key: name, revision: 1, bytes: Buffer.from(JSON.stringify({ kind: 'Namespace', apiVersion: 'v1', metadata: { name, labels: { text } } })), labels: {}, fields: [] })

describe('decoded objects', () => {
  test('DO1 one object is decoded once, and nobody can change it', () => {
    const decoded = new DecodedObjects()
    const of = cached('a')
    const object = decoded.of(of)
    expect(decoded.of(of)).toBe(object)
    expect(() => { object.metadata.labels!['text'] = 'other' }).toThrow(TypeError)
    expect(() => { object['spec'] = {} }).toThrow(TypeError)
  })

  test('DO2 the oldest is let go, and what is large is not kept', () => {
    const decoded = new DecodedObjects()
    const first = cached('first')
    const large = cached('large', 'x'.repeat(9_000))
    const object = decoded.of(first)
    expect(decoded.of(large)).not.toBe(decoded.of(large))
    for (let index = 0; index < 255; index += 1) decoded.of(cached(`n${index}`))
    expect(decoded.of(first)).toBe(object)
    decoded.of(cached('one-more'))
    expect(decoded.of(first)).not.toBe(object)
  })

  test('DO3 another state of an object is another object', () => {
    const decoded = new DecodedObjects()
    expect(decoded.of(cached('a', 'old')).metadata.labels).toEqual({ text: 'old' })
    expect(decoded.of(cached('a', 'new')).metadata.labels).toEqual({ text: 'new' })
  })
})
