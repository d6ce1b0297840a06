/**
 * Spans in the protobuf encoding of OTLP, as upstream's components export them over gRPC: only what a story needs of them.
 * Specification: opentelemetry-proto 1.x, collector/trace/v1/trace_service.proto, trace/v1/trace.proto, common/v1/common.proto.
 */
import { type MessageOf, bool, bytes, double, fixed64, int32, int64, message, nested, optional, repeated, text } from '../grpc/message-codec.ts'
import type { OtlpTraces } from './otlp-json.ts'

export const exportTracesPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

const scalarValue = message({ stringValue: optional(text(1)), boolValue: optional(bool(2)), intValue: optional(int64(3)), doubleValue: optional(double(4)) })
const arrayValue = message({ values: repeated(nested(1, () => scalarValue)) })
const anyValue = message({ stringValue: optional(text(1)), boolValue: optional(bool(2)), intValue: optional(int64(3)), doubleValue: optional(double(4)), arrayValue: nested(5, () => arrayValue) })
const keyValue = message({ key: text(1), value: nested(2, () => anyValue) })
const resource = message({ attributes: repeated(nested(1, () => keyValue)) })
const link = message({ traceId: bytes(1), spanId: bytes(2) })
const status = message({ message: text(2), code: int32(3) })
const span = message({
  traceId: bytes(1), spanId: bytes(2), parentSpanId: bytes(4), name: text(5), kind: int32(6), startTimeUnixNano: fixed64(7), endTimeUnixNano: fixed64(8),
  attributes: repeated(nested(9, () => keyValue)), links: repeated(nested(13, () => link)), status: nested(15, () => status),
})
const scopeSpans = message({ spans: repeated(nested(2, () => span)) })
const resourceSpans = message({ resource: nested(1, () => resource), scopeSpans: repeated(nested(2, () => scopeSpans)) })
/** ExportTraceServiceRequest. */
export const exportTracesRequest = message({ resourceSpans: repeated(nested(1, () => resourceSpans)) })

/** The same request in the JSON encoding's shape. Throws MessageError where the bytes are not one. */
export function readExportedTraces(request: Uint8Array): OtlpTraces {
  return {
    resourceSpans: exportTracesRequest.decode(request).resourceSpans.map(({ resource: of, scopeSpans: scopes }) => ({
      resource: { attributes: (of?.attributes ?? []).map(attribute) },
      scopeSpans: scopes.map(({ spans }) => ({
        spans: spans.map(({ traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, attributes, links, status: ended }) => ({
          traceId: hex(traceId), spanId: hex(spanId), parentSpanId: hex(parentSpanId), name, kind,
          startTimeUnixNano: String(startTimeUnixNano), endTimeUnixNano: String(endTimeUnixNano), attributes: attributes.map(attribute),
          links: links.map(each => ({ traceId: hex(each.traceId), spanId: hex(each.spanId) })),
          ...(ended === undefined ? {} : { status: { code: ended.code, message: ended.message } }),
        })),
      })),
    })),
  }
}

function attribute({ key, value }: MessageOf<typeof keyValue>) {
  if (value === undefined) return { key }
  const { arrayValue: array, ...scalar } = value
  return { key, value: array === undefined ? valueOf(scalar) : { arrayValue: { values: array.values.map(valueOf) } } }
}

function valueOf({ stringValue, boolValue, intValue, doubleValue }: MessageOf<typeof scalarValue>) {
  if (stringValue !== undefined) return { stringValue }
  if (boolValue !== undefined) return { boolValue }
  return intValue === undefined ? { doubleValue: doubleValue ?? 0 } : { intValue: String(intValue) }
}

function hex(id: Uint8Array): string {
  return Array.from(id, byte => byte.toString(16).padStart(2, '0')).join('')
}
