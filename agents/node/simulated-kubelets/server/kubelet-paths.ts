/**
 * What the one port of all simulated kubelets answers.
 *
 *   KP1  The node is the one whose address or name the Host header has: the API server dials each node at its own address.
 *   KP2  /healthz, /pods, /stats/summary and /metrics/resource are answered as a kubelet answers them.
 *   KP3  What would need a process — logs, exec, attach, port-forward — is refused by name.
 *   KP4  A node that is not on does not answer.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { renderResourceMetrics, renderStatsSummary } from '../../../machinery/kubelet/usage-text.ts'
import { pathSegments } from '../../../runtime/request-url.ts'
import type { SimulatedNode } from '../nodes/simulated-node.ts'
import type { SimulatedUsage } from './simulated-usage.ts'

export interface PathDeps {
  readonly pods: (node: string) => readonly Pod[]
  readonly usage: SimulatedUsage
  readonly now: () => number
}

export interface PathAnswer {
  readonly status: number
  readonly type: 'application/json' | 'text/plain; charset=utf-8'
  readonly body: string
}

const text = (status: number, body: string): PathAnswer => ({ status, type: 'text/plain; charset=utf-8', body: `${body}\n` })
const json = (value: unknown): PathAnswer => ({ status: 200, type: 'application/json', body: JSON.stringify(value) })
const disk = { capacityBytes: 100 * 1024 ** 3, usedBytes: 10 * 1024 ** 3, availableBytes: 90 * 1024 ** 3, inodes: 6_553_600, inodesFree: 6_000_000, inodesUsed: 553_600 } as const
const needsProcess: Readonly<Record<string, string>> = { containerLogs: 'has no logs', exec: 'can execute nothing', attach: 'has nothing to attach to', portForward: 'has no ports', run: 'can execute nothing', checkpoint: 'cannot be checkpointed' }

/** KP1 */
export function nodeOfHost(host: string | undefined, byAddress: (address: string) => SimulatedNode | undefined): SimulatedNode | undefined {
  return byAddress((host ?? '').replace(/:\d+$/, ''))
}

export function answerPath(url: URL, node: SimulatedNode, deps: PathDeps): PathAnswer | undefined {
  const segments = pathSegments(url)
  if (segments === undefined) return text(400, 'the path is not encoded as one')
  const [first = '', ...rest] = segments
  if (node.power !== 'on') return text(503, `node ${node.name} is switched off`) // KP4
  if (first === 'healthz') return text(200, 'ok')
  if (first === 'pods') return json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: deps.pods(node.name) })
  if (first === 'stats' && (rest[0] === 'summary' || rest[0] === undefined)) return json(renderStatsSummary(node.name, deps.usage.read(node, deps.now()), disk))
  if (first === 'metrics' && rest[0] === 'resource') return { ...text(200, ''), body: renderResourceMetrics(deps.usage.read(node, deps.now())) }
  const lack = needsProcess[first]
  if (lack !== undefined) return text(501, `pod ${rest.slice(0, 2).join('/')} is played by simulated node ${node.name}: no process stands behind it, so it ${lack}`) // KP3
  return undefined
}
