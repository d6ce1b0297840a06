/**
 * The controller manager against the real API server and store, with scheduler and simulated nodes: how long a large piece of
 * work takes, objects a second, how long a reconcile takes (p99 over all controllers that took part), writes for each object,
 * what each process used of the processors for an object, its memory after it, and what others used meanwhile.
 *
 * `--nodes=N`, `--size=N` objects of each piece of work, `--only=deployment` the pieces whose name begins so.
 */
import { parseArgs } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { startControllerManager, startScheduler, type Program } from '../integration/plane-programs.ts'
import type { RawApi } from '../integration/raw-api.ts'
import type { Belongings } from './belongings.ts'
import { ProcessorUse, renderTable, residentBytes } from './process-figures.ts'
import { agents, makeNamespace, startSimulatedCluster, untilNodes, isUntainted, type SimulatedCluster } from './simulated-cluster.ts'

interface Bench {
  readonly cluster: SimulatedCluster
  readonly manager: Program
  readonly size: number
}

interface Piece {
  readonly name: string
  /** What is there before the measured work; it is not counted. */
  readonly prepare?: (bench: Bench, namespace: string) => Promise<unknown>
  readonly run: (bench: Bench, namespace: string) => Promise<{ readonly objects: number; readonly seconds: number }>
}

