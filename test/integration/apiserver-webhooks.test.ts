/** Admission webhooks with the real processes: a store, an API server, and a webhook that answers over TLS. */
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { startWebhookServer } from './webhook-server.ts'
import type { WebhookServer } from './webhook-server.ts'

let plane: ControlPlane
let api: RawApi
let hooks: WebhookServer
let count = 0
const newest = findKubectls().at(-1)
const ownAddress = Object.values(networkInterfaces()).flatMap(list => list ?? []).find(address => address.family === 'IPv4' && !address.internal)?.address
const group = '/apis/admissionregistration.k8s.io/v1'

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
  hooks = await startWebhookServer(await plane.certificateFor({ commonName: 'hook', dns: ['hook.tools.svc'], ips: ['127.0.0.1'] }), '0.0.0.0')
})

afterAll(async () => {
  hooks?.[Symbol.dispose]()
  await plane?.stop()
})

/** A namespace of its own for each test, and configurations that are about it alone. */
async function scene(): Promise<{ ns: string; mutating(...webhooks: object[]): Promise<string>; validating(...webhooks: object[]): Promise<string> }> {
  const ns = `w${++count}`
  expect((await api.call('POST', '/api/v1/namespaces', { metadata: { name: ns, labels: { scene: ns } } })).status).toBe(201)
  await api.call('POST', `/api/v1/namespaces/${ns}/serviceaccounts`, { metadata: { name: 'default' } })
  let made = 0
  const make = (resource: string) => async (...webhooks: object[]) => {
    const name = `${ns}-${++made}`
    const whole = webhooks.map((webhook, index) => ({
      name: `h${index}.${name}.test.io`, sideEffects: 'None', admissionReviewVersions: ['v1'], clientConfig: at(`/${name}-${index}`),
      rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['*'] }], namespaceSelector: { matchLabels: { scene: ns } }, ...webhook,
    }))
    const answer = await api.call('POST', `${group}/${resource}`, { metadata: { name }, webhooks: whole })
    expect([answer.status, answer.json.message]).toEqual([201, undefined])
    return name
  }
  return { ns, mutating: make('mutatingwebhookconfigurations'), validating: make('validatingwebhookconfigurations') }
}

const at = (path: string) => ({ url: `https://127.0.0.1:${hooks.port}${path}`, caBundle: Buffer.from(plane.ca).toString('base64') })
const configMaps = (ns: string) => `/api/v1/namespaces/${ns}/configmaps`
const cm = (name: string, data: object = {}) => ({ metadata: { name }, data })

/** Configurations are followed, not read: until the first request that is seen. */
async function effective(ns: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('probe'))
    if (hooks.take().length > 0) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error('the configuration never took effect')
}

