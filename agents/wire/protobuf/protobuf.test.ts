import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pick, seededRandom, type Random } from '../../base/random.ts'
import { decodeObject } from '../../api/schema/decode.ts'
import { apiVersionOf } from '../../api/kubernetes-object.ts'
import { encodeBase64, decodeBase64 } from '../../api/schema/base64.ts'
import { exactNumber } from '../../api/schema/clone.ts'
import { definitionFor, resourceRows, shapeOf, type ValueShape } from '../../api/schema/definitions.ts'
import { decodeEnvelope, decodeProtobufObject, encodeProtobufObject, encodeWatchFrame, isEnvelope, ProtobufError, UnknownProtobufKindError } from './envelope.ts'

const captures = readFileSync(new URL('../testdata/kubectl-bodies.jsonl', import.meta.url), 'utf8').trim().split('\n')
  .map(line => JSON.parse(line) as { path: string; base64: string; object: Record<string, unknown> })

describe('protobuf', () => {
  test.each(captures.map(capture => [`${String(capture.object['kind'])} at ${capture.path}`, capture] as const))('reads what kubectl 1.32 sent: %s', (_name, capture) => {
    expect(decodeProtobufObject(decodeBase64(capture.base64))).toEqual(capture.object)
  })

  test('PD1 the zeros of fields that are not pointers are absent, those of pointers stay', () => {
    const bytes = encodeProtobufObject({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', generation: 0 }, spec: { replicas: 0, paused: false, template: { spec: { hostNetwork: false, securityContext: { runAsUser: 0 } } } } })
    const { spec, metadata } = decodeProtobufObject(bytes) as { spec: Record<string, unknown>; metadata: object }
    expect(spec['replicas']).toBe(0)
    expect(spec).not.toHaveProperty('paused')
    expect(metadata).toEqual({ name: 'x' })
    expect(spec['template']).toMatchObject({ spec: { securityContext: { runAsUser: 0 } } })
  })

  test('PD2 inlined messages, int-or-string, quantities, times and raw values come back', () => {
    const object = {
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z', labels: { b: '2', a: '1' } },
      spec: {
        containers: [{ name: 'a', livenessProbe: { httpGet: { port: 'web' }, periodSeconds: 3 }, resources: { limits: { cpu: '500m' } }, env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: false } } }] }],
        volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 420 } }],
      },
    }
    expect(decodeProtobufObject(encodeProtobufObject(object))).toEqual({ ...decodeObject(object, 'io.k8s.api.core.v1.Pod').object })
  })

  test('PE2 big integers keep their value', () => {
    const decoded = decodeProtobufObject(encodeProtobufObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generation: exactNumber('9223372036854775807') } }))
    expect(JSON.stringify(decoded)).toContain('"generation":9223372036854775807')
    expect(JSON.stringify(decodeProtobufObject(encodeProtobufObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generation: -5 } })))).toContain('"generation":-5')
  })

  test('every kind survives the way there and back', () => {
    const random = seededRandom(11)
    for (const row of resourceRows) {
      const definition = definitionFor(row.group, row.version, row.kind)!
      for (let round = 0; round < 6; round += 1) {
        const object = { ...(randomValue({ is: 'object', definition }, random, 0) as object), apiVersion: apiVersionOf(row), kind: row.kind }
        const canonical = decodeObject(object, definition).object
        expect(decodeProtobufObject(encodeProtobufObject(canonical))).toEqual(canonical)
      }
    }
  })

  test('a watch frame is its length and a bare event', () => {
    const frame = encodeWatchFrame('ADDED', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } })
    expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4)
    expect(frame.subarray(4, 11)).toEqual(Uint8Array.of(0x0a, 5, ...new TextEncoder().encode('ADDED')))
  })

  test('PV1 PV2 refuses what is not an envelope, and names an unknown kind', () => {
    expect(isEnvelope(new TextEncoder().encode('{}'))).toBe(false)
    expect(() => decodeEnvelope(new TextEncoder().encode('{}'))).toThrow(ProtobufError)
    expect(() => encodeProtobufObject({ apiVersion: 'example.com/v1', kind: 'Thing' })).toThrow(UnknownProtobufKindError)
  })

  test('PR1 broken bytes end in an error, never in a hang or a crash', () => {
    const random = seededRandom(5)
    const good = encodeProtobufObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [{ name: 'a', image: 'b' }] } })
    for (let round = 0; round < 500; round += 1) {
      const bytes = good.slice(0, Math.max(5, Math.floor(random.next() * good.length)))
      for (let flips = 0; flips < 3; flips += 1) bytes[4 + Math.floor(random.next() * (bytes.length - 4))] = Math.floor(random.next() * 256)
      try {
        decodeProtobufObject(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(error).not.toBeInstanceOf(RangeError)
      }
    }
  })
})

function randomValue(shape: ValueShape, random: Random, depth: number): unknown {
  switch (shape.is) {
    case 'object': {
      const result: Record<string, unknown> = {}
      for (const field of shapeOf(shape.definition).fields.values()) {
        if (random.next() < 0.4 + depth * 0.08 || field.name === 'apiVersion' || field.name === 'kind') continue
        result[field.name] = randomValue(field.value, random, depth + 1)
      }
      return result
    }
    case 'array': return Array.from({ length: depth > 7 ? 0 : 1 + Math.floor(random.next() * 2) }, () => randomValue(shape.items, random, depth + 1))
    case 'map': return Object.fromEntries(['a', 'b/c'].map(key => [key, randomValue(shape.items, random, depth + 1)]))
    case 'leaf':
      switch (shape.leaf) {
        case 'boolean': return random.next() < 0.5
        case 'int32':
        case 'int64': return shape.protoType === undefined ? pick(random, [0, 1, -7, 2_147_483_647]) : 5
        case 'number': return 1.5
        case 'bytes': return encodeBase64(Uint8Array.of(1, 2, 255))
        case 'Quantity': return pick(random, ['1', '500m', '1Gi'])
        case 'IntOrString': return pick(random, [5, '25%'])
        case 'Time': return '2026-01-01T00:00:00Z'
        case 'MicroTime': return '2026-01-01T00:00:00.123456Z'
        case 'string': return pick(random, ['', 'a', 'é', 'x'.repeat(200)])
        case 'SchemaOrBool': return random.next() < 0.5 ? true : { type: 'string' }
        case 'SchemaOrArray': return { type: 'string' }
        case 'SchemaOrStrings': return ['a']
        default: return { any: ['json', 1, null] }
      }
  }
}
