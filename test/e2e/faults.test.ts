/**
 * Faults on a lab of namespace machines: what each does is seen from outside (kubectl, the kernel of a node, counters), and
 * that it is gone after healing. One lab for all; each row leaves it as it found it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultState } from '../../electron/contract/faults.ts'
import { type Ended, TestLab, eventually, whyNoLab } from './test-lab.ts'

const reason = whyNoLab('namespace')
let lab: TestLab
let count = 0
const fresh = (stem: string) => `${stem}-${++count}`

const kubectl = (...argv: string[]): Promise<Ended> => lab.kubectl(argv, 60_000)
const fails = async (message: RegExp, ...argv: string[]) => {
  const { code, stdout, stderr } = await kubectl(...argv)
  return code !== 0 && message.test(stderr + stdout)
}
const makeConfig = (...more: string[]) => ['create', 'configmap', fresh('config'), '--from-literal=a=b', ...more]
const works = async (...argv: string[]) => (await kubectl(...argv)).code === 0
const takes = async (leastMs: number, ...argv: string[]) => {
  const startedAt = Date.now()
  const { code } = await kubectl(...argv)
  return code === 0 && Date.now() - startedAt >= leastMs
}
/** A pod that does nothing; gone when the row is over. */
const pods: string[] = []
const makePod = async (overrides: object = {}, image = 'busybox', policy = 'IfNotPresent') => {
  const name = fresh('pod')
  pods.push(name)
  await lab.must(['run', name, `--image=${image}`, `--image-pull-policy=${policy}`, '--restart=Never', `--overrides=${JSON.stringify({ spec: { terminationGracePeriodSeconds: 0, ...overrides } })}`, '--command', '--', 'sleep', '100000'])
  return name
}
const onNode1 = { nodeName: 'node-1' }
const field = async (path: string, ...argv: string[]) => (await kubectl('get', ...argv, '-o', `jsonpath={${path}}`)).stdout
const nodeOf = (pod: string) => field('.spec.nodeName', 'pod', pod)
const isRunning = async (pod: string) => (await field('.status.phase', 'pod', pod)) === 'Running'
const eventOf = async (pod: string, message: RegExp) => message.test((await kubectl('get', 'events', `--field-selector=involvedObject.name=${pod}`, '-o', 'jsonpath={.items[*].message}')).stdout)
const later = (ms: number) => new Promise(resolve => { setTimeout(resolve, ms) })
const shell = (script: string, node = 'node-1') => lab.onNode(node, 'sh', '-c', script)
const restarts = async (name: string) => (JSON.parse((await lab.kubarium(['component', 'list', '--name', lab.name, '-o', 'json'])).stdout) as { name: string; restarts: number }[]).find(one => one.name === name)!.restarts
const metric = async (pattern: RegExp) => (await lab.must(['get', '--raw', '/metrics'])).split('\n').filter(line => pattern.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)

/** Series of requests about pods, in whatever order their labels are. */
const podRequests = (...labels: readonly string[]) => new RegExp(`^apiserver_request_total\\{${['resource="pods"', ...labels].map(label => `(?=.*${label})`).join('')}`)

/** kubectl leaves it out of lists. */
const revision = async () => (JSON.parse(await lab.must(['get', '--raw', '/api/v1/configmaps?limit=1'])) as { metadata: { resourceVersion: string } }).metadata.resourceVersion

interface Row {
  readonly set?: Readonly<Record<string, string | number>>
  /** Runs before; what it gives is handed on. */
  readonly before?: () => Promise<unknown>
  readonly shows: (before: never) => Promise<boolean>
  readonly heals: (before: never) => Promise<boolean>
}

const fromNew = (holds: (pod: string) => Promise<boolean>, overrides: object = {}) => async () => {
  const pod = await makePod(overrides)
  await later(2_500)
  return await holds(pod)
}
const getsNode = async () => {
  const pod = await makePod()
  return (await eventually('a node', () => nodeOf(pod), 20_000, 300)) !== ''
}
const startsOn1 = async () => {
  const pod = await makePod(onNode1)
  return await eventually('the pod to run', () => isRunning(pod), 30_000, 300)
}
const restartsOf = (component: string): Pick<Row, 'before' | 'shows' | 'heals'> => ({ before: () => restarts(component), shows: async (before: never) => (await restarts(component)) > Number(before), heals: () => works('get', 'nodes') })
const watchOnce = (query: string) => kubectl('get', '--raw', `/api/v1/configmaps?watch=1&${query}`).then(({ stdout, stderr }) => stdout + stderr)
const deployment = (change: string, symptom?: RegExp): Row => ({
  before: () => lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec}']),
  shows: async () => (await lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec}'])).includes(change) && (symptom === undefined || symptom.test((await kubectl('get', 'pods,events', '-o', 'json')).stdout)),
  heals: async (before: never) => (await lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec}'])) === before,
})
const lines = async (command: string, pattern: string) => Number(await shell(`${command} | grep -c "${pattern}" || true`))

