/**
 * A simulated node as the API server sees it. Pure.
 *
 *   SN1  It says of itself that it is simulated: label, annotation, OS image, kernel and runtime.
 *   SN4  It is none of the cloud's: it has no provider id, and no load balancer leads to it.
 *   SN2  Its capacity is what the lab file says; a kubelet's usual reserve is taken off.
 *   SN3  Conditions keep their transition time while their status stays.
 *   SN5  Amounts are written as the API server writes them, so that what it answers is no news.
 */
import type { Node, NodeStatus } from '../../../api/groups/core-v1/types.ts'
import { canonicalQuantity } from '../../../api/schema/quantity.ts'
import { type MachineFacts, nodeLabels, nodeStatusOf } from '../../../machinery/kubelet/node-object.ts'
import { simulatedLabel } from '../../../machinery/kubelet/simulated-label.ts'
import type { SimulatedNode } from './simulated-node.ts'

const diskBytes = 100 * 1024 ** 3
const simulatedText = 'Simulated by Kubarium (no machine)'

export interface KubeletFacts {
  readonly version: string
  readonly port: number
}

export function labelsOf(node: SimulatedNode): Record<string, string> {
  return nodeLabels(node.name, 'amd64', { 'node.kubernetes.io/instance-type': 'simulated', 'node.kubernetes.io/exclude-from-external-load-balancers': 'true', ...node.labels, [simulatedLabel.name]: simulatedLabel.value }) // SN1
}

export function newNode(node: SimulatedNode, kubelet: KubeletFacts, nowMs: number): unknown {
  const podCidr = node.podCidr === undefined ? {} : { podCIDR: node.podCidr, podCIDRs: [node.podCidr] }
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: node.name, labels: labelsOf(node), annotations: { 'kubarium.dev/simulated': 'This node has no machine; its pods are played, not run.', 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
    spec: { ...podCidr, ...(node.taints.length === 0 ? {} : { taints: node.taints }) },
    status: statusOf(node, kubelet, undefined, nowMs),
  }
}

export function statusOf(node: SimulatedNode, kubelet: KubeletFacts, present: Node | undefined, nowMs: number): NodeStatus {
  const status = nodeStatusOf({
    nodeName: node.name,
    addresses: [node.address],
    machine: machineOf(node, kubelet.version),
    maxPods: node.pods,
    port: kubelet.port,
    problem: node.power === 'on' ? undefined : 'node is shutting down',
    pressure: { memory: false, disk: false, pid: false },
    images: [],
    present: present?.status,
    nowMs,
  })
  const resources = Object.fromEntries(Object.entries(node.resources).map(([resource, amount]) => [resource, canonicalQuantity(amount)])) // SN5
  return { ...status, capacity: { ...status.capacity, ...resources }, allocatable: { ...status.allocatable, ...resources } } // SN2
}

function machineOf(node: SimulatedNode, version: string): MachineFacts {
  const id = node.name
  return {
    cpus: node.cpus,
    memoryBytes: node.memoryMiB * 1024 ** 2,
    diskBytes,
    systemInfo: { architecture: 'amd64', operatingSystem: 'linux', bootID: id, machineID: id, systemUUID: id, kernelVersion: 'simulated', osImage: simulatedText, containerRuntimeVersion: 'simulated://1', kubeletVersion: version, kubeProxyVersion: version },
  }
}

export function isReady(node: Node): boolean {
  return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/** What is kept of a Node. */
export function slimNode(node: Node): Node {
  const { name, uid, resourceVersion, creationTimestamp, labels } = node.metadata
  const { podCIDR } = node.spec
  const conditions = node.status.conditions?.map(({ type, status, lastTransitionTime }) => ({ type, status, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }))
  const { capacity, addresses, daemonEndpoints } = node.status
  return {
    kind: node.kind, apiVersion: node.apiVersion,
    metadata: { name, uid, resourceVersion, creationTimestamp, ...(labels === undefined ? {} : { labels }) },
    spec: podCIDR === undefined ? {} : { podCIDR },
    status: { ...(conditions === undefined ? {} : { conditions }), ...(capacity === undefined ? {} : { capacity }), ...(addresses === undefined ? {} : { addresses }), ...(daemonEndpoints === undefined ? {} : { daemonEndpoints }) },
  }
}

/** Whether what the API server has differs from what this kubelet would say, heartbeats aside. */
export function isNews(present: Node, wanted: NodeStatus): boolean {
  const said = (status: NodeStatus) => JSON.stringify([
    status.conditions?.filter(({ type }) => type === 'Ready' || type.endsWith('Pressure')).map(({ type, status: value }) => `${type}=${value}`).sort(),
    Object.entries(status.capacity ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    status.addresses?.map(({ type, address }) => `${type}=${address}`).sort(),
    status.daemonEndpoints?.kubeletEndpoint?.Port,
  ])
  return said(present.status) !== said(wanted)
}
