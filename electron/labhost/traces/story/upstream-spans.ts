/**
 * What upstream's kube-apiserver exports, in the words of our own components, so that it takes part in a story.
 * Upstream: apiserver/pkg/endpoints/filters/traces.go (a span a request, by otelhttp), filterlatency (one a filter, each around the
 * next), endpoints/handlers (one a verb), storage/etcd3/store.go, admission/plugin/webhook.
 *
 *   UP1  A request is the span of HTTP with a verb's handler in it; without one (a watch, a health question) it is no step.
 *   UP2  A filter's own part ends where the next filter begins; of those only authentication, flow control and authorisation are stages
 *        of a story. Authentication comes before the span of HTTP: the request begins with it.
 *   UP3  The store's span says no revision. That is the store's own word: the write of the same key while the span lasted.
 *   UP4  Who asked is in the audit log, under the request's audit-id; without a record it stays unknown.
 *   UP5  A client that is not privileged does not get to be the parent of upstream's spans: it is linked, which is as good here.
 *   UP6  Everything else is left as it is, and is not told.
 */
import type { AuditRecord } from '../audit-records.ts'
import { textAt } from '../span-store.ts'
import type { KnownSpan } from '../span-store.ts'

const verbs: Readonly<Record<string, string>> = { Create: 'create', Update: 'update', Patch: 'patch', Delete: 'delete', Get: 'get', List: 'list' }
const filters: Readonly<Record<string, string>> = { priorityandfairness: 'flow control', authorization: 'authorization' }
const stores: ReadonlySet<string> = new Set(['Create etcd3', 'GuaranteedUpdate etcd3'])
const webhooks: Readonly<Record<string, string>> = { 'Call mutating webhook': 'mutate', 'Call validating webhook': 'validate' }
const apiServer = 'kube-apiserver'
/** Clocks are the same machine's; a span's ends are a little apart from what it did. */
const slackMs = 2

export function inOurWords(spans: readonly KnownSpan[], audit: readonly Pick<AuditRecord, 'auditId' | 'user'>[]): readonly KnownSpan[] {
  const theirs = spans.filter(span => span.component === apiServer && (span.name in verbs || span.name in filters || stores.has(span.name) || span.name in webhooks || isHttp(span)))
  const handlers = theirs.filter(({ name }) => name in verbs)
  if (handlers.length === 0) return spans
  const byId = new Map(spans.map(span => [span.context.spanId, span]))
  const users = new Map(audit.map(({ auditId, user }) => [auditId, user]))
  const writes = spans.filter(({ name }) => name === 'etcd write')
  const told = new Map<string, KnownSpan>()
  const requests = new Map<string, KnownSpan>()
  for (const handler of handlers) {
    const http = ancestor(handler, byId, isHttp)
    if (http !== undefined) requests.set(http.context.spanId, handler) // UP1
  }
  for (const span of theirs) {
    const http = isHttp(span) ? span : ancestor(span, byId, isHttp)
    const handler = http === undefined ? undefined : requests.get(http.context.spanId)
    if (http === undefined || handler === undefined) continue
    if (stores.has(span.name)) told.set(span.context.spanId, storeOf(span, http, handler, writes))
    else if (span.name in filters) told.set(span.context.spanId, { ...span, name: filters[span.name]!, parent: http.context.spanId, endMs: nextOf(span, theirs)?.startMs ?? span.endMs, attributes: {} }) // UP2
    else if (span.name in webhooks) told.set(span.context.spanId, { ...span, name: 'admission plugin', parent: http.context.spanId, attributes: { 'admission.plugin': textAt(span.attributes, 'configuration') ?? textAt(span.attributes, 'name'), 'admission.phase': webhooks[span.name] } })
  }
  const stored = new Map([...told.values()].filter(({ name }) => name === 'store').map(store => [store.parent!, store]))
  for (const [id, handler] of requests) {
    const http = byId.get(id)!
    const before = http.parent === undefined ? undefined : byId.get(http.parent)
    const authentication = before?.component === apiServer && before.name === 'authentication' ? before : undefined
    const request = requestOf(http, authentication, handler, stored.get(id), users)
    told.set(id, request)
    if (authentication !== undefined) told.set(authentication.context.spanId, { ...authentication, parent: id, links: [], endMs: http.startMs, attributes: { user: request.attributes['user'] } }) // UP2
  }
  return spans.map(span => told.get(span.context.spanId) ?? span) // UP6
}

function isHttp({ attributes }: KnownSpan): boolean {
  return attributes['http.request.method'] !== undefined && attributes['audit-id'] !== undefined
}

function ancestor(span: KnownSpan, byId: ReadonlyMap<string, KnownSpan>, is: (span: KnownSpan) => boolean): KnownSpan | undefined {
  for (let at = span.parent === undefined ? undefined : byId.get(span.parent), steps = 0; at !== undefined && steps < 50; steps++) {
    if (is(at)) return at
    at = at.parent === undefined ? undefined : byId.get(at.parent)
  }
  return undefined
}

function nextOf({ context }: KnownSpan, spans: readonly KnownSpan[]): KnownSpan | undefined {
  return spans.find(({ parent }) => parent === context.spanId)
}

function requestOf(http: KnownSpan, authentication: KnownSpan | undefined, handler: KnownSpan, store: KnownSpan | undefined, users: ReadonlyMap<string, string>): KnownSpan {
  const outermost = authentication ?? http
  const auditId = textAt(http.attributes, 'audit-id') ?? ''
  const subresource = textAt(handler.attributes, 'subresource') ?? ''
  const { parent = outermost.links[0]?.spanId } = outermost // UP5
  const { error: _, parent: __, ...span } = http
  return {
    ...span, name: 'request', startMs: outermost.startMs, ...(parent === undefined ? {} : { parent }), links: [],
    attributes: {
      ...http.attributes, 'k8s.verb': verbs[handler.name], 'k8s.subresource': subresource === '' ? undefined : subresource, 'user': users.get(auditId), 'audit_id': auditId, // UP4
      ...objectOf(handler, store === undefined ? undefined : textAt(store.attributes, 'k8s.name')),
    },
  }
}

/** UP3 */
function storeOf(span: KnownSpan, http: KnownSpan, handler: KnownSpan, writes: readonly KnownSpan[]): KnownSpan {
  const key = textAt(span.attributes, 'key') ?? ''
  const write = writes.find(({ attributes, startMs }) => (textAt(attributes, 'store.key') ?? '').endsWith(key) && startMs >= span.startMs - slackMs && startMs <= span.endMs + slackMs)
  return { ...span, name: 'store', parent: http.context.spanId, attributes: { ...objectOf(handler, key.slice(key.lastIndexOf('/') + 1)), 'store.revision': write?.attributes['store.revision'] } }
}

function objectOf({ attributes }: KnownSpan, made: string | undefined): KnownSpan['attributes'] {
  const word = (key: string): string | undefined => {
    const text = textAt(attributes, key) ?? ''
    return text === '' ? undefined : text
  }
  const resource = word('resource')
  return { 'k8s.group': word('api-group') ?? '', 'k8s.resource': resource, 'k8s.namespace': resource === 'namespaces' ? undefined : word('namespace'), 'k8s.name': word('name') ?? made }
}
