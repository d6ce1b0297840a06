import { expect, test } from 'vitest'
import type { KnownSpan } from '../span-store.ts'
import { inOurWords } from './upstream-spans.ts'

const span = (spanId: string, name: string, [startMs, endMs]: readonly [number, number], parent: string | undefined, attributes: KnownSpan['attributes'] = {}, more: Partial<KnownSpan> = {}): KnownSpan => ({
  context: { traceId: 't', spanId }, ...(parent === undefined ? {} : { parent }), name, startMs, endMs, attributes, links: [], component: 'kube-apiserver', node: null, ...more,
})
const asked = { 'http.request.method': 'POST', 'url.path': '/apis/apps/v1/namespaces/default/deployments', 'http.response.status_code': 201, 'user_agent.original': 'kubectl/v1.36.0', 'audit-id': 'a1' }
const handled = { 'api-group': 'apps', 'resource': 'deployments', 'namespace': 'default', 'name': '', 'subresource': '', 'verb': 'POST' }
const etcdWrite = (spanId: string, at: number, key: string, revision: number): KnownSpan => span(spanId, 'etcd write', [at, at + 1], undefined, { 'store.key': key, 'store.revision': revision }, { component: 'etcd' })
/** What kube-apiserver 1.36 exports of a create, its filters each around the next. */
const create: readonly KnownSpan[] = [
  span('authn', 'authentication', [0, 40], 'loop'),
  span('http', 'POST /apis/apps/v1/namespaces/{:namespace}/deployments', [2, 40], 'authn', asked),
  span('audit', 'audit', [3, 40], 'http'), span('fair', 'priorityandfairness', [4, 39], 'audit'), span('authz', 'authorization', [6, 39], 'fair'),
  span('handler', 'Create', [8, 38], 'authz', handled), span('hook', 'Call validating webhook', [9, 12], 'handler', { configuration: 'policy.example.com' }),
  span('etcd3', 'Create etcd3', [14, 30], 'handler', { key: '/deployments/default/web' }), span('txn', 'etcdserverpb.KV/Txn', [15, 29], 'etcd3'),
  etcdWrite('other', 16, '/registry/deployments/default/web-2', 11), etcdWrite('write', 20, '/registry/deployments/default/web', 12), etcdWrite('later', 90, '/registry/deployments/default/web', 13),
]
const audit = [{ auditId: 'a1', user: 'kubernetes-admin' }]
const told = (spans: readonly KnownSpan[], records = audit): Readonly<Record<string, KnownSpan>> => Object.fromEntries(inOurWords(spans, records).map(each => [each.context.spanId, each]))

test('UP1, UP4 a request is what HTTP and its handler say together, and who asked is in the audit log', () => {
  const { http } = told(create)
  expect(http).toMatchObject({
    name: 'request', parent: 'loop', startMs: 0, endMs: 40,
    attributes: { 'k8s.verb': 'create', 'k8s.group': 'apps', 'k8s.resource': 'deployments', 'k8s.namespace': 'default', 'k8s.name': 'web', 'audit_id': 'a1', 'user': 'kubernetes-admin', 'url.path': asked['url.path'], 'http.response.status_code': 201 },
  })
  expect(told(create, [])['http']!.attributes['user']).toBeUndefined()
})

test('UP2 filters are stages one after another, though each was around the next', () => {
  const { authn, fair, authz, audit: kept } = told(create)
  expect([authn, fair, authz].map(each => [each!.name, each!.parent, each!.startMs, each!.endMs])).toEqual([['authentication', 'http', 0, 2], ['flow control', 'http', 4, 6], ['authorization', 'http', 6, 8]])
  expect(kept).toBe(create[2])
})

test('UP3 the revision is that of the write of this key while the span lasted', () => {
  expect(told(create)['etcd3']).toMatchObject({ name: 'store', parent: 'http', attributes: { 'k8s.name': 'web', 'store.revision': 12 } })
  expect(told(create.filter(({ context }) => context.spanId !== 'write'))['etcd3']!.attributes['store.revision']).toBeUndefined()
})

test('a webhook is a plugin of admission', () => {
  expect(told(create)['hook']).toMatchObject({ name: 'admission plugin', parent: 'http', attributes: { 'admission.plugin': 'policy.example.com', 'admission.phase': 'validate' } })
})

test('UP5 a client that is only linked is the one who asked', () => {
  const linked = create.map(each => (each.context.spanId === 'authn' ? span('authn', 'authentication', [0, 40], undefined, {}, { links: [{ traceId: 'u', spanId: 'loop2' }] }) : each))
  expect(told(linked)['http']!.parent).toBe('loop2')
})

test('UP1, UP6 a watch and our own spans stay as they are', () => {
  const watch = [span('http2', 'GET', [0, 9], undefined, { ...asked, 'audit-id': 'a2' }), span('mine', 'request', [0, 1], undefined, { 'http.request.method': 'GET' })]
  expect(inOurWords(watch, audit)).toEqual(watch)
  expect(inOurWords([...create, ...watch], audit).slice(-2)).toEqual(watch)
})