const template = (labels: Record<string, string>, more: object = {}) => ({ metadata: { labels }, spec: { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'nginx', resources: { requests: { cpu: '10m', memory: '16Mi' } } }], ...more } })
const deploymentOf = (name: string, replicas: number, more: object = {}) => ({ metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template: template({ app: name }, more) } })
const whole = (api: RawApi, namespace: string, size: number) => async () => ((await api.call('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/web`)).json as { status: { availableReplicas?: number } }).status.availableReplicas === size
const deploy = async ({ cluster: { api }, size }: Bench, namespace: string, more: object = {}) => {
  await api.call('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, deploymentOf('web', size, more))
  return asLong(performance.now(), whole(api, namespace, size))
}
const asLong = async (since: number, holds: () => Promise<boolean>) => {
  for (const until = since + 600_000; !(await holds()); await pause(100)) if (performance.now() > until) throw new Error('not done within 600 s')
  return (performance.now() - since) / 1_000
}

const pieces: readonly Piece[] = [
  {
    name: 'deployment: scale out from nothing until all are available',
    prepare: ({ cluster: { api } }, namespace) => api.call('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, deploymentOf('web', 0)),
    run: async ({ cluster: { api }, size }, namespace) => {
      const startedAt = performance.now()
      await api.call('PATCH', `/apis/apps/v1/namespaces/${namespace}/deployments/web`, '{"spec":{"replicas":' + String(size) + '}}', { 'content-type': 'application/merge-patch+json' })
      return { objects: size, seconds: await asLong(startedAt, whole(api, namespace, size)) }
    },
  },
  {
    name: 'service: its endpoint slices complete after all pods run',
    prepare: (bench, namespace) => deploy(bench, namespace),
    run: async ({ cluster: { api }, size }, namespace) => {
      const startedAt = performance.now()
      await api.call('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } })
      const endpoints = async () => ((await api.call('GET', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`)).json as { items: { endpoints?: unknown[] }[] }).items.reduce((sum, slice) => sum + (slice.endpoints?.length ?? 0), 0)
      return { objects: size, seconds: await asLong(startedAt, async () => (await endpoints()) === size) }
    },
  },
  {
    name: 'job: as many indexes, 200 at once, until complete',
    run: async ({ cluster: { api }, size }, namespace) => {
      const startedAt = performance.now()
      await api.call('POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, { metadata: { name: 'work' }, spec: { completions: size, parallelism: 200, completionMode: 'Indexed', template: template({ app: 'work' }, { restartPolicy: 'Never' }) } })
      return { objects: size, seconds: await asLong(startedAt, async () => ((await api.call('GET', `/apis/batch/v1/namespaces/${namespace}/jobs/work`)).json as { status: { conditions?: { type: string; status: string }[] } }).status.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') === true) }
    },
  },
  {
    name: 'namespace: deletion with as many config maps',
    prepare: async ({ cluster: { api }, size }, namespace) => {
      let next = 0
      await Promise.all(Array.from({ length: 32 }, async () => {
        for (let index = next++; index < size; index = next++) await api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: `settings-${index}` }, data: { text: 'x'.repeat(200) } })
      }))
    },
    run: async ({ cluster: { api }, size }, namespace) => {
      const startedAt = performance.now()
      await api.call('DELETE', `/api/v1/namespaces/${namespace}`)
      return { objects: size, seconds: await asLong(startedAt, async () => (await api.call('GET', `/api/v1/namespaces/${namespace}`)).status === 404) }
    },
  },
  {
    name: 'nodes: a tenth lose their power, until all their pods are evicted',
    prepare: (bench, namespace) => deploy(bench, namespace, { tolerations: ['unreachable', 'not-ready'].map(key => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 })) }),
    run: async ({ cluster: { api, kubelets, nodes } }, namespace) => {
      const off = new Set(nodes.filter((_, index) => index % 10 === 0).map(({ name }) => name))
      const onThem = async () => ((await api.call('GET', `/api/v1/namespaces/${namespace}/pods`)).json as { items: { metadata: { deletionTimestamp?: string }; spec: { nodeName?: string } }[] }).items.filter(({ spec }) => off.has(spec.nodeName ?? ''))
      const objects = (await onThem()).length
      const startedAt = performance.now()
      kubelets.play(nodes.map(node => (off.has(node.name) ? { ...node, power: 'off' } : node)))
      const seconds = await asLong(startedAt, async () => (await onThem()).every(({ metadata }) => metadata.deletionTimestamp !== undefined))
      kubelets.play(nodes)
      return { objects, seconds }
    },
  },
]

export async function benchControllers(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { nodes: { type: 'string', default: '1000' }, size: { type: 'string', default: '1000' }, only: { type: 'string', default: '' } } })
  // Leases are short so that the piece with lost nodes measures the controllers, not the grace period; eviction is not held back.
  await using cluster = await startSimulatedCluster(belongings, Number(values.nodes), { givesPodCidrs: false, flags: ['--node-lease-duration-seconds=40'] })
  await using manager = await belongings.own(startControllerManager(cluster.plane, { agents, flags: ['--leader-elect=false', '--node-monitor-grace-period=20s', '--node-monitor-period=2s', '--node-eviction-rate=1000'] }))
  await using scheduler = await belongings.own(startScheduler(cluster.plane, { agents, flags: ['--leader-elect=false'] }))
  await untilNodes(cluster.api, cluster.nodes.length, node => isUntainted(node) && (node.spec.podCIDR ?? '') !== '')
  const bench: Bench = { cluster, manager, size: Number(values.size) }
  const pids = { manager: manager.pid, scheduler: scheduler.pid, server: cluster.plane.pids.apiServer, store: cluster.plane.pids.store, kubelets: cluster.kubelets.pid }
  const names = Object.keys(pids) as (keyof typeof pids)[]
  const rows: string[][] = []
  for (const [index, piece] of pieces.entries()) {
    if (!piece.name.startsWith(values.only)) continue
    const namespace = `bench-${index}`
    await makeNamespace(cluster.api, namespace)
    await piece.prepare?.(bench, namespace)
    const use = new ProcessorUse(pids)
    const [writesBefore, timesBefore] = [await writesOf(cluster), await reconcileTimes(manager)]
    const { objects, seconds } = await piece.run(bench, namespace)
    const [micros, memory] = [names.map(name => ((use.used(name) * 1e6) / Math.max(1, objects)).toFixed(0)), names.map(name => (residentBytes(pids[name]) / 1e6).toFixed(0))]
    const others = `${(use.shareOfOthers * 100).toFixed(0)} %`
    const [writes, times] = [await writesOf(cluster) - writesBefore, difference(await reconcileTimes(manager), timesBefore)]
    rows.push([piece.name, String(objects), `${seconds.toFixed(1)} s`, `${(objects / seconds).toFixed(0)}/s`, percentileText(times, 0.99), (writes / Math.max(1, objects)).toFixed(1), micros.join(', '), memory.join(', '), others])
    await cluster.api.call('DELETE', `/api/v1/namespaces/${namespace}`)
    await asLong(performance.now(), async () => (await cluster.api.call('GET', `/api/v1/namespaces/${namespace}`)).status === 404)
  }
  const each = 'manager, scheduler, API server, store, kubelets'
  process.stdout.write(`${renderTable(['', 'objects', 'time', 'rate', 'p99 reconcile', 'writes/object (all components)', `µs of CPU an object: ${each}`, `MB: ${each}`, 'others\' CPU'], rows)}\n`)
}

/** Requests that changed something, Leases aside, as the API server counted them. */
async function writesOf({ api }: SimulatedCluster): Promise<number> {
  const { text } = await api.call('GET', '/metrics')
  return [...text.matchAll(/^apiserver_request_total\{([^}]*)\} (\d+)/gm)].filter(([, labels]) => /verb="(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)"/.test(labels!) && !labels!.includes('resource="leases"') && /code="2/.test(labels!)).reduce((sum, [, , count]) => sum + Number(count), 0)
}

/** Upper bound of a bucket of workqueue_work_duration_seconds -> how many reconciles ended below it. */
async function reconcileTimes(manager: Program): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>()
  for (const [, bound, count] of (await manager.get('/metrics')).text.matchAll(/^workqueue_work_duration_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} (\d+)/gm)) sums.set(bound!, (sums.get(bound!) ?? 0) + Number(count))
  return sums
}

function difference(after: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]))
}

function percentileText(buckets: ReadonlyMap<string, number>, share: number): string {
  const sorted = [...buckets].map(([bound, count]) => ({ bound: bound === '+Inf' ? Infinity : Number(bound), count })).sort((a, b) => a.bound - b.bound)
  const total = sorted.at(-1)?.count ?? 0
  const found = sorted.find(({ count }) => count >= total * share)
  return total === 0 || found === undefined ? '' : `≤ ${found.bound < 1 ? `${found.bound * 1_000} ms` : `${found.bound} s`}`
}
