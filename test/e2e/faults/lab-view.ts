/** What the tests of faults look at from outside (kubectl, the kernel of a node, counters), on the one lab of their file. */
import type { Ended, TestLab } from '../test-lab.ts'
import { eventually } from '../test-lab.ts'
import type { FaultRow } from './fault-row.ts'

let lab: TestLab
let count = 0

export function lookAt(broken: TestLab): void {
  lab = broken
}

export const theLab = (): TestLab => lab

export const fresh = (stem: string) => `${stem}-${++count}`

export const kubectl = (...argv: string[]): Promise<Ended> => lab.kubectl(argv, 60_000)
export const fails = async (message: RegExp, ...argv: string[]) => {
  const { code, stdout, stderr } = await kubectl(...argv)
  return code !== 0 && message.test(stderr + stdout)
}
export const makeConfig = (...more: string[]) => ['create', 'configmap', fresh('config'), '--from-literal=a=b', ...more]
export const works = async (...argv: string[]) => (await kubectl(...argv)).code === 0
export const takes = async (leastMs: number, ...argv: string[]) => {
  const startedAt = Date.now()
  const { code } = await kubectl(...argv)
  return code === 0 && Date.now() - startedAt >= leastMs
}
/** A pod that does nothing; gone when the row is over. */
export const pods: string[] = []
export const makePod = async (overrides: object = {}, image = 'busybox', policy = 'IfNotPresent') => {
  const name = fresh('pod')
  pods.push(name)
  await lab.must(['run', name, `--image=${image}`, `--image-pull-policy=${policy}`, '--restart=Never', `--overrides=${JSON.stringify({ spec: { terminationGracePeriodSeconds: 0, ...overrides } })}`, '--command', '--', 'sleep', '100000'])
  return name
}
export const onNode1 = { nodeName: 'node-1' }
export const field = async (path: string, ...argv: string[]) => (await kubectl('get', ...argv, '-o', `jsonpath={${path}}`)).stdout
export const nodeOf = (pod: string) => field('.spec.nodeName', 'pod', pod)
export const isRunning = async (pod: string) => (await field('.status.phase', 'pod', pod)) === 'Running'
export const eventOf = async (pod: string, message: RegExp) => message.test((await kubectl('get', 'events', `--field-selector=involvedObject.name=${pod}`, '-o', 'jsonpath={.items[*].message}')).stdout)
export const later = (ms: number) => new Promise(resolve => { setTimeout(resolve, ms) })
export const shell = (script: string, node = 'node-1') => lab.onNode(node, 'sh', '-c', script)
export const restarts = async (name: string) => (JSON.parse((await lab.kubarium(['component', 'list', '--name', lab.name, '-o', 'json'])).stdout) as { name: string; restarts: number }[]).find(one => one.name === name)!.restarts
export const metric = async (pattern: RegExp) => (await lab.must(['get', '--raw', '/metrics'])).split('\n').filter(line => pattern.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)

/** Series of requests about pods, in whatever order their labels are. */
export const podRequests = (...labels: readonly string[]) => new RegExp(`^apiserver_request_total\\{${['resource="pods"', ...labels].map(label => `(?=.*${label})`).join('')}`)

/** kubectl leaves it out of lists. */
export const revision = async () => (JSON.parse(await lab.must(['get', '--raw', '/api/v1/configmaps?limit=1'])) as { metadata: { resourceVersion: string } }).metadata.resourceVersion

export const fromNew = (holds: (pod: string) => Promise<boolean>, overrides: object = {}) => async () => {
  const pod = await makePod(overrides)
  await later(2_500)
  return await holds(pod)
}
export const getsNode = async () => {
  const pod = await makePod()
  return (await eventually('a node', () => nodeOf(pod), 20_000, 300)) !== ''
}
export const startsOn1 = async () => {
  const pod = await makePod(onNode1)
  return await eventually('the pod to run', () => isRunning(pod), 30_000, 300)
}
export const restartsOf = (component: string): Pick<FaultRow, 'before' | 'shows' | 'heals'> => ({ before: () => restarts(component), shows: async (before: never) => (await restarts(component)) > Number(before), heals: () => works('get', 'nodes') })
/** A server that is behind has kubectl ask again, for a minute: it is not waited for. */
export const watchOnce = (query: string) => lab.kubectl(['get', '--raw', `/api/v1/configmaps?watch=1&${query}`], 10_000).then(({ stdout, stderr }) => stdout + stderr)
export const deployment = (change: string, symptom?: RegExp): FaultRow => ({
  before: () => lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec}']),
  shows: async () => (await lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec}'])).includes(change) && (symptom === undefined || symptom.test((await kubectl('get', 'pods,events', '-o', 'json')).stdout)),
  heals: async (before: never) => (await lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec}'])) === before,
})
export const lines = async (command: string, pattern: string) => Number(await shell(`${command} | grep -c "${pattern}" || true`))

