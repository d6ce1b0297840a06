/**
 * Which node's line leads to an address of the cluster, for the API server's egress proxy. Pure.
 *
 *   ER1  A node's own address, or its name, is dialled through that node, as the node's own address.
 *   ER2  An address of a pod or Service is dialled through any node with a machine whose line is up: the overlay does the rest.
 *   ER3  Anything else is refused by name: the API server has no business outside the cluster.
 *   ER4  An address of the cluster at which a program of the desktop answers (its metrics server) leads to that program.
 */
import { cidrContains, readCidr } from '../../../agents/base/ip.ts'
import type { LabSpec } from '../../contract/labs.ts'
import type { Dialer } from '../network/egress-proxy.ts'

export interface RoutedNode {
  readonly name: string
  readonly address: string
  readonly state: { readonly controlLink: string }
  /** A simulated node has no overlay. */
  readonly routesPods: boolean
  dialer(): Dialer
}

/** By "host:port". */
export type DesktopPrograms = Readonly<Record<string, Dialer>>

export function dialerFor(host: string, port: number, nodes: readonly RoutedNode[], networks: LabSpec['networks'], programs: DesktopPrograms = {}): Dialer | undefined {
  const program = programs[`${host}:${port}`]
  if (program !== undefined) return program // ER4
  const own = nodes.find(node => node.address === host || node.name === host)
  if (own !== undefined) return own.dialer() // ER1
  const inCluster = [networks.podCidr, networks.serviceCidr].some(cidr => cidrContains(readCidr(cidr)!, host))
  if (!inCluster) return undefined // ER3
  return nodes.find(node => node.routesPods && node.state.controlLink === 'up')?.dialer() // ER2
}
