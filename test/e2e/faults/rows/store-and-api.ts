/** Faults of the store and of the API server. */
import type { FaultRows } from '../fault-row.ts'
import { fails, field, fresh, kubectl, later, makeConfig, makePod, restartsOf, revision, takes, theLab, watchOnce, works } from '../lab-view.ts'
import { keptLease, valueOf } from '../store-view.ts'

/** Nobody listens there, and nobody minds: only how long it takes is seen. */
const deafWebhook = {
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'deaf' },
  webhooks: [{ name: 'deaf.kubarium.dev', clientConfig: { url: 'https://127.0.0.1:9/' }, failurePolicy: 'Ignore', timeoutSeconds: 10, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'], scope: '*' }] }],
}

interface Stored {
  readonly name: string
  readonly value: string
}

const stored = (name: string) => valueOf(theLab(), `/registry/configmaps/default/${name}`)

/** Whether a watch from the revision of one object tells of the next one. */
async function watchSees(): Promise<boolean> {
  const watched = watchOnce(`resourceVersion=${await theLab().must([...makeConfig(), '-o', 'jsonpath={.metadata.resourceVersion}'])}&timeoutSeconds=4`)
  await later(1_000)
  const name = await theLab().must([...makeConfig(), '-o', 'jsonpath={.metadata.name}'])
  return (await watched).includes(`"${name}"`)
}

/** A watch of six seconds that sees something after one. */
async function watchLasts(wanted: boolean): Promise<boolean> {
  const startedAt = Date.now()
  const watched = watchOnce(`resourceVersion=${await revision()}&timeoutSeconds=6`)
  await later(1_000)
  await kubectl(...makeConfig())
  await watched
  return Date.now() - startedAt > 5_000 === wanted
}

export const storeAndApiRows: FaultRows = {
  'store-slow-fsync': ['etcd', { set: { ms: 1_500 }, shows: () => takes(1_400, ...makeConfig()), heals: async () => !(await takes(1_400, ...makeConfig())) }],
  'store-disk-stuck': ['etcd', { shows: () => fails(/timeout|deadline|Timeout|timed out/i, ...makeConfig('--request-timeout=3s')), heals: () => works(...makeConfig()) }],
  'store-no-space': ['etcd', { shows: () => fails(/space exceeded/, ...makeConfig()), heals: () => works(...makeConfig()) }],
  'store-disk-failed': ['etcd', restartsOf('etcd')],
  'store-compacted-under-watchers': ['etcd', {
    before: () => theLab().kubarium(['inspect', 'kube-apiserver', 'caches', '--name', theLab().name]),
    shows: async () => { const watched = watchOnce(`resourceVersion=${await revision()}&timeoutSeconds=6`); await later(1_000); await kubectl(...makeConfig()); return /too old|410|Expired/.test(await watched) },
    heals: () => works(...makeConfig()),
  }],
  'api-errors': ['kube-apiserver', { set: { code: 500, resource: 'secrets', verb: 'list' }, shows: () => fails(/broken on purpose/, 'get', 'secrets'), heals: () => works('get', 'secrets') }],
  'api-latency': ['kube-apiserver', { set: { ms: 2_000, resource: 'secrets' }, shows: () => takes(1_900, 'get', 'secrets'), heals: async () => !(await takes(1_900, 'get', 'secrets')) }],
  'api-hangs': ['kube-apiserver', { set: { resource: 'secrets' }, shows: () => fails(/timeout|deadline|Timeout/i, 'get', 'secrets', '--request-timeout=2s'), heals: () => works('get', 'secrets') }],
  'api-discovery-outage': ['kube-apiserver', { shows: () => fails(/discovery is out/, 'get', '--raw', '/apis'), heals: () => works('get', '--raw', '/apis') }],
  'api-credential-revoked': ['kube-apiserver', { set: { user: 'kubernetes-admin' }, shows: () => fails(/Unauthorized|logged in/, 'get', 'nodes'), heals: () => works('get', 'nodes') }],
  'api-permission-denied': ['kube-apiserver', { set: { user: 'kubernetes-admin', resource: 'secrets' }, shows: () => fails(/forbidden on purpose/, 'get', 'secrets'), heals: () => works('get', 'secrets') }],
  'api-store-slow': ['kube-apiserver', { set: { ms: 1_500, operation: 'put', resource: 'configmaps' }, shows: () => takes(1_400, ...makeConfig()), heals: async () => !(await takes(1_400, ...makeConfig())) }],
  'api-store-away': ['kube-apiserver', { set: { operation: 'put', resource: 'configmaps' }, shows: () => fails(/store is away|unavailable|error/i, ...makeConfig('--request-timeout=3s')), heals: () => works(...makeConfig()) }],
  'api-admission-slow': ['kube-apiserver', { set: { ms: 1_500, resource: 'configmaps' }, shows: () => takes(1_400, ...makeConfig()), heals: async () => !(await takes(1_400, ...makeConfig())) }],
  'api-admission-refuses': ['kube-apiserver', { set: { resource: 'configmaps' }, shows: () => fails(/refused this on purpose/, ...makeConfig()), heals: () => works(...makeConfig()) }],
  'api-admission-mutates': ['kube-apiserver', { set: { change: 'spoilt=yes', namespace: 'default' }, shows: async () => (await field('.metadata.labels.spoilt', 'pod', await makePod())) === 'yes', heals: async () => (await field('.metadata.labels.spoilt', 'pod', await makePod())) === '' }],
  'api-watch-events-lost': ['kube-apiserver', {
    set: { resource: 'configmaps' },
    shows: async () => { const watched = watchOnce(`resourceVersion=${await revision()}&timeoutSeconds=4`); await later(1_000); await kubectl(...makeConfig()); return !(await watched).includes('config-') },
    heals: async () => { const watched = watchOnce(`resourceVersion=${await revision()}&timeoutSeconds=4`); await later(1_000); await kubectl(...makeConfig()); return (await watched).includes('config-') },
  }],
  'api-bookmark-withheld': ['kube-apiserver', { set: { resource: 'configmaps' }, shows: async () => !(await watchOnce('resourceVersion=0&timeoutSeconds=6&allowWatchBookmarks=true')).includes('BOOKMARK'), heals: async () => (await watchOnce('resourceVersion=0&timeoutSeconds=6&allowWatchBookmarks=true')).includes('BOOKMARK') }],
  'api-resource-version-too-old': ['kube-apiserver', {
    set: { resource: 'configmaps' }, before: () => revision(),
    shows: async (version: never) => /too old/.test(await watchOnce(`resourceVersion=${String(version)}&timeoutSeconds=2`)), heals: async (version: never) => !/too old/.test(await watchOnce(`resourceVersion=${String(version)}&timeoutSeconds=2`)),
  }],
  'api-certificate-expired': ['kube-apiserver', { shows: () => fails(/expired/, 'get', 'nodes'), heals: () => works('get', 'nodes') }],
  'api-certificate-untrusted': ['kube-apiserver', { shows: () => fails(/unknown authority/, 'get', 'nodes'), heals: () => works('get', 'nodes') }],
  'api-certificate-wrong-name': ['kube-apiserver', { shows: () => fails(/elsewhere\.invalid|doesn't contain any IP SANs/, 'get', 'nodes'), heals: () => works('get', 'nodes') }],
  'webhook-down': ['default', { shows: () => fails(/failed calling webhook.*refused/, ...makeConfig()), heals: () => works(...makeConfig()) }],
  'webhook-bad-tls': ['default', { shows: () => fails(/failed calling webhook.*x509/, ...makeConfig()), heals: () => works(...makeConfig()) }],
  'store-corrupt-key': ['etcd', {
    set: { key: '/registry/configmaps/default/damaged-*' },
    before: async () => { const name = fresh('damaged'); await theLab().must(['create', 'configmap', name, '--from-literal=a=b']); return { name, value: await stored(name) } },
    shows: async ({ name, value }: Stored) => (await stored(name)) !== value, heals: async ({ name, value }: Stored) => (await stored(name)) === value,
  }],
  'store-watch-withheld': ['etcd', { shows: async () => !(await watchSees()), heals: () => watchSees() }],
  'store-lease-keepalive-lost': ['etcd', { shows: async () => !(await keptLease(theLab())), heals: () => keptLease(theLab()) }],
  'api-watch-cut': ['kube-apiserver', { set: { resource: 'configmaps' }, shows: () => watchLasts(false), heals: () => watchLasts(true) }],
  'webhook-slow': ['kube-apiserver', {
    set: { ms: 2_000 }, before: () => theLab().must(['apply', '-f', '-'], 60_000, JSON.stringify(deafWebhook)), shows: () => takes(1_900, ...makeConfig()), heals: async () => !(await takes(1_900, ...makeConfig())),
    after: () => theLab().must(['delete', 'validatingwebhookconfiguration', deafWebhook.metadata.name]),
  }],
}
