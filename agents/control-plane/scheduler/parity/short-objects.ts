/**
 * Kubernetes objects from one line each, so that a scenario fits on a few lines and reads aloud.
 *
 *     node    a cpu=2 memory=4Gi pods=110 gpu=1 zone=z1 rack=r1 label.disk=ssd taint=dedicated=x:NoSchedule image=web:1@500Mi cordoned
 *     pod     x on a cpu=500m memory=1Gi app=web label.tier=front ns=team priority=5 port=8080/UDP@10.0.0.1 select.disk=ssd
 *             tolerates=dedicated:NoSchedule claim=data near=db@zone far=web@host likes=db@zone:50 dislikes=db@zone:50
 *             spread=zone:1 prefer-spread=zone:1 image=web:1 owner=web uses=mine implicit=gpu gate=quota started=09:00 terminating never-preempts
 *     pvc     data class=fast size=1Gi modes=ReadWriteOnce volume=pv1 bound node=a lost terminating ns=team
 *     pv      pv1 class=fast size=1Gi on=a zone=z1 label.k=v claim=data phase=Available driver=csi.example.com
 *     class   fast waits provisioner=csi.example.com zone=z1,z2
 *     csinode a csi.example.com=2
 *     driver  csi.example.com tracks-capacity
 *     room    r1 class=fast size=5Gi largest=1Gi zone=z1
 *     namespace team label.team=x
 *     service web app=web
 *     replicaset web app=web
 *     budget  web app=web allowed=0
 *     deviceclass gpu serves=example.com/gpu
 *     slice   s on=a devices=gpu-0,gpu-1 shared capacity.memory=10Gi taint=sick
 *     devices mine class=gpu count=2 capacity.memory=1Gi has=gpu-0@a            (a ResourceClaim; the pod says uses=mine)
 *
 * What has no short form is written out: { is: "p cpu=1", spec: { … } } is merged over the short one.
 */
import type { Node, Pod, PodAffinityTerm, PodSpec } from '../../../api/groups/core-v1/types.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'

export type Short = string | { readonly is: string; readonly [field: string]: unknown }

const driver = 'gpu.example.com'
const topologyKeys: Readonly<Record<string, string>> = { zone: 'topology.kubernetes.io/zone', region: 'topology.kubernetes.io/region', host: 'kubernetes.io/hostname', rack: 'rack' }
const resources: Readonly<Record<string, string>> = { cpu: 'cpu', memory: 'memory', storage: 'ephemeral-storage', gpu: 'example.com/gpu', fpga: 'vendor.example.com/fpga', pods: 'pods', hugepages: 'hugepages-2Mi' }

class Words {
  readonly name: string
  readonly #words: readonly string[]

  constructor(text: string) {
    const [name = '', ...words] = text.trim().split(/\s+/)
    this.name = name
    this.#words = words
  }

  has(word: string): boolean {
    return this.#words.includes(word)
  }

  after(word: string): string | undefined {
    const at = this.#words.indexOf(word)
    return at < 0 ? undefined : this.#words[at + 1]
  }

  all(key: string): string[] {
    return this.#words.filter(word => word.startsWith(`${key}=`)).map(word => word.slice(key.length + 1))
  }

  one(key: string): string | undefined {
    return this.all(key)[0]
  }

