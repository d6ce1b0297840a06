/** Stories of volumes that are attached, grow and have classes, of devices that pods claim, and of replicas that follow load. */
import { podMetrics } from '../../agents/api/metrics/metrics-types.ts'
import { deployments, horizontalPodAutoscalers, nodes, persistentVolumeClaims, persistentVolumes, pods, resourceClaims, resourceClaimTemplates, resourceSlices, volumeAttachments, volumeAttributesClasses } from '../../agents/api/resources.ts'
import { timeText } from '../../agents/base/clock.ts'
import { attachedToOneNode } from './invariants.ts'
import { meta, pause, readyPod, type Scenario, threeNodes } from './scenario.ts'
import { playPods, readyNode, type World } from './world.ts'

const driver = 'disk.example.com'
const disk = `kubernetes.io/csi/${driver}^h1`

function putVolumeAndClaim(world: World): void {
  world.put(persistentVolumes, { metadata: { name: 'v', uid: 'v' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver, volumeHandle: 'h1' }, claimRef: { namespace: 'default', name: 'data', uid: 'c' } }, status: { phase: 'Bound' } })
  world.put(persistentVolumeClaims, { metadata: { ...meta('data'), uid: 'c' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName: 'v' }, status: { phase: 'Bound', capacity: { storage: '1Gi' } } })
}

const userOfDisk = (name: string, nodeName: string) => ({ metadata: meta(name), spec: { nodeName, containers: [{ name: 'c' }], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] }, status: { phase: 'Pending' } })

/** The driver attaches what is asked for; kubelets mount what their node is told of, and say what they use. */
function playDisk(world: World): void {
  for (const attachment of world.cluster.all(volumeAttachments)) if (attachment.status?.attached !== true) world.put(volumeAttachments, { ...attachment, status: { attached: true } })
  for (const node of world.cluster.all(nodes)) {
    const here = world.cluster.all(pods, 'default').filter(({ spec }) => spec.nodeName === node.metadata.name)
    const isAttached = node.status.volumesAttached?.some(({ name }) => name === disk) === true
    for (const pod of here) if (isAttached && pod.status.phase === 'Pending') world.put(pods, { ...pod, status: { phase: 'Running' } })
    const volumesInUse = isAttached && here.length > 0 ? [disk] : []
    if (JSON.stringify(node.status.volumesInUse ?? []) !== JSON.stringify(volumesInUse)) world.put(nodes, { ...node, status: { ...node.status, volumesInUse } })
  }
}

/** The scheduler gives claims their devices, kubelets nothing. */
function playDevices(world: World): void {
  for (const claim of world.cluster.all(resourceClaims)) {
    const { metadata, status } = claim
    if (status?.allocation !== undefined || metadata.deletionTimestamp !== undefined || world.clock.monotonic() > 10_000) continue
    world.put(resourceClaims, { ...claim, metadata: { ...metadata, finalizers: ['resource.kubernetes.io/delete-protection'] }, status: { ...status, allocation: { devices: { results: [{ request: 'gpu', driver: 'gpu.example.com', pool: 'n1', device: metadata.name }] } } } })
  }
}

const device = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 } }] } }

/** As many pods as the deployment wants, each busy until a minute has passed. */
function playLoad(world: World): void {
  const deployment = world.cluster.peek(deployments, meta('web'))!
  const replicas = deployment.spec.replicas!
  const [at, since] = [timeText(world.clock.now()), timeText(world.clock.now() - 3_600_000)]
  if (deployment.status.replicas !== replicas) world.put(deployments, { ...deployment, status: { ...deployment.status, replicas } })
  for (const pod of world.cluster.all(pods, 'default')) if (Number(pod.metadata.name.slice(4)) >= replicas) world.cluster.vanish(pods, meta(pod.metadata.name))
  for (let index = 0; index < replicas; index++) {
    const name = `web-${index}`
    if (world.cluster.peek(pods, meta(name)) === undefined) world.put(pods, { ...readyPod(name, 'web', '10.244.0.1', { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] }), status: { phase: 'Running', startTime: since, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] } })
    if (world.clock.monotonic() % 15_000 === 0) world.put(podMetrics, { metadata: { ...meta(name), labels: { app: 'web' } }, timestamp: at, window: '15s', containers: [{ name: 'c', usage: { cpu: world.clock.monotonic() < 60_000 ? '200m' : '10m' } }] })
  }
}

