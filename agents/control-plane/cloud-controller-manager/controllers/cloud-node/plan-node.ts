/**
 * What the cloud knows about a machine, as changes to its Node. Pure.
 * Upstream: cloud-provider controllers/node (getNodeModifiersFromCloudProvider, updateNodeAddress).
 *
 *   NC1  A node is initialised while it has the taint node.cloudprovider.kubernetes.io/uninitialized: provider id, labels of
 *        instance type, zone and region (old names too), and the taint goes, all in one write.
 *   NC2  A provider id that is there stays.
 *   NC3  Addresses are the cloud's; the host name that the kubelet told stays, and the address that it was started with
 *        (annotation alpha.kubernetes.io/provided-node-ip) must be one of them and comes first.
 *   NC4  The old names of the labels follow the new ones on every node.
 */
import type { Node, NodeAddress } from '../../../../api/groups/core-v1/types.ts'
import type { Instance } from '../../../../wire/cloud/cloud-api.ts'

export const uninitializedTaint = 'node.cloudprovider.kubernetes.io/uninitialized'
const providedAddress = 'alpha.kubernetes.io/provided-node-ip'

const labels = {
  type: 'node.kubernetes.io/instance-type',
  zone: 'topology.kubernetes.io/zone',
  region: 'topology.kubernetes.io/region',
} as const

/** New name -> old name. */
const oldNames: Readonly<Record<string, string>> = {
  [labels.type]: 'beta.kubernetes.io/instance-type',
  [labels.zone]: 'failure-domain.beta.kubernetes.io/zone',
  [labels.region]: 'failure-domain.beta.kubernetes.io/region',
  'kubernetes.io/os': 'beta.kubernetes.io/os',
  'kubernetes.io/arch': 'beta.kubernetes.io/arch',
}

export function isUninitialized({ spec }: Node): boolean {
  return spec.taints?.some(({ key }) => key === uninitializedTaint) === true
}

/** NC1, as a merge patch that is refused when the node has changed meanwhile. */
export function initialisation(node: Node, instance: Instance): unknown {
  const told = Object.fromEntries([[labels.type, instance.instanceType], [labels.zone, instance.zone], [labels.region, instance.region]].filter(([, value]) => value !== ''))
  const old = Object.entries(told).flatMap(([name, value]) => (oldNames[name] === undefined ? [] : [[oldNames[name], value]]))
  return {
    metadata: { resourceVersion: node.metadata.resourceVersion, labels: { ...told, ...(Object.fromEntries(old) as Record<string, string>) } },
    spec: { providerID: node.spec.providerID ?? instance.providerId, taints: node.spec.taints!.filter(({ key }) => key !== uninitializedTaint) }, // NC2
  }
}

/** NC3: the addresses to write; undefined when they are right, an Error when the node's own address is not the cloud's. */
export function addressesToWrite(node: Node, instance: Instance): readonly NodeAddress[] | Error | undefined {
  const present = node.status.addresses ?? []
  const hostname = present.find(({ type }) => type === 'Hostname')
  let wanted: readonly NodeAddress[] = [...instance.addresses.filter(({ type }) => type !== 'Hostname' || hostname === undefined), ...(hostname === undefined ? [] : [hostname])]
  const provided = node.metadata.annotations?.[providedAddress]
  if (provided !== undefined && provided !== '') {
    const own = wanted.filter(({ address }) => address === provided)
    if (own.length === 0) return new Error(`failed to get node address from cloud provider that matches ip: ${provided}`)
    wanted = [...own, ...wanted.filter(({ address }) => address !== provided)]
  }
  const isSame = present.length === wanted.length && wanted.every((address, index) => present[index]!.type === address.type && present[index]!.address === address.address)
  return isSame ? undefined : wanted
}

/** NC4: labels to write; undefined when all are right. */
export function oldLabelsToWrite({ metadata }: Node): Readonly<Record<string, string>> | undefined {
  const present = metadata.labels ?? {}
  const wrong = Object.entries(oldNames).filter(([name, old]) => present[name] !== undefined && present[old] !== present[name])
  return wrong.length === 0 ? undefined : Object.fromEntries(wrong.map(([name, old]) => [old, present[name]!]))
}