describe('validating webhooks', () => {
  test('are asked with the whole review, and what they deny is refused in their words', async () => {
    const { ns, validating } = await scene()
    const name = await validating({})
    await effective(ns)
    hooks.answer(`/${name}-0`, request => (request.object?.data?.bad === undefined ? { warnings: ['just saying'] } : { allowed: false, status: { message: 'no bad maps', code: 403, reason: 'Forbidden', details: { causes: [{ message: 'bad' }] } } }))
    const made = await api.call('POST', `${configMaps(ns)}?fieldManager=tester`, cm('a', { x: '1' }))
    expect([made.status, made.headers.warning]).toEqual([201, '299 - "just saying"'])
    const [asked] = hooks.take()
    expect(asked!.query).toBe('timeout=10s')
    const { uid, object, ...rest } = asked!.request
    expect(uid).toMatch(/^[0-9a-f-]{36}$/)
    expect([object.kind, object.data, object.metadata.name]).toEqual(['ConfigMap', { x: '1' }, 'a'])
    expect(rest).toEqual({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' }, requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'a', namespace: ns, operation: 'CREATE', userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'], extra: expect.anything() },
      oldObject: null, dryRun: false, options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'tester' },
    })
    const denied = await api.call('POST', configMaps(ns), cm('b', { bad: '1' }))
    expect(denied.status).toBe(403)
    expect(denied.json).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `admission webhook "h0.${name}.test.io" denied the request: no bad maps`, reason: 'Forbidden', details: { causes: [{ message: 'bad' }] }, code: 403 })
    hooks.answer(`/${name}-0`, { allowed: false })
    const silent = await api.call('POST', configMaps(ns), cm('c'))
    expect([silent.status, silent.json.message, silent.json.reason]).toEqual([400, `admission webhook "h0.${name}.test.io" denied the request without explanation`, undefined])
  })

  test('see UPDATE, DELETE and deletecollection with the old object', async () => {
    const { ns, validating } = await scene()
    await validating({})
    await effective(ns)
    await api.call('POST', configMaps(ns), cm('a', { x: '1' }))
    await api.call('PATCH', `${configMaps(ns)}/a`, { data: { x: '2' } }, { 'content-type': 'application/merge-patch+json' })
    await api.call('DELETE', `${configMaps(ns)}/a`, { gracePeriodSeconds: 0 })
    await api.call('POST', configMaps(ns), cm('b'))
    hooks.asked.splice(0, 1)
    const seen = hooks.take().map(({ request }) => [request.operation, request.object?.data?.x, request.oldObject?.data?.x, request.options.kind])
    expect(seen).toEqual([['UPDATE', '2', '1', 'PatchOptions'], ['DELETE', undefined, '2', 'DeleteOptions'], ['CREATE', undefined, undefined, 'CreateOptions']])
    await api.call('DELETE', configMaps(ns))
    expect(hooks.take().map(({ request }) => [request.operation, request.oldObject.metadata.name])).toEqual([['DELETE', 'b']])
  })

  test('that cannot be reached fail closed or open', async () => {
    const { ns, validating } = await scene()
    const closed = await validating({ clientConfig: { url: 'https://127.0.0.1:1/x' } })
    for (const deadline = Date.now() + 60_000; Date.now() < deadline && (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('probe'))).status === 201;) await new Promise(resolve => setTimeout(resolve, 10))
    const answer = await api.call('POST', configMaps(ns), cm('a'))
    const text = `failed calling webhook "h0.${closed}.test.io": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused`
    expect(answer.json).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `Internal error occurred: ${text}`, reason: 'InternalError', details: { causes: [{ message: text }] }, code: 500 })
    await api.call('DELETE', `${group}/validatingwebhookconfigurations/${closed}`)
    const slow = await validating({ failurePolicy: 'Ignore', timeoutSeconds: 1 })
    await effective(ns)
    hooks.answer(`/${slow}-0`, { delayMs: 3_000 })
    expect((await api.call('POST', configMaps(ns), cm('a'))).status).toBe(201)
    const metrics = (await api.call('GET', '/metrics')).text
    expect(metrics).toContain(`apiserver_admission_webhook_fail_open_count{name="h0.${slow}.test.io",type="validating"} 1`)
    expect(metrics).toMatch(new RegExp(`apiserver_admission_webhook_rejection_count\\{name="h0.${closed}.test.io",type="validating",operation="CREATE",error_type="calling_webhook_error",rejection_code="503"\\} [1-9]`))
  })

  test('that answer nonsense are failures, each with its reason', async () => {
    const { ns, validating } = await scene()
    const name = await validating({})
    await effective(ns)
    const says = async (answer: Parameters<WebhookServer['answer']>[1]) => {
      hooks.answer(`/${name}-0`, answer)
      return ((await api.call('POST', configMaps(ns), cm('a'))).json.message as string).replace(`Internal error occurred: failed calling webhook "h0.${name}.test.io": `, '')
    }
    expect(await says({ code: 500, raw: 'boom' })).toBe('failed to call webhook: an error on the server ("boom") has prevented the request from succeeding')
    expect(await says({ code: 404, raw: '' })).toBe('failed to call webhook: the server could not find the requested resource')
    expect(await says({ review: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' } })).toBe('received invalid webhook response: webhook response was absent')
    expect(await says({ review: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'x', allowed: true } } })).toMatch(/^received invalid webhook response: expected response.uid="[0-9a-f-]+", got "x"$/)
    expect(await says(request => ({ review: { apiVersion: 'admission.k8s.io/v1beta1', kind: 'AdmissionReview', response: { uid: request.uid, allowed: true } } }))).toBe('received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1beta1, Kind=AdmissionReview')
    expect(await says({ patch: [{ op: 'add', path: '/data', value: {} }] })).toBe('received invalid webhook response: validating webhook may not return response.patch')
  })

  test('are never asked about webhook configurations', async () => {
    const { ns, validating } = await scene()
    const name = await validating({ rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }] })
    await effective(ns)
    hooks.take()
    expect((await api.call('GET', `${group}/validatingwebhookconfigurations/${name}`)).status).toBe(200)
    expect((await api.call('PATCH', `${group}/validatingwebhookconfigurations/${name}`, { metadata: { labels: { a: 'b' } } }, { 'content-type': 'application/merge-patch+json' })).status).toBe(200)
    expect(hooks.take()).toEqual([])
  })
})

