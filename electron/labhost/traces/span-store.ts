/**
 * The recent spans of a lab, bounded, found by id, by object and by revision.
 *
 *   SS1  The oldest go first when there is no more room.
 *   SS2  Times are moved to the desktop's clock by what the component said its own time was.
 */
import type { Attributes, Span } from '../../../agents/base/spans.ts'

export interface KnownSpan extends Span {
  readonly component: string
  /** Null for components of the desktop. */
  readonly node: string | null
}

export interface SpanOrigin {
  readonly component: string
  readonly node: string | null
  /** What to add to the component's times. */
  readonly offsetMs: number
}

const mostSpans = 60_000

export class SpanStore {
  readonly #most: number
  readonly #byId = new Map<string, KnownSpan>()
  #version = 0

  constructor(most: number = mostSpans) {
    this.#most = most
  }

  /** Grows with every addition. */
  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#byId.size
  }

  add(spans: readonly Span[], { component, node, offsetMs }: SpanOrigin): void {
    if (spans.length === 0) return
    this.#version++
    for (const span of spans) this.#byId.set(span.context.spanId, { ...span, startMs: span.startMs + offsetMs, endMs: span.endMs + offsetMs, component, node }) // SS2
    for (const id of this.#byId.keys()) { // SS1
      if (this.#byId.size <= this.#most) break
      this.#byId.delete(id)
    }
  }

  all(): readonly KnownSpan[] {
    return [...this.#byId.values()]
  }
}

export function textAt(attributes: Attributes, key: string): string | undefined {
  const value = attributes[key]
  return value === undefined ? undefined : Array.isArray(value) ? value.join(', ') : String(value)
}

export function numberAt(attributes: Attributes, key: string): number | undefined {
  const value = attributes[key]
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}
