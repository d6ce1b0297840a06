import { expect, test } from 'vitest'
import { openApiV2 } from '../../api/openapi/openapi-v2.ts'
import { encodeOpenApiV2 } from './gnostic.ts'
import { ProtobufReader } from './reader.ts'

type Found = number | Uint8Array

/** The values at a path of field numbers, through every repetition. */
function at(bytes: Uint8Array, path: readonly number[]): Found[] {
  const [first, ...rest] = path
  const found: Found[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let position = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = view.getUint8(position++)
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (position < bytes.length) {
    const tag = varint()
    const length = varint()
    const value: Found = tag % 8 === 2 ? bytes.subarray(position, position + length) : length
    if (tag % 8 === 2) position += length
    if (Math.floor(tag / 8) === first) found.push(value)
  }
  return rest.length === 0 ? found : found.flatMap(value => (typeof value === 'number' ? [] : at(value, rest)))
}

const textsAt = (bytes: Uint8Array, path: readonly number[]) => at(bytes, path).map(value => (typeof value === 'number' ? String(value) : new TextDecoder().decode(value)))

const encoded = encodeOpenApiV2({
  swagger: '2.0',
  info: { title: 'Kubernetes', version: 'unversioned' },
  paths: {
    '/a/{name}': {
      patch: {
        description: 'partially update', operationId: 'patchA', tags: ['a'], consumes: ['application/json-patch+json'], produces: ['application/json'], schemes: ['https'],
        parameters: [{ in: 'body', name: 'body', required: true, schema: { $ref: '#/definitions/A' } }, { $ref: '#/parameters/dryRun-1' }, { in: 'query', name: 'force', type: 'boolean', uniqueItems: true }],
        responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/A' } }, 401: { description: 'Unauthorized' } },
        'x-kubernetes-group-version-kind': { group: '', kind: 'A', version: 'v1' },
      },
      parameters: [{ in: 'path', name: 'name', required: true, type: 'string' }],
    },
  },
  definitions: {
    A: {
      type: 'object', description: 'An A.', required: ['size'],
      properties: {
        size: { type: 'integer', format: 'int32' },
        mode: { type: 'string', enum: ['On'] },
        tags: { type: 'object', additionalProperties: { type: 'string' } },
        parts: { type: 'array', items: { $ref: '#/definitions/A' }, 'x-kubernetes-patch-merge-key': 'name' },
      },
    },
  },
  parameters: { 'dryRun-1': { in: 'query', name: 'dryRun', type: 'string' } },
  security: [{ BearerToken: [] }],
  securityDefinitions: { BearerToken: { in: 'header', name: 'authorization', type: 'apiKey' } },
})

test.each([
  ['swagger', [1], ['2.0']],
  ['info.title', [2, 1], ['Kubernetes']],
  ['GN1 name of a path', [8, 2, 1], ['/a/{name}']],
  ['operation id of its patch', [8, 2, 2, 8, 5], ['patchA']],
  ['what it produces', [8, 2, 2, 8, 6], ['application/json']],
  ['what it consumes', [8, 2, 2, 8, 7], ['application/json-patch+json']],
  ['GN2 schema of a body', [8, 2, 2, 8, 8, 1, 1, 5, 1], ['#/definitions/A']],
  ['GN2 whether the body is required', [8, 2, 2, 8, 8, 1, 1, 4], ['1']],
  ['GN2 parameter that is referred to', [8, 2, 2, 8, 8, 2, 1], ['#/parameters/dryRun-1']],
  ['GN2 parameter in the query', [8, 2, 2, 8, 8, 1, 2, 3, 4], ['force']],
  ['GN2 parameter in the path', [8, 2, 2, 9, 1, 2, 4, 4], ['name']],
  ['codes of answers', [8, 2, 2, 8, 9, 1, 1], ['200', '401']],
  ['schema of an answer', [8, 2, 2, 8, 9, 1, 2, 1, 2, 1, 1], ['#/definitions/A']],
  ['GN3 extension of an operation', [8, 2, 2, 8, 13, 2, 2], ['{"group":"","kind":"A","version":"v1"}\n']],
  ['name of a definition', [9, 1, 1], ['A']],
  ['its type', [9, 1, 2, 22, 1], ['object']],
  ['its required fields', [9, 1, 2, 19], ['size']],
  ['names of its properties', [9, 1, 2, 25, 1, 1], ['size', 'mode', 'tags', 'parts']],
  ['their formats', [9, 1, 2, 25, 1, 2, 2], ['int32']],
  ['GN3 their values', [9, 1, 2, 25, 1, 2, 20, 2], ['"On"\n']],
  ['type of a map\'s values', [9, 1, 2, 25, 1, 2, 21, 1, 22, 1], ['string']],
  ['type of a list\'s items', [9, 1, 2, 25, 1, 2, 23, 1, 1], ['#/definitions/A']],
  ['names of extensions', [9, 1, 2, 25, 1, 2, 31, 1], ['x-kubernetes-patch-merge-key']],
  ['shared parameter', [10, 1, 1], ['dryRun-1']],
  ['its type', [10, 1, 2, 2, 3, 6], ['string']],
  ['security requirement', [12, 1, 1], ['BearerToken']],
  ['security definition', [13, 1, 2, 2, 3], ['header']],
] as const)('%s', (_, path, expected) => {
  expect(textsAt(encoded, path)).toEqual(expected)
})

test('GN4 a key without a place is refused', () => {
  expect(() => encodeOpenApiV2({ definitions: { A: { oneOf: [] } } })).toThrow('no place for "oneOf"')
  expect(() => encodeOpenApiV2({ parameters: { a: { in: 'cookie', name: 'a' } } })).toThrow('no place for a parameter in "cookie"')
})

test('the whole document can be written, and read as protobuf', () => {
  const bytes = encodeOpenApiV2(openApiV2({}))
  expect(textsAt(bytes, [9, 1, 1])).toContain('io.k8s.api.core.v1.Pod')
  expect(new ProtobufReader(bytes).tag()).toEqual({ number: 9, wire: 2 })
})

test('bounds of values, as schemas of custom resources have them', () => {
  const bounded = encodeOpenApiV2({ swagger: '2.0', definitions: { A: { type: 'object', additionalProperties: true, properties: { n: { type: 'integer', maximum: 10, exclusiveMaximum: true }, s: { type: 'string', maxLength: 300, pattern: '^a$' } } } } })
  const maximum = Buffer.alloc(9)
  maximum.writeUInt8((7 << 3) | 1)
  maximum.writeDoubleLE(10, 1)
  expect(Buffer.from(bounded).includes(maximum)).toBe(true)
  expect(Buffer.from(bounded).includes(Buffer.from([(11 << 3) | 0, 0xac, 0x02]))).toBe(true)
  expect(Buffer.from(bounded).includes(Buffer.from([(21 << 3) | 2, 1, 2, (2 << 3) | 0, 1]))).toBe(true)
})
