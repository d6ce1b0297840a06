/** Simulated nodes: how soon they are Ready, how soon pods bound to them run and go, and what idling costs. `--nodes=N --pods=N`. */
import { parseArgs } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import type { Belongings } from './belongings.ts'
import { PodClock } from './pod-clock.ts'
import { cpuSeconds, renderTable } from './process-figures.ts'
import { heapOf, makeNamespace, startSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts'

export async function benchSimulatedNodes(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { nodes: { type: 'string', default: '5000' }, pods: { type: 'string', default: '10000' } } })
  const [nodes, pods] = [Number(values.nodes), Number(values.pods)]
  await using cluster = await startSimulatedCluster(belongings, nodes)
  const rows: string[][] = [[`${nodes} nodes: Ready`, `${cluster.readySeconds.toFixed(1)} s`, used(cluster, { kubelets: 0, server: 0, store: 0 }), '≤ 10 s']]
  await renewed(cluster, nodes)
  const heap = await leastHeap(cluster)
  rows.push(['heap of the process that plays them, a node', `${((heap - cluster.emptyHeapBytes) / nodes / 1024).toFixed(1)} KB`, '', '≤ 10 KB'])
  let before = readUse(cluster)
  await pause(10_000)
  rows.push([`10 s idle, ${nodes} Leases renewed`, '10 s', used(cluster, before), 'kubelets ≤ 0.8 s'])

  await makeNamespace(cluster.api, 'bench')
  using clock = await PodClock.start(cluster)
  before = readUse(cluster)
  const startedAt = performance.now()
  await clock.create(Array.from({ length: pods }, (_, index) => ({ metadata: { name: `pod-${index}` }, spec: { nodeName: `sim-${(index % nodes) + 1}`, automountServiceAccountToken: false, containers: [{ name: 'web', image: 'nginx' }] } })), 'bench')
  await clock.until({ count: pods, namespace: 'bench', prefix: 'pod-', of: 'runningAt' })
  rows.push([`${pods} bound pods made: Running`, `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`, used(cluster, before), '≤ 30 s'])
  before = readUse(cluster)
  const deletedAt = performance.now()
  await cluster.api.call('DELETE', '/api/v1/namespaces/bench/pods')
  await clock.untilGone('bench')
  rows.push([`${pods} pods deleted: gone`, `${((performance.now() - deletedAt) / 1_000).toFixed(1)} s`, used(cluster, before), ''])
  process.stdout.write(`${renderTable(['', 'time', 'CPU: kubelets, API server, store', 'target'], rows)}\n`)
}

interface Use {
  readonly kubelets: number
  readonly server: number
  readonly store: number
}

function readUse({ kubelets, plane }: SimulatedCluster): Use {
  return { kubelets: cpuSeconds(kubelets.pid), server: cpuSeconds(plane.pids.apiServer), store: cpuSeconds(plane.pids.store) }
}

function used(cluster: SimulatedCluster, before: Use): string {
  const now = readUse(cluster)
  return [now.kubelets - before.kubelets, now.server - before.server, now.store - before.store].map(seconds => `${seconds.toFixed(1)} s`).join(', ')
}

async function renewed({ kubelets }: SimulatedCluster, nodes: number): Promise<void> {
  for (const until = performance.now() + 120_000; performance.now() < until; await pause(100)) {
    if (Number(/lease_renewals_total (\d+)/.exec((await kubelets.get('/metrics')).text)?.[1]) >= nodes) return
  }
}

/** Between two collections: the least that was seen in ten seconds. */
async function leastHeap({ kubelets }: SimulatedCluster): Promise<number> {
  let least = Infinity
  for (let look = 0; look < 40; look++, await pause(250)) least = Math.min(least, await heapOf(kubelets))
  return least
}
