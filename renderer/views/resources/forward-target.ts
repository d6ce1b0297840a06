/**
 * Where a port-forward to an object leads. Pure.
 *
 *   FW1  To a pod over its own node; to a Service over any node that is there, whose kube-proxy knows the Service's address.
 */
import type { NodeState } from '../../../electron/contract/labs.ts'

export interface ForwardTarget {
  readonly node: string
  readonly address: string
  /** What it says it listens on; more may be. */
  readonly ports: readonly number[]
}

interface Spec {
  readonly nodeName?: string
  readonly clusterIP?: string
  readonly ports?: readonly { readonly port: number; readonly protocol?: string }[]
  readonly containers?: readonly { readonly ports?: readonly { readonly containerPort: number; readonly protocol?: string }[] }[]
}

export function forwardTarget(resource: string, object: Readonly<Record<string, unknown>>, nodes: readonly Pick<NodeState, 'name' | 'machine' | 'provider'>[]): ForwardTarget | null {
  const spec = (object['spec'] ?? {}) as Spec
  const running = nodes.filter(({ machine, provider }) => machine === 'running' && provider !== 'simulated')
  const isTcp = ({ protocol }: { readonly protocol?: string }): boolean => (protocol ?? 'TCP') === 'TCP'
  if (resource === 'pods') {
    const { podIP } = (object['status'] ?? {}) as { readonly podIP?: string }
    const node = running.find(({ name }) => name === spec.nodeName)
    if (node === undefined || podIP === undefined) return null
    return { node: node.name, address: podIP, ports: (spec.containers ?? []).flatMap(({ ports }) => (ports ?? []).filter(isTcp).map(({ containerPort }) => containerPort)) }
  }
  if (resource !== 'services' || spec.clusterIP === undefined || spec.clusterIP === 'None' || spec.clusterIP === '' || running.length === 0) return null
  return { node: running[0]!.name, address: spec.clusterIP, ports: (spec.ports ?? []).filter(isTcp).map(({ port }) => port) }
}