export const readyOf = (node: string) => lab.must(['get', 'node', node, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'])
export const isReady = async (pod: string) => (await field('.status.conditions[?(@.type=="Ready")].status', 'pod', pod)) === 'True'
export const probedPod = async (isAwaited = false) => {
  const name = fresh('pod')
  pods.push(name)
  const container = { name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '100000'], readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } }
  await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...onNode1, terminationGracePeriodSeconds: 0, containers: [container] } }))
  if (isAwaited) await eventually('the pod to be Ready', () => isReady(name), 30_000, 300)
  return name
}
export const becomesReady = async () => {
  const pod = await probedPod()
  return await eventually('the pod to be Ready', () => isReady(pod), 30_000, 300)
}
export const rulesReach = async (node: string, withinMs: number) => {
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
export const askPort = () => lab.onNode('node-1', '/usr/local/bin/node', '-e', 'fetch(process.argv[1], { signal: AbortSignal.timeout(2000) }).then(reply => console.log(reply.status), error => console.log(error.name, String(error.cause)))', 'http://127.0.0.1:10256/healthz').catch(String)

export async function makesAccount(wanted: boolean): Promise<boolean> {
  const name = fresh('space')
  await lab.must(['create', 'namespace', name])
  const isThere = async () => (await field('.metadata.name', 'serviceaccount', 'default', '-n', name)) === 'default'
  if (wanted) return eventually('the account', isThere, 15_000, 300)
  await later(2_000)
  return !(await isThere())
}

export async function collects(wanted: boolean): Promise<boolean> {
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

export async function balancerAddress(withinMs: number): Promise<string> {
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

export function growing(pattern: RegExp, least: number): FaultRow {
  const grown = async () => {
    const before = await metric(pattern)
    await later(2_000)
    return (await metric(pattern)) - before
  }
  return { shows: async () => (await grown()) >= least, heals: async () => (await grown()) < least }
}

export const isGone = async (pod: string) => /NotFound/.test((await kubectl('get', 'pod', pod)).stderr)

export async function runningPod(): Promise<string> {
  const pod = await makePod()
  await eventually('the pod to run', () => isRunning(pod), 30_000, 300)
  return pod
}

/** What the name servers say of a Service of the namespace default, asked from a node: addresses or an error code, and how long it took. */
export const lookUp = (service: string) => lab.onNode('node-1', '/usr/local/bin/node', '-e', "const { Resolver } = require('node:dns').promises; const resolver = new Resolver({ timeout: 4000, tries: 1 }); resolver.setServers(['10.96.0.10']); const startedAt = Date.now(); resolver.resolve4(process.argv[1]).catch(error => error.code).then(answer => console.log(String(answer), Date.now() - startedAt, 'ms'))", `${service}.default.svc.cluster.local`)

export const podAddressOn = async (node: string) => field('.items[0].status.podIP', 'pods', '-A', `--field-selector=spec.nodeName=${node},status.phase=Running`)

/** Whether the rules of node-1 lead to the pod that comes after one of the deployment has been deleted. */
export async function endpointsFollow(withinMs: number): Promise<boolean> {
  const ready = async () => (await field('.items[*].status.podIP', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running')).split(' ').filter(ip => ip !== '')
  const before = await ready()
  await lab.must(['delete', 'pod', await field('.items[0].metadata.name', 'pods', '-l', 'app=web'), '--grace-period=0', '--force'])
  const next = await eventually('the next pod', async () => (await ready()).find(ip => !before.includes(ip)), 30_000, 300)
  const until = Date.now() + withinMs
  let found = false
  while (!found && Date.now() < until) {
    await later(500)
    found = Number(await shell(`iptables-save -t nat | grep -c -- "--to-destination ${next}:" || true`)) > 0
  }
  return found
}

/** Whether node-1 has a way to the pods of a node that comes now and goes again. */
export async function knowsNewNode(): Promise<boolean> {
  const name = fresh('node-1')
  const must = async (...argv: string[]) => { const { code, stderr } = await lab.kubarium([...argv, '--name', lab.name]); if (code !== 0) throw new Error(stderr) }
  await must('node', 'add', name)
  const network = await field('.spec.podCIDR', 'node', name)
  await later(3_000)
  const found = (await shell('ip route')).includes(network)
  await must('node', 'remove', name)
  return found
}

/** A claim and a pod that waits for it; both go with the row. */
export async function volumePod(): Promise<string> {
  const name = fresh('pod')
  pods.push(name)
  await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '32Mi' } } } }))
  const container = { name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '100000'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }
  await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-1' }, terminationGracePeriodSeconds: 0, containers: [container], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: name } }] } }))
  return name
}

/** Whether a new claim that a pod waits for is so after a while, and stays so. */
export async function claimIs(phase: 'Pending' | 'Bound'): Promise<boolean> {
  const name = await volumePod()
  await later(5_000)
  return (await field('.status.phase', 'pvc', name)) === phase
}

export const attachments = async () => (await kubectl('get', 'volumeattachments', '-o', 'name')).stdout.split('\n').filter(line => line !== '').length

/** Of twenty packets from node-1, in percent. */
export const pingLoss = async (bytes: number, address = '172.30.0.12') => Number(/([\d.]+)% packet loss/.exec(await shell(`ping -n -q -c 20 -i 0.02 -W 1 -M do -s ${bytes} ${address} || true`))?.[1])
