import { expect, test } from 'vitest'
import { decodeSpans } from './otlp-json.ts'
import { exportTracesRequest, readExportedTraces } from './otlp-protobuf.ts'

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const traceId = '0af7651916cd43dd8448eb211c80319c'

test('what a program exports in protobuf is read as the same spans as in JSON', () => {
  const request = exportTracesRequest.encode({
    resourceSpans: [{
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'apiserver' } }] },
      scopeSpans: [{
        spans: [{
          traceId: bytesOf(traceId), spanId: bytesOf('b7ad6b7169203331'), parentSpanId: bytesOf('00f067aa0ba902b7'), name: 'Create', startTimeUnixNano: 1_795_822_500_123_456_789n, endTimeUnixNano: 1_795_822_500_125_000_000n,
          attributes: [
            { key: 'url', value: { stringValue: '/api/v1/pods' } }, { key: 'size', value: { intValue: -7n } }, { key: 'share', value: { doubleValue: 0.5 } }, { key: 'dry', value: { boolValue: false } },
            { key: 'groups', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } }, { key: 'nothing' },
          ],
          links: [{ traceId: bytesOf(traceId), spanId: bytesOf('b7ad6b7169203332') }], status: { code: 2, message: 'refused' },
        }],
      }],
    }],
  })
  expect(decodeSpans(readExportedTraces(request))).toEqual([{
    resource: { 'service.name': 'apiserver' },
    spans: [{
      context: { traceId, spanId: 'b7ad6b7169203331' }, parent: '00f067aa0ba902b7', name: 'Create', startMs: 1_795_822_500_123.456, endMs: 1_795_822_500_125, error: 'refused',
      attributes: { url: '/api/v1/pods', size: -7, share: 0.5, dry: false, groups: ['a', 'b'] }, links: [{ traceId, spanId: 'b7ad6b7169203332' }],
    }],
  }])
})

test('bytes that are no request are refused', () => {
  expect(() => readExportedTraces(bytesOf('0aff'))).toThrow('message truncated')
})