describe('mutating webhooks', () => {
  test('change the object in the order of configurations, and what they made is decoded and defaulted', async () => {
    const { ns, mutating } = await scene()
    const pods = { rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }, { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }] }
    const first = await mutating(pods)
    const second = await mutating(pods)
    await effective(ns)
    const only = (kind: string, patch: unknown[]) => (request: { kind: { kind: string } }) => (request.kind.kind === kind ? { patch } : {})
    hooks.answer(`/${first}-0`, only('Pod', [{ op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 'side', nonsense: true } }, { op: 'add', path: '/metadata/labels', value: { side: 'yes' } }]))
    hooks.answer(`/${second}-0`, only('Pod', [{ op: 'add', path: '/spec/containers/1/env', value: [{ name: 'A', value: '1' }] }]))
    const made = await api.call('POST', `/api/v1/namespaces/${ns}/pods`, { metadata: { generateName: 'p-' }, spec: { containers: [{ name: 'c', image: 'web' }] } })
    expect([made.status, made.json.message]).toEqual([201, undefined])
    expect(made.json.metadata.labels).toEqual({ side: 'yes' })
    expect(made.json.spec.containers[1]).toMatchObject({ name: 'side', image: 'side', imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log', env: [{ name: 'A', value: '1' }] })
    expect(made.json.spec.containers[1].nonsense).toBeUndefined()
    expect(made.json.spec.containers[1].volumeMounts).toHaveLength(1) // the service account's token, by the second round
    const asked = hooks.take()
    expect(asked.map(each => each.path)).toEqual([`/${first}-0`, `/${second}-0`])
    expect([asked[0]!.request.name, asked[0]!.request.object.metadata.name, asked[0]!.request.object.metadata.generateName, asked[0]!.request.object.metadata.uid]).toEqual([undefined, undefined, 'p-', undefined])
    expect(asked[1]!.request.object.spec.containers).toHaveLength(2)
  })

  test('with IfNeeded are asked again when a later one has changed the object, once', async () => {
    const { ns, mutating } = await scene()
    const name = await mutating({ reinvocationPolicy: 'IfNeeded' }, {})
    await effective(ns)
    hooks.answer(`/${name}-1`, { patch: [{ op: 'add', path: '/data/late', value: 'x' }] })
    const made = await api.call('POST', configMaps(ns), cm('a', { x: '1' }))
    expect(made.json.data).toEqual({ x: '1', late: 'x' })
    expect(hooks.take().map(each => [each.path, each.request.object.data.late])).toEqual([[`/${name}-0`, undefined], [`/${name}-1`, undefined], [`/${name}-0`, 'x']])
  })

  test('cannot set what is the server\'s, and a spec they change counts as changed', async () => {
    const { ns, mutating } = await scene()
    const name = await mutating({ rules: [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['*'] }, { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['*'] }] })
    await effective(ns)
    const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`
    await api.call('POST', deployments, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'web' }] } } } })
    hooks.answer(`/${name}-0`, request => (request.kind.kind === 'Deployment' ? { patch: [{ op: 'replace', path: '/spec/replicas', value: 3 }, { op: 'add', path: '/status', value: { replicas: 9 } }] } : {}))
    const patched = await api.call('PATCH', `${deployments}/d`, { metadata: { labels: { a: 'b' } } }, { 'content-type': 'application/merge-patch+json' })
    expect([patched.status, patched.json.spec.replicas, patched.json.status, patched.json.metadata.generation]).toEqual([200, 3, {}, 2])
  })

  test('that patch wrongly are an internal error', async () => {
    const { ns, mutating } = await scene()
    const name = await mutating({})
    await effective(ns)
    hooks.answer(`/${name}-0`, { patch: [{ op: 'remove', path: '/data/none' }] })
    const answer = await api.call('POST', configMaps(ns), cm('a', { x: '1' }))
    expect([answer.status, answer.json.reason]).toEqual([500, 'InternalError'])
    await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('b'))
    hooks.answer(`/${name}-0`, request => ({ review: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: request.uid, allowed: true, patch: 'e30=' } } }))
    expect((await api.call('POST', configMaps(ns), cm('a'))).json.message).toContain('received invalid webhook response: webhook returned response.patch but not response.patchType')
  })
})

describe.skipIf(newest === undefined)('kubectl', () => {
  test('prints what a webhook says as it does everywhere', async () => {
    const { ns, validating, mutating } = await scene()
    const kubectl = kubectlWith(newest!, plane.kubeconfig)
    const name = await validating({})
    await effective(ns)
    hooks.answer(`/${name}-0`, request => (request.name === 'bad' ? { allowed: false, status: { message: 'not this one', code: 403, reason: 'Forbidden' } } : { warnings: ['mind the gap'] }))
    expect(await kubectl(`create configmap bad -n ${ns}`)).toEqual({ code: 1, stdout: '', stderr: `error: failed to create configmap: admission webhook "h0.${name}.test.io" denied the request: not this one\n` })
    expect(await kubectl(`create configmap good -n ${ns}`)).toEqual({ code: 0, stdout: 'configmap/good created\n', stderr: 'Warning: mind the gap\n' })
    await mutating({ clientConfig: { url: 'https://127.0.0.1:1/' } })
    await expect.poll(async () => (await kubectl(`annotate configmap good -n ${ns} a=b --overwrite`)).stderr).toMatch(/^Error from server \(InternalError\): Internal error occurred: failed calling webhook "h0.*": failed to call webhook: Post "https:\/\/127.0.0.1:1\?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused\n$/)
  })
})

describe('matching', () => {
  test('Equivalent shows the object in the version that the rule names', async () => {
    const { ns, mutating } = await scene()
    const rule = { rules: [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'], operations: ['CREATE'] }, { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }] }
    const name = await mutating(rule, { ...rule, matchPolicy: 'Exact' })
    await effective(ns)
    hooks.answer(`/${name}-0`, request => (request.kind.kind === 'HorizontalPodAutoscaler' ? { patch: [{ op: 'replace', path: '/spec/targetCPUUtilizationPercentage', value: 33 }] } : {}))
    const made = await api.call('POST', `/apis/autoscaling/v2/namespaces/${ns}/horizontalpodautoscalers`, { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }] } })
    expect([made.status, made.json.message, made.json.spec?.metrics[0].resource.target.averageUtilization]).toEqual([201, undefined, 33])
    const asked = hooks.take()
    expect(asked.map(each => each.path)).toEqual([`/${name}-0`])
    expect([asked[0]!.request.kind.version, asked[0]!.request.requestKind.version, asked[0]!.request.object.apiVersion, asked[0]!.request.object.spec.targetCPUUtilizationPercentage]).toEqual(['v1', 'v2', 'autoscaling/v1', 70])
  })

  test('objectSelector, subresources: scale, binding, eviction and token are shown as what they are', async () => {
    const { ns, mutating } = await scene()
    const name = await mutating({ objectSelector: {}, rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['deployments/scale', 'pods/binding', 'pods/eviction', 'serviceaccounts/token', 'configmaps'], operations: ['*'] }] }, { objectSelector: { matchLabels: { never: 'ever' } } })
    await effective(ns)
    await api.call('POST', `/apis/apps/v1/namespaces/${ns}/deployments`, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'web' }] } } } })
    hooks.answer(`/${name}-0`, request => (request.kind.kind === 'Scale' ? { patch: [{ op: 'replace', path: '/spec/replicas', value: 5 }] } : {}))
    const scaled = await api.call('PATCH', `/apis/apps/v1/namespaces/${ns}/deployments/d/scale`, { spec: { replicas: 2 } }, { 'content-type': 'application/merge-patch+json' })
    expect([scaled.status, scaled.json.spec?.replicas]).toEqual([200, 5])
    const pod = await api.call('POST', `/api/v1/namespaces/${ns}/pods`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'web' }] } })
    expect(pod.status).toBe(201)
    await api.call('POST', `/api/v1/namespaces/${ns}/pods/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } })
    await api.call('POST', `/api/v1/namespaces/${ns}/pods/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } })
    await api.call('POST', `/api/v1/namespaces/${ns}/serviceaccounts/default/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })
    expect(hooks.take().map(({ request }) => [request.operation, request.kind.kind, request.resource.resource, request.subResource, request.object.kind, request.name])).toEqual([
      ['UPDATE', 'Scale', 'deployments', 'scale', 'Scale', 'd'],
      ['CREATE', 'Binding', 'pods', 'binding', 'Binding', 'p'],
      ['CREATE', 'Eviction', 'pods', 'eviction', 'Eviction', 'p'],
      ['CREATE', 'TokenRequest', 'serviceaccounts', 'token', 'TokenRequest', 'default'],
    ])
  })

  test('CONNECT can be refused before anything is dialled', async () => {
    const { ns, validating } = await scene()
    const name = await validating({ rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods/exec', 'pods/proxy'], operations: ['CONNECT'] }, { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }] })
    await effective(ns)
    await api.call('POST', `/api/v1/namespaces/${ns}/pods`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'web' }] } })
    hooks.answer(`/${name}-0`, request => (request.operation === 'CONNECT' ? { allowed: false, status: { message: 'stay out' } } : {}))
    const refused = await api.call('POST', `/api/v1/namespaces/${ns}/pods/p/exec?command=sh&command=-c&stdin=true&stdout=true&container=c`)
    expect(refused.json.message).toBe(`admission webhook "h0.${name}.test.io" denied the request: stay out`)
    const [asked] = hooks.take()
    expect([asked!.request.kind.kind, asked!.request.object, asked!.request.options]).toEqual(['PodExecOptions', { kind: 'PodExecOptions', apiVersion: 'v1', stdin: true, stdout: true, container: 'c', command: ['sh', '-c'] }, null])
    expect((await api.call('GET', `/api/v1/namespaces/${ns}/pods/p/proxy/x`)).json.message).toContain('stay out')
  })

  test.skipIf(ownAddress === undefined)('a service is dialled at its endpoints and must prove its name', async () => {
    const { ns, validating } = await scene()
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'tools' } })
    const service = await api.call('POST', '/api/v1/namespaces/tools/services', { metadata: { name: 'hook' }, spec: { ports: [{ port: 8443 }] } })
    expect(service.status).toBe(201)
    const slice = await api.call('POST', '/apis/discovery.k8s.io/v1/namespaces/tools/endpointslices', { metadata: { name: 'hook-1', labels: { 'kubernetes.io/service-name': 'hook' } }, addressType: 'IPv4', ports: [{ name: '', port: hooks.port }], endpoints: [{ addresses: [ownAddress] }] })
    expect([slice.status, slice.json.message]).toEqual([201, undefined])
    const ca = Buffer.from(plane.ca).toString('base64')
    const name = await validating({ clientConfig: { service: { namespace: 'tools', name: 'hook', port: 8443, path: '/svc' }, caBundle: ca } })
    await effective(ns)
    hooks.answer('/svc', { allowed: false, status: { message: 'by service' } })
    expect((await api.call('POST', configMaps(ns), cm('a'))).json.message).toBe(`admission webhook "h0.${name}.test.io" denied the request: by service`)
    const lost = await validating({ clientConfig: { service: { namespace: 'tools', name: 'nobody' }, caBundle: ca } })
    await api.call('DELETE', `${group}/validatingwebhookconfigurations/${name}`)
    await expect.poll(async () => (await api.call('POST', configMaps(ns), cm('a'))).json.message as string).toBe(`Internal error occurred: failed calling webhook "h0.${lost}.test.io": failed to call webhook: Post "https://nobody.tools.svc:443?timeout=10s": service "nobody" not found`)
  })

  test('what webhooks said is on the request\'s record', async () => {
    const { ns, mutating } = await scene()
    const name = await mutating({})
    await effective(ns)
    hooks.answer(`/${name}-0`, { patch: [{ op: 'add', path: '/data', value: { y: '2' } }] })
    await api.call('POST', configMaps(ns), cm('recorded'))
    const recent = (await api.call('GET', '/debug/inspect/recent-requests')).json
    const record = (recent.value ?? recent).find((each: { path: string; verb: string }) => each.path === configMaps(ns) && each.verb === 'create')
    expect(record.admission.find((verdict: { by?: string }) => verdict.by !== undefined)).toMatchObject({ plugin: 'MutatingAdmissionWebhook', phase: 'admit', by: `${name}/h0.${name}.test.io`, verdict: 'allowed', patched: true })
  })
})