const readyOf = (node: string) => lab.must(['get', 'node', node, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'])
const isReady = async (pod: string) => (await field('.status.conditions[?(@.type=="Ready")].status', 'pod', pod)) === 'True'
const probedPod = async () => {
  const name = fresh('pod')
  pods.push(name)
  const container = { name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '100000'], readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } }
  await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...onNode1, terminationGracePeriodSeconds: 0, containers: [container] } }))
  return name
}
const becomesReady = async () => {
  const pod = await probedPod()
  return await eventually('the pod to be Ready', () => isReady(pod), 30_000, 300)
}
const rulesReach = async (node: string, withinMs: number) => {
  const name = fresh('service')
  await lab.must(['create', 'service', 'clusterip', name, '--tcp=80:8080'])
  const address = await field('.spec.clusterIP', 'service', name)
  const until = Date.now() + withinMs
  let found = false
  while (!found && Date.now() < until) {
    await later(500)
    found = Number(await shell(`iptables-save | grep -c "${address}/32" || true`, node)) > 0
  }
  await lab.must(['delete', 'service', name])
  return found
}
const askPort = () => lab.onNode('node-1', '/usr/local/bin/node', '-e', 'fetch(process.argv[1]).then(reply => console.log(reply.status), error => console.log(String(error.cause)))', 'http://127.0.0.1:10256/healthz').catch(String)

