/**
 * What a component did, as spans of OpenTelemetry: who opened them, what for, how long, and what they follow from.
 *
 * There is one recorder a process, as there is one process a component. It is off until somebody watches (`start`), and
 * then costs its users one look at `on`; nothing else here may be called while it is off.
 *
 *   SP1  A span's parent is the one given, or the one it is opened within (`within`); else it begins a trace.
 *   SP2  What woke a piece of work is a link where there may be several causes, or where the cause is known by its
 *        revision only: no object carries a trace, so a watcher names the revision it has seen.
 *   SP3  Times are milliseconds of the Unix epoch with their fractions.
 */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
}

export type AttributeValue = string | number | boolean | readonly string[]
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

export interface Span {
  readonly context: SpanContext
  /** spanId of the parent. */
  readonly parent?: string
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly links: readonly SpanContext[]
  readonly error?: string
}

export interface SpanPlan {
  readonly name: string
  /** Null begins a trace (SP1). */
  readonly parent?: SpanContext | null | undefined
  readonly links?: readonly SpanContext[]
  readonly attributes?: Attributes
  /** Default now. */
  readonly startMs?: number
  readonly endMs?: number
  readonly error?: string | undefined
}

export interface OpenSpan {
  readonly context: SpanContext
  end(more?: { readonly attributes?: Attributes; readonly error?: string | undefined }): void
}

/** What a process lends to the recorder. */
export interface SpanSurroundings {
  /** SP3 */
  readonly now: () => number
  /** That many random hexadecimal digits, not all zero. */
  readonly hex: (digits: number) => string
  readonly keep: (span: Span) => void
  /** The span that the caller's work, also the asynchronous, belongs to. */
  readonly current: () => SpanContext | undefined
  readonly within: <R>(context: SpanContext, work: () => R) => R
}

export class SpanRecorder {
  #around: SpanSurroundings | undefined
  on = false

  start(around: SpanSurroundings): void {
    this.#around = around
    this.on = true
  }

  stop(): void {
    this.on = false
    this.#around = undefined
  }

  now(): number {
    return this.#around?.now() ?? 0
  }

  current(): SpanContext | undefined {
    return this.#around?.current()
  }

  /** Runs the work as part of the span; without one, or when nobody watches any more, as it is. */
  within<R>(context: SpanContext | undefined, work: () => R): R {
    return this.#around === undefined || context === undefined ? work() : this.#around.within(context, work)
  }

  /** A span that is over already. */
  add(plan: SpanPlan): SpanContext {
    const open = this.#open(plan)
    this.#close(open, plan.endMs ?? this.now(), plan.attributes ?? {}, plan.error)
    return open.context
  }

  begin(plan: SpanPlan): OpenSpan {
    const open = this.#open(plan)
    let isOver = false
    return {
      context: open.context,
      end: ({ attributes = {}, error } = {}) => {
        if (isOver) return
        isOver = true
        this.#close(open, this.now(), { ...plan.attributes, ...attributes }, error)
      },
    }
  }

  #open(plan: SpanPlan): Omit<Span, 'endMs' | 'attributes'> {
    const around = this.#around
    const parent = plan.parent === undefined ? around?.current() : (plan.parent ?? undefined)
    return {
      context: { traceId: parent?.traceId ?? around?.hex(32) ?? '', spanId: around?.hex(16) ?? '' },
      ...(parent === undefined ? {} : { parent: parent.spanId }),
      name: plan.name, startMs: plan.startMs ?? this.now(), links: plan.links ?? [],
    }
  }

  /** A span that was opened before the watching ended, or began after, is not kept. */
  #close(open: Omit<Span, 'endMs' | 'attributes'>, endMs: number, attributes: Attributes, error: string | undefined): void {
    if (open.context.spanId === '') return
    this.#around?.keep({ ...open, endMs: Math.max(open.startMs, endMs), attributes, ...(error === undefined ? {} : { error }) })
  }
}

export const spans = new SpanRecorder()

const mostWakers = 50

/** What woke a loop that takes many causes together. */
export class Wakers {
  #contexts: SpanContext[] = []

  /** To be called wherever the loop is woken; without effect while nothing is recorded. */
  note(): void {
    if (!spans.on) return
    const waker = spans.current()
    if (waker !== undefined && this.#contexts.length < mostWakers) this.#contexts.push(waker)
  }

  /** Those since the last time. */
  take(): readonly SpanContext[] {
    const taken = this.#contexts
    this.#contexts = []
    return taken
  }
}

/** W3C Trace Context: version 00, sampled. */
export function traceparentOf({ traceId, spanId }: SpanContext): string {
  return `00-${traceId}-${spanId}-01`
}

export function readTraceparent(header: string | undefined): SpanContext | undefined {
  const found = header === undefined ? null : /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(header)
  return found === null || /^0+$/.test(found[1]!) || /^0+$/.test(found[2]!) ? undefined : { traceId: found[1]!, spanId: found[2]! }
}

/** How an object is named in every span that concerns it. */
export function objectAttributes(
  type: { readonly group: string; readonly resource: string },
  { namespace, name, uid, resourceVersion }: { readonly namespace?: string | undefined; readonly name?: string | undefined; readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
): Attributes {
  return {
    'k8s.group': type.group, 'k8s.resource': type.resource, 'k8s.namespace': namespace, 'k8s.name': name, 'k8s.uid': uid,
    'k8s.resource_version': resourceVersion,
  }
}
