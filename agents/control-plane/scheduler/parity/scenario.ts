/**
 * A scheduling scenario as its file says it, and what the pure cycle makes of it.
 *
 *     it: goes where its requests fit
 *     rule: RF1                        # of the plugin that it teaches, where it is the one for that
 *     nodes: [a cpu=1, b cpu=1]
 *     pods: [x on a cpu=800m]          # already there
 *     objects: []                      # claims, volumes, classes, namespaces, services …
 *     pod: p cpu=500m                  # the one that is scheduled
 *     expect: b                        # the node; several are ties
 *     rejects: 1 Insufficient cpu      # or the reasons, counted, as upstream prints them
 *     preemption: 1 Preemption is not helpful for scheduling.   # what preemption says after that, absent for nothing said
 *     preemption: nothing              # when it is not asked, because PreFilter rejected the pod for good
 *     claims: still not schedulable    # what is said about claims for devices before that, when not that there are none
 *     preempts: x on a                 # or whom it evicts, and where
 *     gated: "waiting for scheduling gates: [quota]"            # or why it is not even tried
 *     args: { NodeResourcesFit: … }    # plugin arguments other than the default
 */
import type { Namespace, PersistentVolume, PersistentVolumeClaim, Pod, Service } from '../../../api/groups/core-v1/types.ts'
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import type { CSIStorageCapacity, VolumeAttachment } from '../../../api/groups/storage-v1/types.ts'
import type { PodDisruptionBudget } from '../../../api/groups/policy-v1/types.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'
import { seededRandom } from '../../../base/random.ts'
import { foremostClass, resourcesOf } from '../devices/extended-resources.ts'
import { schedulePod } from '../cycle/schedule-pod.ts'
import type { PluginArgs } from '../framework/plugin-args.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import { fitMessage, postFilterMessage } from '../framework/fit-message.ts'
import { bestCandidate, searchCandidates } from '../preemption/plan.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import type { ClusterLookups } from '../snapshot/cluster.ts'
import { Cluster, emptyLookups } from '../snapshot/cluster.ts'
import type { Short } from './short-objects.ts'
import { shortNode, shortObject, shortPod } from './short-objects.ts'

export interface Scenario {
  readonly it: string
  /** Numbers as the headers of the plugins have them. */
  readonly rule?: string
  readonly nodes: readonly Short[]
  readonly pods?: readonly Short[]
  readonly objects?: readonly Short[]
  readonly pod: Short
  readonly expect?: string | readonly string[]
  readonly rejects?: string
  readonly preemption?: string
  readonly claims?: string
  readonly preempts?: string
  readonly gated?: string
  readonly args?: Partial<PluginArgs>
}

export interface ScenarioFile {
  readonly topic: string
  /** Where upstream documents the behaviour. */
  readonly source: string
  readonly scenarios: readonly Scenario[]
}

export function nameOf({ it, rule }: Scenario): string {
  return rule === undefined ? it : `${rule} ${it}`
}

/** What the scenario says should come out, in the form of `answer`: alternatives for ties. */
export function expected({ expect, rejects, preemption, claims = 'no new claims to deallocate', preempts, gated, nodes }: Scenario): readonly string[] {
  if (expect !== undefined) return typeof expect === 'string' ? [expect] : expect
  if (preempts !== undefined) return [`preempts ${preempts}`]
  if (gated !== undefined) return [gated]
  if (nodes.length === 0) return [rejects ?? '']
  const head = `0/${nodes.length} nodes are available:`
  const after = preemption === undefined ? '' : preemption === 'nothing' ? ' not found' : ` ${claims}, preemption: ${preemption.startsWith('not eligible') ? '' : `${head} `}${preemption}`
  return [`${head} ${rejects ?? ''}.${after}`]
}

/** The node, the whole message, "preempts x y on a", or why the pod is not tried. Ties are settled by the seed. */
export function answer(scenario: Scenario, seed = 1): string {
  const pod = shortPod(scenario.pod)
  const objects = (scenario.objects ?? []).map(shortObject)
  const cluster = new Cluster(lookupsOf(objects))
  for (const node of scenario.nodes) cluster.setNode(shortNode(node))
  for (const placed of scenario.pods ?? []) cluster.setPod(shortPod(placed))
  const plugins = defaultPlugins({ cluster }, { ...defaultPluginArgs, ...scenario.args })
  const held = plugins.preEnqueue.map(plugin => plugin.preEnqueue(pod)).find(verdict => !verdict.fits)
  if (held?.fits === false) return held.reasons.join(', ')
  const decision = schedulePod(pod, cluster, { plugins, random: seededRandom(seed) })
  if (decision.node !== null) return decision.node
  const budgets = objects.filter(({ kind }) => kind === 'PodDisruptionBudget') as PodDisruptionBudget[]
  const { candidates, message } = searchCandidates({ pod, cluster, outcome: decision, budgets, random: seededRandom(seed) })
  const best = bestCandidate(candidates)
  return best === null ? fitMessage(decision.diagnosis, postFilterMessage(plugins, decision, message)) : `preempts ${namesOf(best.victims)} on ${best.node}`
}

function namesOf(pods: readonly Pod[]): string {
  return pods.map(pod => pod.metadata.name).sort().join(' ')
}

function lookupsOf(objects: readonly KubernetesObject[]): ClusterLookups {
  const all = <T>(kind: string) => objects.filter(object => object.kind === kind) as unknown as T[]
  const one = <T>(kind: string, name: string, namespace?: string) => objects.find(object => object.kind === kind && object.metadata.name === name && (namespace === undefined || object.metadata.namespace === namespace)) as T | undefined
  const none: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '', uid: '', resourceVersion: '1', creationTimestamp: '' } } as Namespace
  return {
    ...emptyLookups,
    services: namespace => all<Service>('Service').filter(service => service.metadata.namespace === namespace),
    replicaSet: (namespace, name) => one('ReplicaSet', name, namespace),
    statefulSet: (namespace, name) => one('StatefulSet', name, namespace),
    namespace: name => one<Namespace>('Namespace', name) ?? { ...none, metadata: { ...none.metadata, name } },
    persistentVolumeClaim: (namespace, name) => one<PersistentVolumeClaim>('PersistentVolumeClaim', name, namespace),
    persistentVolume: name => one<PersistentVolume>('PersistentVolume', name),
    persistentVolumes: () => all('PersistentVolume'),
    storageClass: name => one('StorageClass', name),
    csiNode: name => one('CSINode', name),
    csiDriver: name => one('CSIDriver', name),
    resourceClaim: (namespace, name) => one<ResourceClaim>('ResourceClaim', name, namespace),
    resourceClaims: () => all<ResourceClaim>('ResourceClaim'),
    resourceSlices: () => all<ResourceSlice>('ResourceSlice'),
    deviceClass: name => one<DeviceClass>('DeviceClass', name),
    deviceClassOf: resource => foremostClass(all<DeviceClass>('DeviceClass').filter(deviceClass => resourcesOf(deviceClass).includes(resource))),
    csiStorageCapacities: () => all<CSIStorageCapacity>('CSIStorageCapacity'),
    volumeAttachments: name => all<VolumeAttachment>('VolumeAttachment').filter(attachment => attachment.spec.nodeName === name),
  }
}
