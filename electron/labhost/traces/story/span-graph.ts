/**
 * The spans of a lab as what they are to a story: who is whose child, which request wrote which revision, who was told of it.
 */
import { numberAt, textAt } from '../span-store.ts'
import type { KnownSpan } from '../span-store.ts'
import { objectId } from './story-input.ts'

/** A request that changed the store. */
export interface WriteSpan {
  readonly request: KnownSpan
  readonly store: KnownSpan
  readonly revision: number
  readonly object: string
}

export interface SpanGraph {
  readonly byId: ReadonlyMap<string, KnownSpan>
  childrenOf(span: KnownSpan): readonly KnownSpan[]
  /** The span that asked for this request: a reconcile, a decision, a sync. */
  parentOf(span: KnownSpan): KnownSpan | undefined
  readonly writes: readonly WriteSpan[]
  writeOf(revision: number, object: string): WriteSpan | undefined
  /** Requests by the object they concern, also refused ones. */
  requestsOf(object: string): readonly KnownSpan[]
  readonly durable: ReadonlyMap<number, KnownSpan>
  /** Deliveries and informers' events of a revision of an object. */
  deliveriesOf(object: string, revision: number): readonly KnownSpan[]
  readonly named: ReadonlyMap<string, readonly KnownSpan[]>
}

const none: readonly KnownSpan[] = []

export function spanGraph(spans: readonly KnownSpan[]): SpanGraph {
  const byId = new Map<string, KnownSpan>()
  const children = new Map<string, KnownSpan[]>()
  const named = new Map<string, KnownSpan[]>()
  const durable = new Map<number, KnownSpan>()
  const deliveries = new Map<string, KnownSpan[]>()
  const requests = new Map<string, KnownSpan[]>()
  const put = <K>(map: Map<K, KnownSpan[]>, key: K, span: KnownSpan): void => {
    const known = map.get(key)
    if (known === undefined) map.set(key, [span])
    else known.push(span)
  }
  for (const span of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    byId.set(span.context.spanId, span)
    put(named, span.name, span)
    if (span.parent !== undefined) put(children, span.parent, span)
    const object = objectOf(span)
    if (span.name === 'etcd write') durable.set(numberAt(span.attributes, 'store.revision') ?? 0, span)
    if (object === undefined) continue
    if (span.name === 'watch') put(deliveries, `${object}@${revisionOf(span) ?? 0}`, span)
    if (span.name === 'request') put(requests, object, span)
  }
  const writes = (named.get('request') ?? none).flatMap((request): WriteSpan[] => {
    const store = (children.get(request.context.spanId) ?? none).findLast(child => child.name === 'store')
    const revision = store === undefined ? undefined : numberAt(store.attributes, 'store.revision')
    const object = store === undefined ? undefined : objectOf(store)
    return store === undefined || revision === undefined || object === undefined ? [] : [{ request, store, revision, object }]
  })
  const byRevision = new Map(writes.map(write => [`${write.object}@${write.revision}`, write]))
  return {
    byId, writes, durable, named,
    childrenOf: span => children.get(span.context.spanId) ?? none,
    parentOf: span => (span.parent === undefined ? undefined : byId.get(span.parent)),
    writeOf: (revision, object) => byRevision.get(`${object}@${revision}`),
    requestsOf: object => requests.get(object) ?? none,
    deliveriesOf: (object, revision) => deliveries.get(`${object}@${revision}`) ?? none,
  }
}

const created = 201

/** When the object was last made, of what is known; 0 when that was before. */
export function madeAtMs({ writes }: SpanGraph, object: string): number {
  return writes.findLast(write => write.object === object && numberAt(write.request.attributes, 'http.response.status_code') === created && textAt(write.request.attributes, 'k8s.subresource') === undefined)?.request.startMs ?? 0
}

export function objectOf({ attributes }: KnownSpan): string | undefined {
  const [resource, name] = [textAt(attributes, 'k8s.resource'), textAt(attributes, 'k8s.name')]
  return resource === undefined || name === undefined ? undefined : objectId({ group: textAt(attributes, 'k8s.group') ?? '', resource, namespace: textAt(attributes, 'k8s.namespace'), name })
}

export function revisionOf({ attributes }: KnownSpan): number | undefined {
  return numberAt(attributes, 'k8s.resource_version')
}

/** Does a watch of the API server belong to the component that tells of the event? Watchers are known by their User-Agent. */
export function isWatchOf(delivery: KnownSpan, event: KnownSpan): boolean {
  const agent = textAt(delivery.attributes, 'user_agent.original') ?? ''
  if (!agent.startsWith(event.component)) return false
  const user = textAt(delivery.attributes, 'user') ?? ''
  return event.node === null || !user.startsWith('system:node:') || user === `system:node:${event.node}`
}
