/** The containers of a pod that run now, and on which node. */
import { FaultError } from '../fault-error.ts'
import type { FaultWorld, TargetOf } from '../fault.ts'
import { podPath } from '../object-paths.ts'

export interface PodContainers {
  readonly node: string
  readonly containers: readonly string[]
}

interface Pod {
  readonly spec: { readonly nodeName?: string }
  readonly status?: { readonly containerStatuses?: readonly { readonly containerID?: string; readonly state?: { readonly running?: unknown } }[] }
}

export async function podContainers(world: FaultWorld, target: TargetOf<'object'>): Promise<PodContainers> {
  const { spec, status } = (await world.api.get(podPath(target))) as Pod
  const containers = (status?.containerStatuses ?? []).flatMap(({ containerID, state }) => (state?.running === undefined || containerID === undefined ? [] : [containerID.replace('containerd://', '')]))
  if (spec.nodeName === undefined || containers.length === 0) throw new FaultError('conflict', `no container of pod ${target.namespace}/${target.name} is running`)
  const node = world.nodes.find(({ name }) => name === spec.nodeName)
  if (node === undefined || node.provider === 'simulated') throw new FaultError('unsupported', `${spec.nodeName} has no machine: containers of its pods are only played`)
  return { node: spec.nodeName, containers }
}

/** Containerd's own word with its tasks, past kubelet and CRI. */
export function ctrTasks(world: FaultWorld, node: string, argv: readonly string[]): Promise<string> {
  return world.run(node, ['ctr', '--namespace', 'k8s.io', 'tasks', ...argv])
}
