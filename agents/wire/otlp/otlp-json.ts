/**
 * Spans in the JSON encoding of OTLP: the body of an ExportTraceServiceRequest.
 * Specification: opentelemetry-proto 1.x, trace/v1/trace.proto; ids are hexadecimal and 64-bit numbers are text.
 *
 *   OJ1  What other programs send is read with tolerance: unknown fields are passed over, and a span without ids is left out.
 *   OJ2  Numbers that do not fit a double are not expected in attributes; times keep microseconds.
 */
import type { Attributes, AttributeValue, Span, SpanContext } from '../../base/spans.ts'

export interface SpansOf {
  /** service.name, k8s.node.name and the like. */
  readonly resource: Attributes
  readonly spans: readonly Span[]
}

interface OtlpValue { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean; arrayValue?: { values?: OtlpValue[] } }
interface OtlpAttribute { key?: string; value?: OtlpValue }
interface OtlpSpan {
  traceId?: string
  spanId?: string
  parentSpanId?: string
  name?: string
  kind?: number
  startTimeUnixNano?: string | number
  endTimeUnixNano?: string | number
  attributes?: OtlpAttribute[]
  links?: { traceId?: string; spanId?: string }[]
  status?: { code?: number; message?: string }
}

export interface OtlpTraces {
  resourceSpans?: { resource?: { attributes?: OtlpAttribute[] }; scopeSpans?: { scope?: { name?: string }; spans?: OtlpSpan[] }[] }[]
}

const internal = 1
const errorStatus = 2
const scope = { name: 'kubarium' }

export function encodeSpans({ resource, spans }: SpansOf): OtlpTraces {
  if (spans.length === 0) return { resourceSpans: [] }
  return { resourceSpans: [{ resource: { attributes: encodeAttributes(resource) }, scopeSpans: [{ scope, spans: spans.map(encodeSpan) }] }] }
}

export function decodeSpans(traces: OtlpTraces): SpansOf[] {
  return (traces.resourceSpans ?? []).map(({ resource, scopeSpans = [] }) => ({
    resource: decodeAttributes(resource?.attributes),
    spans: scopeSpans.flatMap(({ spans = [] }) => spans.flatMap(span => decodeSpan(span) ?? [])),
  }))
}

function encodeSpan({ context, parent, name, startMs, endMs, attributes, links, error }: Span): OtlpSpan {
  return {
    ...context,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name, kind: internal, startTimeUnixNano: nanoText(startMs), endTimeUnixNano: nanoText(endMs),
    attributes: encodeAttributes(attributes),
    ...(links.length === 0 ? {} : { links: links.map(({ traceId, spanId }) => ({ traceId, spanId })) }),
    ...(error === undefined ? {} : { status: { code: errorStatus, message: error } }),
  }
}

/** OJ1 */
function decodeSpan(span: OtlpSpan): Span | undefined {
  const context = contextOf(span)
  if (context === undefined) return undefined
  const startMs = milliseconds(span.startTimeUnixNano)
  return {
    context,
    ...(span.parentSpanId === undefined || span.parentSpanId === '' ? {} : { parent: span.parentSpanId }),
    name: span.name ?? '', startMs, endMs: Math.max(startMs, milliseconds(span.endTimeUnixNano)),
    attributes: decodeAttributes(span.attributes),
    links: (span.links ?? []).flatMap(link => contextOf(link) ?? []),
    ...(span.status?.code === errorStatus ? { error: span.status.message ?? '' } : {}),
  }
}

function contextOf({ traceId, spanId }: { traceId?: string; spanId?: string }): SpanContext | undefined {
  return /^[0-9a-f]{32}$/i.test(traceId ?? '') && /^[0-9a-f]{16}$/i.test(spanId ?? '') ? { traceId: traceId!.toLowerCase(), spanId: spanId!.toLowerCase() } : undefined
}

function encodeAttributes(attributes: Attributes): OtlpAttribute[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: encodeValue(value) }]))
}

function encodeValue(value: AttributeValue): OtlpValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map(stringValue => ({ stringValue })) } }
}

function decodeAttributes(attributes: readonly OtlpAttribute[] = []): Attributes {
  return Object.fromEntries(attributes.flatMap(({ key, value }) => {
    const decoded = value === undefined ? undefined : decodeValue(value)
    return key === undefined || key === '__proto__' || decoded === undefined ? [] : [[key, decoded]]
  }))
}

function decodeValue({ stringValue, boolValue, intValue, doubleValue, arrayValue }: OtlpValue): AttributeValue | undefined {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(each => String(decodeValue(each) ?? ''))
  return stringValue ?? boolValue ?? (intValue === undefined ? doubleValue : Number(intValue))
}

/** OJ2: a double holds today's milliseconds with three further digits. */
function nanoText(ms: number): string {
  return `${Math.round(ms * 1_000)}000`
}

function milliseconds(nano: string | number | undefined): number {
  const text = String(nano ?? 0)
  return text.length <= 6 ? 0 : Number(text.slice(0, -3)) / 1_000
}