const rows: Readonly<Record<string, readonly [target: string, row: Row]>> = {
  'store-slow-fsync': ['etcd', { set: { ms: 1_500 }, shows: () => takes(1_400, ...makeConfig()), heals: async () => !(await takes(1_400, ...makeConfig())) }],
  'store-disk-stuck': ['etcd', { shows: () => fails(/timeout|deadline|Timeout|timed out/i, ...makeConfig('--request-timeout=3s')), heals: () => works(...makeConfig()) }],
  'store-no-space': ['etcd', { shows: () => fails(/space exceeded/, ...makeConfig()), heals: () => works(...makeConfig()) }],
  'store-disk-failed': ['etcd', restartsOf('etcd')],
  'store-compacted-under-watchers': ['etcd', {
    before: () => lab.kubarium(['inspect', 'kube-apiserver', 'caches', '--name', lab.name]),
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
  'scheduler-queue-held': ['kube-scheduler', { shows: fromNew(async pod => (await nodeOf(pod)) === ''), heals: getsNode }],
  'scheduler-plugin-error': ['kube-scheduler', { shows: fromNew(pod => eventOf(pod, /broken on purpose/)), heals: getsNode }],
  'scheduler-plugin-slow': ['kube-scheduler', { set: { ms: 1_000 }, shows: async () => { const pod = await makePod(); const isLate = (await nodeOf(pod)) === ''; await eventually('a node', () => nodeOf(pod), 20_000, 300); return isLate }, heals: getsNode }],
  'scheduler-filter-rejects': ['kube-scheduler', { shows: fromNew(pod => eventOf(pod, /rejected by NodeResourcesFit on purpose/)), heals: getsNode }],
  'scheduler-score-wrong': ['kube-scheduler', { set: { node: 'node-1', score: 0 }, shows: async () => { const made = await Promise.all([makePod(), makePod(), makePod()]); await eventually('nodes', async () => (await Promise.all(made.map(nodeOf))).every(node => node !== ''), 20_000, 300); return (await Promise.all(made.map(nodeOf))).every(node => node === 'node-2') }, heals: getsNode }],
  'scheduler-bind-failure': ['kube-scheduler', { shows: fromNew(async pod => (await nodeOf(pod)) === '' && (await eventOf(pod, /binding failed on purpose/))), heals: getsNode }],
  'scheduler-cache-stale': ['kube-scheduler', { set: { resource: 'pods' }, shows: fromNew(async pod => (await nodeOf(pod)) === ''), heals: getsNode }],
  'leader-flapping': ['kube-scheduler', restartsOf('kube-scheduler')],
  'controller-stopped': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-slow': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller', ms: 4_000 }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-failing': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-skips': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-event-missed': ['kube-controller-manager', { set: { resource: 'namespaces', type: 'ADDED' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-cache-stale': ['kube-controller-manager', { set: { resource: 'namespaces' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-writes-refused': ['kube-controller-manager', { set: { code: 500, method: 'POST', resource: 'serviceaccounts' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-crash-mid-reconcile': ['kube-controller-manager', { set: { method: 'POST', resource: 'serviceaccounts' }, before: () => restarts('kube-controller-manager'), shows: async (before: never) => { await lab.must(['create', 'namespace', fresh('space')]); await later(3_000); return (await restarts('kube-controller-manager')) > Number(before) }, heals: () => makesAccount(true) }],
  'garbage-collection-off': ['kube-controller-manager', { shows: () => collects(false), heals: () => collects(true) }],
  'cloud-address-never-assigned': ['cloud-controller-manager', { shows: async () => (await balancerAddress(3_000)) === '', heals: async () => (await balancerAddress(15_000)) !== '' }],
  'cloud-address-wrong': ['cloud-controller-manager', { shows: async () => (await balancerAddress(15_000)) === '192.0.2.1', heals: async () => (await balancerAddress(15_000)) !== '192.0.2.1' }],
  'cloud-errors': ['cloud-controller-manager', { set: { call: 'ensureLoadBalancer' }, shows: async () => (await balancerAddress(3_000)) === '', heals: async () => (await balancerAddress(15_000)) !== '' }],
  'cloud-slow': ['cloud-controller-manager', { set: { call: 'ensureLoadBalancer', ms: 6_000 }, shows: async () => (await balancerAddress(3_000)) === '', heals: async () => (await balancerAddress(15_000)) !== '' }],
  'cri-call-fails': ['node-1', { shows: fromNew(pod => eventOf(pod, /broken on purpose/), onNode1), heals: startsOn1 }],
  'cri-call-slow': ['node-1', { set: { ms: 6_000 }, shows: fromNew(async pod => !(await isRunning(pod)), onNode1), heals: startsOn1 }],
  'cri-call-stuck': ['node-1', { shows: fromNew(async pod => !(await isRunning(pod)), onNode1), heals: startsOn1 }],
  'runtime-unhealthy': ['node-1', { shows: async () => /runtime is down/.test(await lab.must(['get', 'node', 'node-1', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].message}'])), heals: async () => (await readyOf('node-1')) === 'True' }],
  'image-pull-fails': ['node-1', { shows: async () => { const pod = await makePod(onNode1, 'busybox', 'Always'); await later(2_500); return eventOf(pod, /cannot be reached on purpose/) }, heals: startsOn1 }],
  'image-pull-slow': ['node-1', { shows: async () => { const pod = await makePod(onNode1, 'busybox', 'Always'); await later(2_500); return !(await isRunning(pod)) }, heals: startsOn1 }],
  'probe-fails': ['node-1', { shows: async () => { const pod = await probedPod(); await later(3_000); return eventOf(pod, /said so on purpose/) }, heals: becomesReady }],
  'probe-runner-stuck': ['node-1', { shows: async () => { const pod = await probedPod(); await later(4_000); return (await isRunning(pod)) && !(await isReady(pod)) }, heals: becomesReady }],
  'node-heartbeat-lost': ['node-1', { shows: async () => (await readyOf('node-1')) === 'Unknown', heals: async () => (await readyOf('node-1')) === 'True' }],
  'kube-proxy-frozen': ['node-1', { shows: async () => !(await rulesReach('node-1', 3_000)), heals: () => rulesReach('node-1', 15_000) }],
  'kube-proxy-rule-missing': ['node-1', { set: { service: 'web' }, shows: async () => (await lines('iptables-save -t nat', 'default/web')) === 0, heals: async () => (await lines('iptables-save -t nat', 'default/web')) > 0 }],
  'overlay-fdb-missing': ['node-1', { shows: async () => (await lines('bridge fdb show dev vxlan.kubarium', 'dst 172')) === 0, heals: async () => (await lines('bridge fdb show dev vxlan.kubarium', 'dst 172')) > 0 }],
  'overlay-neighbour-missing': ['node-1', { shows: async () => (await lines('ip neigh show dev vxlan.kubarium', 'PERMANENT')) === 0, heals: async () => (await lines('ip neigh show dev vxlan.kubarium', 'PERMANENT')) > 0 }],
  'overlay-route-missing': ['node-1', { shows: async () => (await lines('ip route', '10.244.*vxlan.kubarium')) === 0, heals: async () => (await lines('ip route', '10.244.*vxlan.kubarium')) > 0 }],
  'overlay-mtu-wrong': ['node-1', { set: { bytes: 1_200 }, shows: async () => (await lines('ip link show vxlan.kubarium', 'mtu 1200')) === 1, heals: async () => (await lines('ip link show vxlan.kubarium', 'mtu 1200')) === 0 }],
  'node-pod-addresses-exhausted': ['node-1', { shows: fromNew(pod => eventOf(pod, /no IP addresses available/), onNode1), heals: startsOn1 }],
  'node-port-reset': ['node-1', { set: { port: 10_256 }, shows: async () => /refused|reset/i.test(await askPort()), heals: async () => !/refused|reset/i.test(await askPort()) }],
  'component-clock-offset': ['kube-scheduler', { set: { seconds: -3_600 }, shows: async () => Date.now() - Date.parse(await field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system')) > 3_000_000, heals: async () => Date.now() - Date.parse(await field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system')) < 60_000 }],
  'component-clock-frozen': ['kube-scheduler', { before: () => field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system'), shows: async () => { const renewed = () => field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system'); await later(3_000); const first = await renewed(); await later(5_000); return first === (await renewed()) }, heals: async () => Date.now() - Date.parse(await field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system')) < 5_000 }],
  'deployment-probe-wrong': ['default/web', deployment('readinessProbe')],
  'deployment-liveness-too-strict': ['default/web', deployment('livenessProbe', /Liveness probe failed/)],
  'deployment-requests-too-large': ['default/web', deployment('"cpu":"100"', /Insufficient cpu/)],
  'deployment-command-fails': ['default/web', deployment('exit 1', /"exitCode": 1/)],
  'deployment-config-missing': ['default/web', deployment('kubarium-no-such-config', /CreateContainerConfigError/)],
  'deployment-node-selector-wrong': ['default/web', deployment('no-such-node', /node affinity\/selector/)],
  'deployment-paused': ['default/web', deployment('"paused":true')],
  'deployment-strategy-wrong': ['default/web', deployment('"type":"Recreate"')],
  'deployment-image-missing': ['default/web', deployment('registry.invalid', /ErrImagePull|ImagePullBackOff/)],
  'deployment-scaled-to-zero': ['default/web', deployment('"replicas":0')],
  'service-local-traffic-only': ['default/web', { shows: async () => (await field('.spec.internalTrafficPolicy', 'service', 'web')) === 'Local', heals: async () => (await field('.spec.internalTrafficPolicy', 'service', 'web')) === 'Cluster' }],
  'service-selector-wrong': ['default/web', { shows: async () => !(await field('.items[*].endpoints[*].addresses[0]', 'endpointslices', '-l', 'kubernetes.io/service-name=web')).includes('10.244'), heals: async () => (await field('.items[*].endpoints[*].addresses[0]', 'endpointslices', '-l', 'kubernetes.io/service-name=web')).includes('10.244') }],
  'secret-rotated': ['default/password', { before: () => field('.data', 'secret', 'password'), shows: async (before: never) => (await field('.data', 'secret', 'password')) !== before, heals: async (before: never) => (await field('.data', 'secret', 'password')) === before }],
  'role-binding-empty': ['default/readers', { shows: () => fails(/no/, 'auth', 'can-i', 'list', 'pods', '--as=jane'), heals: () => works('auth', 'can-i', 'list', 'pods', '--as=jane') }],
  'namespace-limit-range': ['default', { shows: async () => (await field('.spec.containers[0].resources.limits.memory', 'pod', await makePod())) === '4Mi', heals: async () => (await field('.spec.containers[0].resources.limits.memory', 'pod', await makePod())) === '' }],
  'namespace-quota': ['default', { shows: () => fails(/exceeded quota/, 'run', fresh('pod'), '--image=busybox'), heals: getsNode }],
  'namespace-restricted': ['default', { shows: () => fails(/violates PodSecurity/, 'run', fresh('pod'), '--image=busybox'), heals: getsNode }],
  'load-event-storm': ['kube-apiserver', { shows: async () => Number((await kubectl('get', 'events', '--field-selector=reason=Storm', '-o', 'name')).stdout.split('\n').length) > 50, heals: async () => (await kubectl('get', 'events', '--field-selector=reason=Storm', '-o', 'name')).stdout === '' }],
  'load-list-storm': ['kube-apiserver', growing(podRequests('verb="LIST"'), 30)],
  'load-watch-storm': ['kube-apiserver', growing(podRequests('verb="WATCH"'), 20)],
  'load-retry-storm': ['kube-apiserver', growing(podRequests('verb="POST"', 'code="4'), 100)],
  'traffic-spike': ['node-1', { set: { url: 'http://127.0.0.1:10256/healthz', clients: 2 }, shows: async () => Number(await shell('pgrep -fc AbortSignal.timeout || true')) >= 2, heals: async () => Number(await shell('pgrep -fc "AbortSignal[.]timeout.5000" || true')) <= 1 }],
}

async function makesAccount(wanted: boolean): Promise<boolean> {
  const name = fresh('space')
  await lab.must(['create', 'namespace', name])
  const isThere = async () => (await field('.metadata.name', 'serviceaccount', 'default', '-n', name)) === 'default'
  if (wanted) return eventually('the account', isThere, 15_000, 300)
  await later(2_000)
  return !(await isThere())
}

async function collects(wanted: boolean): Promise<boolean> {
  const [owner, owned] = [fresh('owner'), fresh('owned')]
  await lab.must(['create', 'configmap', owner])
  const uid = await field('.metadata.uid', 'configmap', owner)
  await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: owned, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid }] } }))
  await lab.must(['delete', 'configmap', owner])
  const isGone = async () => !(await works('get', 'configmap', owned))
  if (wanted) return eventually('the collection', isGone, 30_000, 300)
  await later(3_000)
  return !(await isGone())
}

async function balancerAddress(withinMs: number): Promise<string> {
  const name = fresh('balancer')
  await lab.must(['create', 'service', 'loadbalancer', name, '--tcp=80:8080'])
  const until = Date.now() + withinMs
  let address = ''
  while (address === '' && Date.now() < until) {
    await later(300)
    address = await field('.status.loadBalancer.ingress[0].ip', 'service', name)
  }
  await lab.must(['delete', 'service', name, '--wait=false'])
  return address
}

function growing(pattern: RegExp, least: number): Row {
  const grown = async () => {
    const before = await metric(pattern)
    await later(2_000)
    return (await metric(pattern)) - before
  }
  return { shows: async () => (await grown()) >= least, heals: async () => (await grown()) < least }
}

async function fault<T>(...argv: string[]): Promise<T> {
  const ended = await lab.kubarium(['fault', ...argv, '--name', lab.name, '-o', 'json'])
  if (ended.code !== 0) throw new Error(`kubarium fault ${argv.join(' ')}: ${ended.stderr}`)
  return JSON.parse(ended.stdout) as T
}

describe('faults of a lab of namespace machines', () => {
  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab('namespace', 'broken')
    await lab.up(2)
    await lab.must(['create', 'deployment', 'web', '--image=web', '--replicas=2'])
    await lab.must(['patch', 'deployment', 'web', '-p', '{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"web","imagePullPolicy":"IfNotPresent"}]}}}}'])
    await lab.must(['expose', 'deployment', 'web', '--port=80', '--target-port=8080'])
    await lab.must(['create', 'secret', 'generic', 'password', '--from-literal=a=b'])
    await lab.must(['create', 'role', 'reader', '--verb=list', '--resource=pods'])
    await lab.must(['create', 'rolebinding', 'readers', '--role=reader', '--user=jane'])
    await lab.must(['rollout', 'status', 'deployment', 'web', '--timeout=60s'])
  }, 900_000)
  afterAll(async () => { await lab?.remove() }, 300_000)

  test.each(Object.entries(rows))('%s is seen from outside, and gone after healing', { timeout: 240_000 }, async (name, [target, { set = {}, before, shows, heals }]) => {
    const given = await before?.()
    const { id } = await fault<FaultState>('inject', name, target, ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]))
    try {
      await eventually(`${name} to show`, () => shows(given as never), 90_000, 500)
    } finally {
      await fault('heal', id)
    }
    await eventually(`${name} to be gone`, () => heals(given as never), 120_000, 500)
    if (pods.length > 0) await kubectl('delete', 'pod', ...pods.splice(0), '--force', '--grace-period=0', '--wait=false')
  })

  test('a rule inside a component is set anew when the component has started again, and ends with the lab host that set it', { timeout: 240_000 }, async () => {
    await fault('inject', 'api-admission-refuses', 'kube-apiserver', '--set', 'resource=configmaps')
    process.kill(await lab.componentPid('kube-apiserver'), 'SIGKILL')
    await eventually('the API server to refuse again', () => fails(/refused this on purpose/, ...makeConfig()), 60_000, 500)
    process.kill(lab.hostPid(), 'SIGKILL')
    await eventually('the rule to lapse with nobody left', () => works(...makeConfig()), 40_000, 500) // no command of ours has started another lab host
    const states = await fault<readonly FaultState[]>('list')
    await eventually('the next lab host to heal', async () => (await fault<readonly FaultState[]>('list')).every(({ phase }) => phase === 'over'), 60_000)
    expect(states.at(-1)!.kind).toBe('api-admission-refuses')
  })
})
