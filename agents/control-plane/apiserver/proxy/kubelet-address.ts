/** Where a node's kubelet listens: its InternalIP before its name, at the port it reports. */
import { notFound } from '../http/api-error.ts'
import { fieldAt, listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { SubresourceDeps } from '../registry/subresources/subresource.ts'
import type { Destination } from './node-dialer.ts'

export interface KubeletAddress {
  readonly to: Destination
  readonly serverName: string
}

export function kubeletOfNode(nodeName: string, deps: SubresourceDeps): KubeletAddress {
  const of = { group: '', resource: 'nodes' }
  const node = deps.reader.get(of, '', nodeName)
  if (node === undefined) throw notFound(of, nodeName)
  const addresses = listAt(node, 'status', 'addresses')
  const byType = (type: string) => textAt(addresses.find(address => textAt(address, 'type') === type), 'address')
  const host = byType('InternalIP') || byType('Hostname') || byType('ExternalIP') || nodeName
  const port = numberAt(fieldAt(node, 'status', 'daemonEndpoints', 'kubeletEndpoint'), 'Port') ?? 10_250
  return { to: { host, port }, serverName: host }
}
