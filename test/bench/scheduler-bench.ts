/**
 * The scheduler against the real API server and store, with simulated nodes: pods a second from the first request to the last
 * binding, time of one pod from its request to its binding, memory. Workloads are of the kinds of upstream's scheduler_perf.
 *
 * As in scheduler_perf the kubelets keep out of the way: bound pods are not started and Leases are renewed every 100 s, since here they
 * would share two processors with what is measured. `--lively` has them start pods and renew every 10 s.
 *
 * `--nodes=1000,5000`, `--pods=N` measured pods of each workload, `--only=basic` the workloads whose name begins so,
 * `--profile=FOLDER` writes what each process spent the measured time on.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Belongings } from './belongings.ts'
import { inspectable, profile, type ProfiledProcess } from './profiling.ts'
import { startScheduler, type Program } from '../integration/plane-programs.ts'
import { benchSchedulingCycle } from './cycle-bench.ts'
import { PodClock, percentile } from './pod-clock.ts'
import { ProcessorUse, renderTable, residentBytes } from './process-figures.ts'
import { agents, makeNamespace, startSimulatedCluster, untaintNodes, type SimulatedCluster } from './simulated-cluster.ts'

interface Workload {
  readonly name: string
  /** Pods that are there before, and those that are measured. */
  readonly before?: (nodes: number) => readonly object[]
  readonly measured: (count: number, nodes: number) => readonly object[]
  readonly target: (nodes: number) => number
}

const podOf = (name: string, more: { readonly labels?: Record<string, string>; readonly spec?: object; readonly cpu?: string } = {}) => ({
  metadata: { name, labels: { app: 'bench', ...more.labels } },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10', resources: { requests: { cpu: more.cpu ?? '100m', memory: '500Mi' } } }], ...more.spec },
})
const many = (count: number, prefix: string, more: (index: number) => Parameters<typeof podOf>[1] = () => ({})) => Array.from({ length: count }, (_, index) => podOf(`${prefix}-${index}`, more(index)))
const affinityTo = (kind: 'podAffinity' | 'podAntiAffinity', topologyKey: string, color: string) => ({ affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: { color } } }] } } })
const zoneIn = { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-1', 'zone-2'] }] }] } } } }
const spread = (color: string) => ({ topologySpreadConstraints: [{ maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { color } } }] })
/** A pod stays as it was bound, and goes at once when it is deleted. */
const quietKubelets = { lifecycles: [{ stages: [{ from: 'deleting', to: 'gone' }] }] }
const atScale = (goal: number) => (nodes: number) => (nodes >= 5_000 ? goal : 0)

const workloads: readonly Workload[] = [
  { name: 'basic', measured: count => many(count, 'pod'), target: atScale(600) },
  { name: 'node affinity', measured: count => many(count, 'pod', () => ({ spec: zoneIn })), target: atScale(300) },
  { name: 'pod affinity', before: () => many(100, 'old', () => ({ labels: { color: 'blue' } })), measured: count => many(count, 'pod', () => ({ labels: { color: 'blue' }, spec: affinityTo('podAffinity', 'topology.kubernetes.io/zone', 'blue') })), target: atScale(300) },
  { name: 'pod anti-affinity', measured: (count, nodes) => many(Math.min(count, Math.floor(nodes * 0.9)), 'pod', () => ({ labels: { color: 'green' }, spec: affinityTo('podAntiAffinity', 'kubernetes.io/hostname', 'green') })), target: atScale(300) },
  { name: 'topology spreading', before: () => many(100, 'old', () => ({ labels: { color: 'red' } })), measured: count => many(count, 'pod', () => ({ labels: { color: 'red' }, spec: spread('red') })), target: atScale(300) },
  { name: 'preemption', before: nodes => many(nodes, 'low', () => ({ cpu: '3900m' })), measured: (count, nodes) => many(Math.min(count, 500, Math.floor(nodes / 2)), 'pod', () => ({ cpu: '3900m', spec: { priorityClassName: 'bench-high' } })), target: () => 0 },
]