export const deviceAndVolumeScenarios: readonly Scenario[] = [
  {
    name: 'a disk is attached where its pod is, and follows it to another node',
    controllers: ['persistentvolume-attach-detach-controller'],
    begin: world => {
      for (const name of ['n1', 'n2']) world.put(nodes, readyNode(name, { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } }))
      putVolumeAndClaim(world)
      world.put(pods, userOfDisk('first', 'n1'))
    },
    acts: [
      { atMs: 8_000, act: world => { world.put(pods, userOfDisk('second', 'n2')) } },
      { atMs: 14_000, act: world => { world.cluster.vanish(pods, meta('first')) } },
    ],
    actors: [playDisk],
    invariants: () => [attachedToOneNode],
    compares: [volumeAttachments, nodes, pods],
    durationMs: 40_000,
  },
  {
    name: 'who wants a larger volume is told who makes it grow',
    controllers: ['persistentvolume-expander-controller'],
    begin: putVolumeAndClaim,
    acts: [{ atMs: 5_000, act: world => world.change(persistentVolumeClaims, 'data', ({ spec }) => { spec.resources = { requests: { storage: '2Gi' } } }) }],
    compares: [persistentVolumeClaims],
    comparesEvents: true,
    durationMs: pause,
  },
  {
    name: 'a class of volume attributes stays while a claim names it',
    controllers: ['volumeattributesclass-protection-controller'],
    begin: world => {
      for (const name of ['fast', 'slow']) world.put(volumeAttributesClasses, { metadata: { name }, driverName: driver })
      world.put(persistentVolumeClaims, { metadata: meta('data'), spec: { accessModes: ['ReadWriteOnce'], volumeAttributesClassName: 'fast' } })
    },
    acts: [
      { atMs: 4_000, act: world => world.cluster.delete(volumeAttributesClasses, { name: 'fast' }) },
      { atMs: 10_000, act: world => { world.cluster.vanish(persistentVolumeClaims, meta('data')) } },
    ],
    compares: [volumeAttributesClasses],
    durationMs: pause,
  },
  {
    name: 'devices are claimed for a pod and given back when it ends',
    controllers: ['resourceclaim-controller'],
    begin: world => {
      threeNodes(world)
      world.put(resourceClaimTemplates, { metadata: meta('one-gpu'), spec: { spec: device } })
      world.put(resourceClaims, { metadata: meta('shared'), spec: device })
      world.put(pods, readyPod('ends', 'web', '10.244.0.1', { resourceClaims: [{ name: 'own', resourceClaimTemplateName: 'one-gpu' }] }))
      world.put(pods, { ...readyPod('stays', 'web', '10.244.0.2', { resourceClaims: [{ name: 'with-others', resourceClaimName: 'shared' }] }) })
    },
    acts: [{ atMs: 12_000, act: world => { world.put(pods, { ...world.cluster.peek(pods, meta('ends'))!, status: { phase: 'Succeeded' } }) } }],
    actors: [playDevices],
    compares: [resourceClaims],
    durationMs: 30_000,
  },
  {
    name: 'pods leave a device that became tainted, at once or when their toleration ends',
    controllers: ['device-taint-eviction-controller'],
    begin: world => {
      threeNodes(world)
      const slice = { driver: 'gpu.example.com', pool: { name: 'n1', generation: 1, resourceSliceCount: 1 }, nodeName: 'n1' }
      world.put(resourceSlices, { metadata: { name: 's' }, spec: { ...slice, devices: [{ name: 'gpu-0' }] } })
      for (const [name, tolerations] of [['at-once', []], ['later', [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }]], ['never', [{ operator: 'Exists', effect: 'NoExecute' }]]] as const) {
        const pod = readyPod(name, 'web', '10.244.0.1', { resourceClaims: [{ name: 'gpu', resourceClaimName: name }] })
        world.put(pods, { ...pod, metadata: { ...pod.metadata, uid: name } })
        world.put(resourceClaims, { metadata: meta(name), spec: device, status: { allocation: { devices: { results: [{ request: 'gpu', driver: slice.driver, pool: 'n1', device: 'gpu-0', tolerations: [...tolerations] }] } }, reservedFor: [{ resource: 'pods', name, uid: name }] } })
      }
    },
    acts: [{ atMs: 4_000, act: world => world.change(resourceSlices, 's', ({ spec }) => { spec.devices![0]!.taints = [{ key: 'sick', effect: 'NoExecute', timeAdded: timeText(world.clock.now()) }] }) }],
    actors: [playPods],
    compares: [pods],
    durationMs: pause,
  },
  {
    name: 'an autoscaler adds replicas under load and takes them away after it',
    controllers: ['horizontal-pod-autoscaler-controller'],
    begin: world => {
      threeNodes(world)
      world.put(deployments, { metadata: meta('web'), spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { spec: { containers: [] } } }, status: { replicas: 1 } })
      world.put(horizontalPodAutoscalers, {
        metadata: meta('web'),
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, minReplicas: 1, maxReplicas: 4, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }], behavior: { scaleDown: { stabilizationWindowSeconds: 30 } } },
      })
    },
    actors: [playLoad],
    invariants: () => [world => ((world.cluster.peek(deployments, meta('web'))?.spec.replicas ?? 1) > 4 ? 'more replicas than the autoscaler may ask for' : undefined)],
    compares: [deployments, horizontalPodAutoscalers],
    durationMs: 240_000,
  },
]
