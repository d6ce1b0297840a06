/** A control plane of built programs with simulated nodes, as the benchmarks of scheduler and controllers need it. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SimulatedNode } from '../../agents/node/simulated-kubelets/nodes/simulated-node.ts'
import { startControlPlane, type ControlPlane } from '../integration/control-plane.ts'
import { simulatedNodes, startSimulatedKubelets, type SimulatedKubelets } from '../integration/plane-programs.ts'
import { rawApi, type RawApi } from '../integration/raw-api.ts'
import type { Belongings } from './belongings.ts'

export const agents = join(import.meta.dirname, '../../dist/agents')

export interface SimulatedCluster extends AsyncDisposable {
  readonly plane: ControlPlane
  readonly api: RawApi
  readonly kubelets: SimulatedKubelets
  readonly nodes: readonly SimulatedNode[]
  /** From the moment the nodes were asked for until the last was Ready. */
  readonly readySeconds: number
  /** Of the process that plays them, before it had any. */
  readonly emptyHeapBytes: number
}

/** Its programs belong to the benchmark from the moment they are started. */
export async function startSimulatedCluster(belongings: Belongings, count: number, more: Parameters<typeof simulatedNodes>[1] & { readonly simulation?: unknown; readonly flags?: readonly string[]; readonly nodeFlags?: readonly string[] } = {}): Promise<SimulatedCluster> {
  const { simulation, flags = [], nodeFlags = [], ...node } = more
  const plane = await belongings.own(startControlPlane({ agents, nodeFlags }))
  try {
    const api = rawApi(plane)
    const kubelets = await belongings.own(startSimulatedKubelets(plane, [], { agents, flags, nodeFlags }))
    const nodes = simulatedNodes(count, { cpus: 4, memoryMiB: 32_768, givesPodCidrs: true, ...node })
    const emptyHeapBytes = await heapOf(kubelets)
    const startedAt = performance.now()
    kubelets.play(nodes, simulation)
    await untilNodes(api, count, ({ status }) => status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true)
    const readySeconds = (performance.now() - startedAt) / 1_000
    return { plane, api, kubelets, nodes, readySeconds, emptyHeapBytes, [Symbol.asyncDispose]: async () => {
      await kubelets[Symbol.asyncDispose]()
      await plane[Symbol.asyncDispose]()
    } }
  } catch (error) {
    await plane[Symbol.asyncDispose]()
    throw error
  }
}

export async function heapOf(program: SimulatedKubelets): Promise<number> {
  return Number(/nodejs_heap_used_bytes (\d+)/.exec((await program.get('/metrics')).text)?.[1])
}

/** Takes the taint off that new nodes are born with, as the node lifecycle controller would, which is not measured here. */
export async function untaintNodes({ api, nodes }: SimulatedCluster): Promise<void> {
  const left = nodes.map(({ name }) => name)
  const untaint = async () => { for (let name = left.pop(); name !== undefined; name = left.pop()) await api.call('PATCH', `/api/v1/nodes/${name}`, '{"spec":{"taints":null}}', { 'content-type': 'application/merge-patch+json' }) }
  await Promise.all(Array.from({ length: 32 }, untaint))
  await untilNodes(api, nodes.length, isUntainted)
}

export async function makeNamespace(api: RawApi, name: string): Promise<void> {
  await api.call('POST', '/api/v1/namespaces', { metadata: { name } })
  await api.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
}

export interface SeenNode {
  readonly spec: { readonly podCIDR?: string; readonly taints?: readonly unknown[] }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

export function isUntainted({ spec }: SeenNode): boolean {
  return (spec.taints ?? []).length === 0
}

export async function untilNodes(api: RawApi, count: number, holds: (node: SeenNode) => boolean): Promise<void> {
  for (const until = performance.now() + 300_000; ; await pause(200)) {
    const first = (await api.call('GET', '/api/v1/nodes?limit=1')).json as { items: unknown[]; metadata: { remainingItemCount?: number } }
    if (first.items.length + (first.metadata.remainingItemCount ?? 0) >= count) {
      const { items } = (await api.call('GET', '/api/v1/nodes')).json as { items: SeenNode[] }
      if (items.filter(node => holds(node)).length >= count) return
    }
    if (performance.now() > until) throw new Error(`${count} nodes were not as wanted within 300 s`)
  }
}