export async function benchScheduler(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { nodes: { type: 'string', default: '1000,5000' }, pods: { type: 'string', default: '3000' }, only: { type: 'string', default: '' }, profile: { type: 'string' }, lively: { type: 'boolean', default: false } } })
  const nodeFlags = values.profile === undefined ? [] : inspectable
  for (const nodes of values.nodes.split(',').map(Number)) {
    await benchSchedulingCycle([`--nodes=${nodes}`, `--only=${values.only}`])
    process.stdout.write('\n')
    await using cluster = await startSimulatedCluster(belongings, nodes, { nodeFlags, ...(values.lively ? {} : { simulation: quietKubelets, flags: ['--node-lease-duration-seconds=400'] }) })
    process.stdout.write(`${nodes} simulated nodes Ready in ${cluster.readySeconds.toFixed(1)} s${nodes === 5_000 ? ' (target 10 s)' : ''}\n`)
    await untaintNodes(cluster)
    await cluster.api.call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'bench-high' }, value: 1_000 })
    const rows: string[][] = []
    for (const workload of workloads.filter(({ name }) => name.startsWith(values.only))) rows.push(await measure({ cluster, workload, count: Number(values.pods), profileFolder: values.profile, belongings }))
    process.stdout.write(`${renderTable(head, rows)}\n\n`)
  }
}

const head = ['workload', 'pods', 'pods/s', 'p50', 'p99', 'CPU/pod: scheduler', 'API server', 'store', 'kubelets', 'client', 'memory: scheduler', 'API server', 'kubelets', 'others\' CPU', 'target']

interface Measurement {
  readonly cluster: SimulatedCluster
  readonly workload: Workload
  readonly count: number
  readonly profileFolder: string | undefined
  readonly belongings: Belongings
}

async function measure({ cluster, workload, count, profileFolder, belongings }: Measurement): Promise<string[]> {
  const { api, plane, nodes, kubelets } = cluster
  const namespace = workload.name.replaceAll(' ', '-')
  await makeNamespace(api, namespace)
  await using scheduler = await belongings.own(startScheduler(plane, { agents, flags: ['--leader-elect=false'], nodeFlags: profileFolder === undefined ? [] : inspectable }))
  using clock = await PodClock.start(cluster)
  const before = workload.before?.(nodes.length) ?? []
  await clock.create(before, namespace)
  if (before.length > 0 && !(await clock.until({ count: before.length, namespace, prefix: '', of: 'boundAt' }))) return [workload.name, 'the pods before it were not bound']
  const pods = workload.measured(count, nodes.length)
  const profiled = profileFolder === undefined ? undefined : await profile(processesOf(cluster, scheduler), join(profileFolder, `${nodes.length}-${namespace}`))
  const pids = { scheduler: scheduler.pid, server: plane.pids.apiServer, store: plane.pids.store, kubelets: kubelets.pid }
  const use = new ProcessorUse(pids)
  const startedAt = performance.now()
  await clock.create(pods, namespace)
  const isWhole = await clock.until({ count: pods.length, namespace, prefix: 'pod-', of: 'boundAt' })
  const times = clock.times({ namespace, prefix: 'pod-' }).filter(({ boundAt }) => boundAt > 0)
  const perPod = (name: string) => `${((use.used(name) * 1e6) / Math.max(1, times.length)).toFixed(0)} µs`
  const memory = (name: keyof typeof pids) => `${(residentBytes(pids[name]) / 1e6).toFixed(0)} MB`
  const seconds = (Math.max(...times.map(({ boundAt }) => boundAt)) - startedAt) / 1_000
  const latencies = times.map(({ askedAt, boundAt }) => boundAt - askedAt)
  const target = workload.target(nodes.length)
  const row = [
    workload.name, isWhole ? String(times.length) : `${times.length} of ${pods.length}`, (times.length / seconds).toFixed(0), `${percentile(latencies, 0.5).toFixed(0)} ms`, `${percentile(latencies, 0.99).toFixed(0)} ms`,
    perPod('scheduler'), perPod('server'), perPod('store'), perPod('kubelets'), perPod('client'), memory('scheduler'), memory('server'), memory('kubelets'), `${(use.shareOfOthers * 100).toFixed(0)} %`, target === 0 ? '' : `≥ ${target}/s`,
  ]
  await profiled?.()
  await api.call('DELETE', `/api/v1/namespaces/${namespace}/pods`)
  await clock.untilGone(namespace)
  return row
}

function processesOf({ plane, kubelets }: SimulatedCluster, scheduler: Program): ProfiledProcess[] {
  return [
    { name: 'kube-apiserver', log: () => plane.apiServerLog() }, { name: 'etcd', log: () => plane.storeLog() },
    { name: 'kube-scheduler', log: () => scheduler.log().slice(scheduler.log().lastIndexOf('Debugger listening')) }, { name: 'simulated-kubelets', log: () => kubelets.log() },
  ]
}
