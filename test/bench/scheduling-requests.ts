/**
 * The requests that a pod goes through from its creation until it runs, and those by which nodes say that they live: as the
 * scheduler and the kubelets send them, each list to be asked once and in this order.
 */
import { microTimeText, timeText } from '../../agents/base/clock.ts'
import type { RequestText } from './kept-connection.ts'
import { benchPod, namespaceOf } from './bench-pods.ts'

export interface SchedulingStep {
  readonly what: string
  readonly expect: number
  readonly requests: readonly RequestText[]
}

const namespaces = 10
const strategic = 'application/strategic-merge-patch+json'
const merge = 'application/merge-patch+json'
const leases = '/apis/coordination.k8s.io/v1/namespaces/bench-0/leases'
const conditionTypes = { pod: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'], node: ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'] }

export function schedulingSteps(pods: number, nodes: number, nowMs: number): SchedulingStep[] {
  const everyPod = (request: (index: number) => RequestText) => Array.from({ length: pods }, (_, index) => request(index))
  const everyNode = (request: (index: number) => RequestText) => Array.from({ length: nodes }, (_, index) => request(index))
  /** Each node four times. */
  const beats = (request: (index: number, beat: number) => RequestText) => [1, 2, 3, 4].flatMap(beat => everyNode(index => request(index, beat)))
  return [
    { what: 'create a pod without a node', expect: 201, requests: everyPod(index => ({ method: 'POST', path: podsOf(index), body: unboundPod(index) })) },
    { what: 'bind it', expect: 201, requests: everyPod(index => ({ method: 'POST', path: `${podsOf(index)}/${nameOf(index)}/binding`, body: JSON.stringify({ apiVersion: 'v1', kind: 'Binding', metadata: { name: nameOf(index), namespace: namespaceOf(index, namespaces) }, target: { kind: 'Node', name: `node-${index % nodes}` } }) })) },
    { what: 'create its event', expect: 201, requests: everyPod(index => ({ method: 'POST', path: `/apis/events.k8s.io/v1/namespaces/${namespaceOf(index, namespaces)}/events`, body: scheduledEvent(index, nowMs) })) },
    { what: 'patch its status to Running', expect: 200, requests: everyPod(index => ({ method: 'PATCH', path: `${podsOf(index)}/${nameOf(index)}/status`, type: strategic, body: runningStatus(nowMs) })) },
    { what: 'create a node', expect: 201, requests: everyNode(index => ({ method: 'POST', path: '/api/v1/nodes', body: node(index, nowMs) })) },
    { what: 'patch its status', expect: 200, requests: beats((index, beat) => ({ method: 'PATCH', path: `/api/v1/nodes/node-${index}/status`, type: strategic, body: JSON.stringify({ status: { conditions: conditionTypes.node.map(type => ({ type, lastHeartbeatTime: timeText(nowMs + beat * 10_000) })) } }) })) },
    { what: 'create its Lease', expect: 201, requests: everyNode(index => ({ method: 'POST', path: leases, body: lease(index, nowMs) })) },
    { what: 'renew its Lease (merge)', expect: 200, requests: beats((index, beat) => ({ method: 'PATCH', path: `${leases}/node-${index}`, type: merge, body: JSON.stringify({ spec: { renewTime: microTimeText(nowMs + beat * 10_000) } }) })) },
  ]
}

function podsOf(index: number): string {
  return `/api/v1/namespaces/${namespaceOf(index, namespaces)}/pods`
}

function nameOf(index: number): string {
  return `waiting-${index}`
}

function unboundPod(index: number): string {
  const { metadata, spec: { nodeName: _, ...spec }, ...pod } = JSON.parse(benchPod(index, namespaces)) as { metadata: object; spec: { nodeName: string } }
  return JSON.stringify({ ...pod, metadata: { ...metadata, name: nameOf(index) }, spec })
}

function scheduledEvent(index: number, nowMs: number): string {
  const regarding = { kind: 'Pod', namespace: namespaceOf(index, namespaces), name: nameOf(index), uid: '6a2b8e6c-7c0f-4d50-b1a4-0d3a7d1b9a11', apiVersion: 'v1', resourceVersion: '812' }
  return JSON.stringify({
    apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: `${nameOf(index)}.18a3c5`, namespace: regarding.namespace }, eventTime: microTimeText(nowMs), reportingController: 'default-scheduler', reportingInstance: 'default-scheduler-host',
    action: 'Binding', reason: 'Scheduled', regarding, note: `Successfully assigned ${regarding.namespace}/${regarding.name} to node-1`, type: 'Normal',
  })
}

function runningStatus(nowMs: number): string {
  const started = timeText(nowMs)
  return JSON.stringify({
    status: {
      phase: 'Running', hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.1' }], podIP: '10.1.0.7', podIPs: [{ ip: '10.1.0.7' }], startTime: started,
      conditions: conditionTypes.pod.map(type => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: started })),
      containerStatuses: [{ name: 'web', ready: true, started: true, restartCount: 0, image: 'registry.example/web:1.27.3', imageID: 'sha256:abc', containerID: 'containerd://abc', state: { running: { startedAt: started } }, lastState: {} }],
    },
  })
}

function node(index: number, nowMs: number): string {
  const name = `node-${index}`
  const room = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' }
  const conditions = conditionTypes.node.map(type => ({ type, status: type === 'Ready' ? 'True' : 'False', reason: `Kubelet${type}`, message: 'as the kubelet found it', lastHeartbeatTime: timeText(nowMs), lastTransitionTime: timeText(nowMs) }))
  const nodeInfo = { machineID: name, systemUUID: name, bootID: name, kernelVersion: '6.1.0', osImage: 'Linux', containerRuntimeVersion: 'containerd://2.0.0', kubeletVersion: 'v1.36.0', kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64' }
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': `zone-${index % 3}` } }, spec: {},
    status: { capacity: room, allocatable: room, conditions, addresses: [{ type: 'InternalIP', address: '10.0.0.1' }, { type: 'Hostname', address: name }], nodeInfo, daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } } },
  })
}

function lease(index: number, nowMs: number): string {
  const name = `node-${index}`
  return JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'bench-0', ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: '6a2b8e6c-7c0f-4d50-b1a4-0d3a7d1b9a11' }] }, spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTimeText(nowMs) } })
}
