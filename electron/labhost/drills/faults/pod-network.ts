/**
 * What faults in the network of one pod share: its namespace on the node, found by one of its processes. It has the name that
 * CNI gave it and outlives the containers, so that what was put into it can be taken out after they started again; once it is gone there is
 * nothing to take out.
 */
import { FaultError } from '../fault-error.ts'
import type { Fault, FaultOrder, FaultWorld, TargetOf } from '../fault.ts'
import type { FaultParameter } from '../../../contract/faults.ts'
import { podPath } from '../object-paths.ts'
import { ctrTasks, podContainers } from './pod-containers.ts'

export interface PodNetwork {
  readonly node: string
  /** As it lies in /run/netns. */
  readonly namespace: string
  readonly ip: string
}

export async function podNetwork(world: FaultWorld, target: TargetOf<'object'>): Promise<PodNetwork> {
  const { spec, status } = (await world.api.get(podPath(target))) as { readonly spec: { readonly hostNetwork?: boolean }; readonly status?: { readonly podIP?: string } }
  if (spec.hostNetwork === true) throw new FaultError('unsupported', `pod ${target.namespace}/${target.name} has the network of its node; use a fault of the node`)
  const { node, containers } = await podContainers(world, target)
  const list = await ctrTasks(world, node, ['list'])
  const pid = list.split('\n').map(line => line.trim().split(/\s+/)).find(([id]) => id === containers[0])?.[1]
  const namespace = pid === undefined ? '' : (await world.run(node, ['ip', 'netns', 'identify', pid])).trim()
  if (namespace === '') throw new FaultError('conflict', `the network namespace of pod ${target.namespace}/${target.name} was not found on ${node}`)
  return { node, namespace, ip: status?.podIP ?? '' }
}

/** In the network namespace alone; everything else is the node's. Nothing is done where it has gone. */
export function inNetwork({ namespace }: PodNetwork, argv: readonly string[]): readonly string[] {
  return ['sh', '-c', 'path=/run/netns/$1; shift; [ -e "$path" ] || exit 0; exec nsenter --net="$path" "$@"', 'sh', namespace, ...argv]
}

export function podTableOf(id: string): string {
  return `kubarium_fault_${id.replaceAll('-', '_')}`
}

export async function dropPodTable(world: FaultWorld, network: PodNetwork, id: string): Promise<void> {
  await world.run(network.node, inNetwork(network, ['nft', '-f', '-']), `add table inet ${podTableOf(id)}\ndelete table inet ${podTableOf(id)}\n`)
}

interface PodFilter {
  readonly name: string
  readonly title: string
  readonly parameters: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  /** Statements that match what is dropped of what the pod gets and sends; its own loopback is left alone. */
  rules(order: FaultOrder<'object'>): { readonly input: readonly string[]; readonly output: readonly string[] }
}

/** An nftables table in the network of the pod, as in-kernel as that of a node. */
export function podFilter({ rules, ...kind }: PodFilter): Fault<'object'> {
  return {
    kind: { ...kind, group: 'network', target: 'object', resource: 'pods', lasts: true, providers: null, healing: 'The rules are taken out of the network of the pod; a pod that is gone has taken them along.' },
    claims: () => [],
    prepare: podNetwork,
    async inject(world, order) {
      const network = order.memory as PodNetwork
      const { input, output } = rules(order)
      const chain = (hook: 'input' | 'output', own: string, matches: readonly string[]) => `  chain ${hook} {\n    type filter hook ${hook} priority -300; policy accept;\n${matches.map(match => `    ${own} "lo" ${match} counter drop\n`).join('')}  }\n`
      await world.run(network.node, inNetwork(network, ['nft', '-f', '-']), `table inet ${podTableOf(order.id)} {\n${chain('input', 'iifname !=', input)}${chain('output', 'oifname !=', output)}}\n`)
    },
    async heal(world, { id, memory }) {
      if (memory !== null) await dropPodTable(world, memory as PodNetwork, id)
    },
  }
}