  /** label.a=b as { a: b }. */
  map(prefix: string): Record<string, string> {
    return Object.fromEntries(this.#words.filter(word => word.startsWith(`${prefix}.`)).map(word => word.slice(prefix.length + 1)).map(word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))
  }

  pairs(): [string, string][] {
    return this.#words.filter(word => word.includes('=')).map(word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])
  }
}

function meta(words: Words, namespaced: boolean, extra: Record<string, unknown> = {}) {
  const namespace = namespaced ? { namespace: words.one('ns') ?? 'default' } : {}
  return { name: words.name, ...namespace, uid: `uid-${words.one('ns') ?? ''}-${words.name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...extra }
}

function merged<T>(short: Short, make: (words: Words) => T): T {
  if (typeof short === 'string') return make(new Words(short))
  const { is, ...fields } = short
  return mergeInto(make(new Words(is)), fields) as T
}

function mergeInto(base: unknown, over: unknown): unknown {
  if (typeof base !== 'object' || base === null || Array.isArray(base) || typeof over !== 'object' || over === null || Array.isArray(over)) return over
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) result[key] = key in result ? mergeInto(result[key], value) : value
  return result
}

function amounts(words: Words, defaults: Record<string, string> = {}): Record<string, string> {
  const found = { ...defaults }
  for (const [short, name] of Object.entries(resources)) if (words.one(short) !== undefined) found[name] = words.one(short)!
  return found
}

function bytes(text: string): number {
  const units: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }
  return Number.parseInt(text, 10) * (units[text.slice(-2)] ?? 1)
}

export function shortNode(short: Short): Node {
  return merged(short, words => {
    const labels: Record<string, string> = { ...(words.has('nameless') ? {} : { 'kubernetes.io/hostname': words.name }), ...words.map('label') }
    for (const key of ['zone', 'region', 'rack']) if (words.one(key) !== undefined) labels[topologyKeys[key]!] = words.one(key)!
    const taints = words.all('taint').map(text => {
      const [, key, , value, effect] = /^([^=:]+)(=([^:]*))?:(.+)$/.exec(text)!
      return { key: key!, ...(value === undefined ? {} : { value }), effect: effect! }
    })
    const images = words.all('image').map(text => ({ names: [text.slice(0, text.lastIndexOf('@'))], sizeBytes: bytes(text.slice(text.lastIndexOf('@') + 1)) }))
    return {
      apiVersion: 'v1', kind: 'Node', metadata: meta(words, false, { labels }),
      spec: { ...(words.has('cordoned') ? { unschedulable: true } : {}), ...(taints.length === 0 ? {} : { taints }) },
      status: { allocatable: amounts(words, { cpu: '2', memory: '4Gi', pods: '110' }), ...(images.length === 0 ? {} : { images }) },
    } as Node
  })
}

/** db@zone, and db@zone:50 with a weight. */
function term(text: string): { readonly weight: number; readonly podAffinityTerm: PodAffinityTerm } {
  const [app = '', where = ''] = text.split('@')
  const [key = '', weight = '1'] = where.split(':')
  return { weight: Number(weight), podAffinityTerm: { topologyKey: topologyKeys[key] ?? key, labelSelector: { matchLabels: { app } } } }
}

function affinityOf(words: Words): Pick<PodSpec, 'affinity'> {
  const terms = (key: string) => words.all(key).map(term)
  const side = (required: string, preferred: string) => ({
    ...(terms(required).length === 0 ? {} : { requiredDuringSchedulingIgnoredDuringExecution: terms(required).map(({ podAffinityTerm }) => podAffinityTerm) }),
    ...(terms(preferred).length === 0 ? {} : { preferredDuringSchedulingIgnoredDuringExecution: terms(preferred) }),
  })
  const podAffinity = side('near', 'likes')
  const podAntiAffinity = side('far', 'dislikes')
  const affinity = { ...(Object.keys(podAffinity).length === 0 ? {} : { podAffinity }), ...(Object.keys(podAntiAffinity).length === 0 ? {} : { podAntiAffinity }) }
  return Object.keys(affinity).length === 0 ? {} : { affinity }
}

function spreadsOf(words: Words): Pick<PodSpec, 'topologySpreadConstraints'> {
  const spread = (key: string, whenUnsatisfiable: string) => words.all(key).map(text => {
    const [where = '', maxSkew = '1'] = text.split(':')
    return { maxSkew: Number(maxSkew), topologyKey: topologyKeys[where] ?? where, whenUnsatisfiable, labelSelector: { matchLabels: { app: words.one('app') ?? '' } } }
  })
  const constraints = [...spread('spread', 'DoNotSchedule'), ...spread('prefer-spread', 'ScheduleAnyway')]
  return constraints.length === 0 ? {} : { topologySpreadConstraints: constraints }
}

export function shortPod(short: Short): Pod {
  return merged(short, words => {
    const labels = { ...(words.one('app') === undefined ? {} : { app: words.one('app')! }), ...words.map('label') }
    const ports = words.all('port').map(text => {
      const [, port, , protocol, , hostIP] = /^(\d+)(\/([A-Z]+))?(@(.+))?$/.exec(text)!
      return { containerPort: 80, hostPort: Number(port), protocol: protocol ?? 'TCP', ...(hostIP === undefined ? {} : { hostIP }) }
    })
    const tolerations = words.all('tolerates').map(text => {
      const [key = '', effect] = text.split(':')
      return { ...(key === '*' ? {} : { key }), operator: 'Exists', ...(effect === undefined ? {} : { effect }) }
    })
    const volumes = words.all('claim').map((claimName, index) => ({ name: `v${index}`, persistentVolumeClaim: { claimName } }))
    const requests = { ...amounts(words), ...(words.one('implicit') === undefined ? {} : { [`deviceclass.resource.kubernetes.io/${words.one('implicit')!}`]: '1' }) }
    const claims = words.all('uses').map(name => ({ name, resourceClaimName: name }))
    const extended = Object.fromEntries(Object.entries(requests).filter(([name]) => name.includes('/') || name.startsWith('hugepages-')))
    const owner = words.one('owner')
    const started = words.one('started')
    const gates = words.all('gate').map(name => ({ name }))
    const selects = words.map('select')
    return {
      apiVersion: 'v1', kind: 'Pod',
      metadata: meta(words, true, { labels, ...(words.has('terminating') ? { deletionTimestamp: '2026-01-01T12:00:00Z' } : {}), ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: `uid--${owner}`, controller: true }] }) }),
      spec: {
        ...(words.after('on') === undefined ? {} : { nodeName: words.after('on')! }),
        containers: [{ name: 'c', image: words.one('image') ?? 'web:1', resources: { requests, ...(Object.keys(extended).length === 0 ? {} : { limits: extended }) }, ...(ports.length === 0 ? {} : { ports }) }],
        priority: Number(words.one('priority') ?? 0),
        ...(words.has('never-preempts') ? { preemptionPolicy: 'Never' } : {}),
        ...(tolerations.length === 0 ? {} : { tolerations }),
        ...(volumes.length === 0 ? {} : { volumes }),
        ...(claims.length === 0 ? {} : { resourceClaims: claims }),
        ...(gates.length === 0 ? {} : { schedulingGates: gates }),
        ...(Object.keys(selects).length === 0 ? {} : { nodeSelector: selects }),
        ...affinityOf(words),
        ...spreadsOf(words),
      },
      status: { ...(started === undefined ? {} : { startTime: `2026-01-01T${started}:00Z` }) },
    } as Pod
  })
}

const kinds: Readonly<Record<string, (words: Words) => unknown>> = {
  pvc: words => ({
    apiVersion: 'v1', kind: 'PersistentVolumeClaim',
    metadata: meta(words, true, { annotations: { ...(words.has('bound') ? { 'pv.kubernetes.io/bind-completed': 'yes' } : {}), ...(words.one('node') === undefined ? {} : { 'volume.kubernetes.io/selected-node': words.one('node')! }) }, ...(words.has('terminating') ? { deletionTimestamp: '2026-01-01T12:00:00Z' } : {}) }),
    spec: { accessModes: (words.one('modes') ?? 'ReadWriteOnce').split(','), resources: { requests: { storage: words.one('size') ?? '1Gi' } }, ...(words.one('class') === undefined ? {} : { storageClassName: words.one('class')! }), ...(words.one('volume') === undefined ? {} : { volumeName: words.one('volume')! }) },
    status: { phase: words.has('lost') ? 'Lost' : words.has('bound') ? 'Bound' : 'Pending' },
  }),
  pv: words => {
    const hosts = words.all('on')
    const zone = words.one('zone')
    const expressions = [...(hosts.length === 0 ? [] : [{ key: topologyKeys['host']!, operator: 'In', values: hosts }]), ...(zone === undefined ? [] : [{ key: topologyKeys['zone']!, operator: 'In', values: [zone] }])]
    const claim = words.one('claim')
    return {
      apiVersion: 'v1', kind: 'PersistentVolume', metadata: meta(words, false, { labels: words.map('label') }),
      spec: {
        capacity: { storage: words.one('size') ?? '1Gi' }, accessModes: (words.one('modes') ?? 'ReadWriteOnce').split(','), storageClassName: words.one('class') ?? '',
        ...(words.one('driver') === undefined ? { hostPath: { path: `/mnt/${words.name}` } } : { csi: { driver: words.one('driver')!, volumeHandle: words.name } }),
        ...(expressions.length === 0 ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: expressions }] } } }),
        ...(claim === undefined ? {} : { claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: claim, uid: `uid--${claim}` } }),
      },
      status: { phase: words.one('phase') ?? (claim === undefined ? 'Available' : 'Bound') },
    }
  },
  class: words => ({
    apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: meta(words, false), provisioner: words.one('provisioner') ?? 'csi.example.com', volumeBindingMode: words.has('waits') ? 'WaitForFirstConsumer' : 'Immediate',
    ...(words.one('zone') === undefined ? {} : { allowedTopologies: [{ matchLabelExpressions: [{ key: topologyKeys['zone']!, values: words.one('zone')!.split(',') }] }] }),
  }),
  csinode: words => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: meta(words, false), spec: { drivers: words.pairs().map(([name, count]) => ({ name, nodeID: words.name, allocatable: { count: Number(count) } })) } }),
  driver: words => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: meta(words, false), spec: { storageCapacity: words.has('tracks-capacity') } }),
  room: words => ({
    apiVersion: 'storage.k8s.io/v1', kind: 'CSIStorageCapacity', metadata: meta(words, true), storageClassName: words.one('class')!, capacity: words.one('size')!, ...(words.one('largest') === undefined ? {} : { maximumVolumeSize: words.one('largest')! }),
    nodeTopology: { matchLabels: { [topologyKeys['zone']!]: words.one('zone')! } },
  }),
  namespace: words => ({ apiVersion: 'v1', kind: 'Namespace', metadata: meta(words, false, { labels: words.map('label') }), spec: {}, status: { phase: 'Active' } }),
  service: words => ({ apiVersion: 'v1', kind: 'Service', metadata: meta(words, true), spec: { selector: { app: words.one('app')! }, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] } }),
  replicaset: words => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: meta(words, true), spec: { replicas: 0, selector: { matchLabels: { app: words.one('app')! } }, template: { metadata: { labels: { app: words.one('app')! } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } } } }),
  deviceclass: words => ({
    apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: meta(words, false),
    spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }], ...(words.one('serves') === undefined ? {} : { extendedResourceName: words.one('serves')! }) },
  }),
  slice: words => ({
    apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: meta(words, false),
    spec: {
      driver, nodeName: words.one('on')!, pool: { name: words.one('on')!, generation: 1, resourceSliceCount: 1 },
      devices: words.one('devices')!.split(',').map(name => ({
        name, ...(words.has('shared') ? { allowMultipleAllocations: true } : {}), ...(Object.keys(words.map('capacity')).length === 0 ? {} : { capacity: Object.fromEntries(Object.entries(words.map('capacity')).map(([key, value]) => [key, { value }])) }),
        ...(words.one('taint') === undefined ? {} : { taints: [{ key: words.one('taint')!, effect: 'NoSchedule' }] }),
      })),
    },
  }),
  devices: words => {
    const has = words.all('has').map(text => text.split('@'))
    const requests = words.map('capacity')
    const capacity = Object.keys(requests).length === 0 ? {} : { capacity: { requests } }
    return {
      apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: meta(words, true),
      spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: words.one('class') ?? 'gpu', allocationMode: 'ExactCount', count: Number(words.one('count') ?? 1), ...capacity } }] } },
      status: has.length === 0 ? {} : { allocation: {
        allocationTimestamp: '2026-01-01T00:00:00Z',
        devices: { results: has.map(([device, pool]) => ({ request: 'r', driver, pool, device, ...(Object.keys(requests).length === 0 ? {} : { shareID: '11111111-1111-4111-8111-111111111111', consumedCapacity: requests }) })) },
        nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [has[0]![1]] }] }] },
      } },
    }
  },
  budget: words => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: meta(words, true), spec: { selector: { matchLabels: { app: words.one('app')! } }, minAvailable: 1 }, status: { disruptionsAllowed: Number(words.one('allowed') ?? 0), currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } }),
}

/** "pvc data class=fast" and the others of the list above. */
export function shortObject(short: Short): KubernetesObject {
  const text = typeof short === 'string' ? short : short.is
  const at = text.indexOf(' ')
  const make = kinds[text.slice(0, at)]
  if (make === undefined) throw new Error(`"${text}" does not begin with one of ${Object.keys(kinds).join(', ')}`)
  const rest = text.slice(at + 1)
  return merged(typeof short === 'string' ? rest : { ...short, is: rest }, make) as KubernetesObject
}
