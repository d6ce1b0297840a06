/** Random clusters from few names, so that pods and nodes meet: few zones, few labels, few ports. Same seed, same cluster. */
import type { Node, NodeSelectorTerm, Pod, PodAffinityTerm, PodSpec, Taint, Toleration, TopologySpreadConstraint } from '../../../api/groups/core-v1/types.ts'
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import type { Random } from '../../../base/random.ts'
import { pick } from '../../../base/random.ts'

const zones = ['a', 'b', 'c']
const apps = ['web', 'db', 'cache']
const tiers = ['front', 'back']
export const namespaceNames = ['default', 'team', 'other']
const zoneKey = 'topology.kubernetes.io/zone'
const hostKey = 'kubernetes.io/hostname'
const keys = [zoneKey, hostKey, 'rack']
const images = ['web', 'db:1', 'example.com/cache:2']

export class RandomObjects {
  readonly #random: Random
  #uids = 0

  constructor(random: Random) {
    this.#random = random
  }

  chance(share: number): boolean {
    return this.#random.next() < share
  }

  one<T>(items: readonly T[]): T {
    return pick(this.#random, items)!
  }

  number(least: number, most: number): number {
    return least + Math.floor(this.#random.next() * (most - least + 1))
  }

  node(name: string): Node {
    const labels: Record<string, string> = {}
    if (this.chance(0.9)) labels[hostKey] = name
    if (this.chance(0.85)) labels[zoneKey] = this.one(zones)
    if (this.chance(0.5)) labels['rack'] = this.one(['r1', 'r2'])
    if (this.chance(0.3)) labels['disk'] = this.one(['ssd', 'hdd'])
    return {
      apiVersion: 'v1', kind: 'Node',
      metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels },
      spec: { ...(this.chance(0.1) ? { unschedulable: true } : {}), ...(this.chance(0.3) ? { taints: this.#some(2, () => this.#taint()) } : {}) },
      status: {
        allocatable: { cpu: this.one(['2', '4', '8']), memory: this.one(['4Gi', '8Gi', '16Gi']), pods: this.one(['3', '10', '110']), ...(this.chance(0.3) ? { 'example.com/gpu': this.one(['1', '4']) } : {}), ...(this.chance(0.5) ? { 'ephemeral-storage': '10Gi' } : {}) },
        images: images.filter(() => this.chance(0.4)).map(image => ({ names: [image.includes(':') ? image : `${image}:latest`], sizeBytes: 100_000_000 * (images.indexOf(image) + 1) })),
      },
    }
  }

  pod(): Pod {
    const uid = `uid-${this.#uids++}`
    const labels: Record<string, string> = {}
    if (this.chance(0.9)) labels['app'] = this.one(apps)
    if (this.chance(0.5)) labels['tier'] = this.one(tiers)
    return {
      apiVersion: 'v1', kind: 'Pod',
      metadata: { name: uid, namespace: this.one(namespaceNames), uid, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels, ...(this.chance(0.05) ? { deletionTimestamp: '2026-01-02T00:00:00Z' } : {}) },
      spec: this.#podSpec(),
      status: {},
    }
  }

  /** A node's labels, taints, cordon, images or size change. */
  changedNode(node: Node): Node {
    const fresh = this.node(node.metadata.name)
    return this.one<Node>([
      { ...node, metadata: { ...node.metadata, labels: fresh.metadata.labels! } },
      { ...node, spec: fresh.spec },
      { ...node, status: fresh.status },
      { ...node, status: { ...node.status, conditions: [{ type: 'Ready', status: 'True' }] } },
    ])
  }

  changedPod(pod: Pod): Pod {
    return this.one<Pod>([
      { ...pod, metadata: { ...pod.metadata, labels: { app: this.one(apps) } } },
      { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } },
      { ...pod, status: { ...pod.status, phase: 'Running' } },
      { ...pod, status: { ...pod.status, phase: this.one(['Succeeded', 'Failed']) } },
    ])
  }

  selector(): LabelSelector {
    return this.one<() => LabelSelector>([
      () => ({ matchLabels: { app: this.one(apps) } }),
      () => ({ matchExpressions: [{ key: 'app', operator: 'In', values: this.#some(2, () => this.one(apps)) }] }),
      () => ({ matchExpressions: [{ key: 'tier', operator: this.one(['Exists', 'DoesNotExist']) }] }),
      () => ({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: [this.one(apps)] }] }),
      () => ({}),
    ])()
  }

  #podSpec(): PodSpec {
    const requests: Record<string, string> = {}
    if (this.chance(0.7)) requests['cpu'] = this.one(['100m', '500m', '1', '3'])
    if (this.chance(0.7)) requests['memory'] = this.one(['128Mi', '1Gi', '5Gi'])
    if (this.chance(0.1)) requests['example.com/gpu'] = '1'
    if (this.chance(0.1)) requests['ephemeral-storage'] = '6Gi'
    return {
      priority: this.number(0, 3),
      containers: [{ name: 'c', image: this.one(images), resources: { requests }, ...(this.chance(0.2) ? { ports: [{ containerPort: 80, hostPort: this.one([8080, 8081]), protocol: this.one(['TCP', 'UDP']), ...(this.chance(0.4) ? { hostIP: this.one(['10.0.0.1', '10.0.0.2']) } : {}) }] } : {}) }],
      ...(this.chance(0.2) ? { initContainers: [{ name: 'i', image: this.one(images), ...(this.chance(0.5) ? { restartPolicy: 'Always' } : {}), resources: { requests: { cpu: '700m' } } }] } : {}),
      ...(this.chance(0.1) ? { overhead: { cpu: '50m' } } : {}),
      ...(this.chance(0.1) ? { resources: { requests: { cpu: '2' } } } : {}),
      ...(this.chance(0.15) ? { nodeSelector: { disk: this.one(['ssd', 'hdd']) } } : {}),
      ...(this.chance(0.4) ? { tolerations: this.#some(2, () => this.#toleration()) } : {}),
      ...(this.chance(0.4) ? { topologySpreadConstraints: this.#some(2, () => this.#spread()) } : {}),
      affinity: {
        ...(this.chance(0.2) ? { nodeAffinity: { ...(this.chance(0.5) ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: this.#some(2, () => this.#nodeTerm()) } } : {}), preferredDuringSchedulingIgnoredDuringExecution: this.#some(2, () => ({ weight: this.number(1, 100), preference: this.#nodeTerm() })) } } : {}),
        ...(this.chance(0.35) ? { podAffinity: { ...(this.chance(0.5) ? { requiredDuringSchedulingIgnoredDuringExecution: this.#some(2, () => this.#podTerm()) } : {}), preferredDuringSchedulingIgnoredDuringExecution: this.#some(2, () => ({ weight: this.number(1, 100), podAffinityTerm: this.#podTerm() })) } } : {}),
        ...(this.chance(0.35) ? { podAntiAffinity: { ...(this.chance(0.4) ? { requiredDuringSchedulingIgnoredDuringExecution: this.#some(2, () => this.#podTerm()) } : {}), preferredDuringSchedulingIgnoredDuringExecution: this.#some(2, () => ({ weight: this.number(1, 100), podAffinityTerm: this.#podTerm() })) } } : {}),
      },
    }
  }

  #podTerm(): PodAffinityTerm {
    return {
      topologyKey: this.one(keys),
      labelSelector: this.selector(),
      ...(this.chance(0.2) ? { namespaces: this.#some(2, () => this.one(namespaceNames)) } : {}),
      ...(this.chance(0.25) ? { namespaceSelector: this.chance(0.3) ? {} : { matchLabels: { team: this.one(['x', 'y']) } } } : {}),
      ...(this.chance(0.1) ? { matchLabelKeys: ['tier'] } : {}),
      ...(this.chance(0.1) ? { mismatchLabelKeys: ['tier'] } : {}),
    }
  }

  #spread(): TopologySpreadConstraint {
    return {
      maxSkew: this.number(1, 3),
      topologyKey: this.one(keys),
      whenUnsatisfiable: this.one(['DoNotSchedule', 'ScheduleAnyway']),
      ...(this.chance(0.95) ? { labelSelector: this.selector() } : {}),
      ...(this.chance(0.2) ? { minDomains: this.number(1, 4) } : {}),
      ...(this.chance(0.2) ? { nodeAffinityPolicy: this.one(['Honor', 'Ignore']) } : {}),
      ...(this.chance(0.3) ? { nodeTaintsPolicy: this.one(['Honor', 'Ignore']) } : {}),
      ...(this.chance(0.2) ? { matchLabelKeys: ['tier'] } : {}),
    }
  }

  #nodeTerm(): NodeSelectorTerm {
    return { matchExpressions: [{ key: this.one(['disk', zoneKey]), operator: this.one(['Exists', 'DoesNotExist']) }] }
  }

  #taint(): Taint {
    return { key: this.one(['dedicated', 'gpu']), value: this.one(['x', 'y']), effect: this.one(['NoSchedule', 'NoExecute', 'PreferNoSchedule']) }
  }

  #toleration(): Toleration {
    return { key: this.one(['dedicated', 'gpu', 'node.kubernetes.io/unschedulable']), operator: 'Exists', ...(this.chance(0.5) ? { effect: this.one(['NoSchedule', 'PreferNoSchedule']) } : {}) }
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.number(1, most) }, make)
  }
}
