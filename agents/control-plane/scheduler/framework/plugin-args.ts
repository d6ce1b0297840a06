/** Arguments of the default plugins (pluginConfig of KubeSchedulerConfiguration v1), read, defaulted and validated by profile/. */
import type { NodeAffinity, TopologySpreadConstraint } from '../../../api/groups/core-v1/types.ts'

export interface ResourceWeight {
  readonly name: string
  readonly weight: number
}

/** One corner of a utilization (0..100) to score (0..10) line. */
export interface ShapePoint {
  readonly utilization: number
  readonly score: number
}

export interface NodeResourcesFitArgs {
  readonly ignoredResources: readonly string[]
  readonly ignoredResourceGroups: readonly string[]
  readonly scoringStrategy: {
    readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
    readonly resources: readonly ResourceWeight[]
    readonly requestedToCapacityRatio?: { readonly shape: readonly ShapePoint[] }
  }
}

export interface NodeResourcesBalancedAllocationArgs {
  readonly resources: readonly ResourceWeight[]
}

export interface NodeAffinityArgs {
  readonly addedAffinity?: NodeAffinity
}

export interface InterPodAffinityArgs {
  readonly hardPodAffinityWeight: number
  readonly ignorePreferredTermsOfExistingPods: boolean
}

export interface PodTopologySpreadArgs {
  readonly defaultConstraints: readonly TopologySpreadConstraint[]
  readonly defaultingType: 'System' | 'List'
}

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds: number
  readonly shape?: readonly ShapePoint[]
}

export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage: number
  readonly minCandidateNodesAbsolute: number
}

export interface DynamicResourcesArgs {
  readonly filterTimeoutMs: number
  readonly bindingTimeoutMs: number
}

export interface PluginArgs {
  readonly NodeResourcesFit: NodeResourcesFitArgs
  readonly NodeResourcesBalancedAllocation: NodeResourcesBalancedAllocationArgs
  readonly NodeAffinity: NodeAffinityArgs
  readonly InterPodAffinity: InterPodAffinityArgs
  readonly PodTopologySpread: PodTopologySpreadArgs
  readonly VolumeBinding: VolumeBindingArgs
  readonly DefaultPreemption: DefaultPreemptionArgs
  readonly DynamicResources: DynamicResourcesArgs
}

export const defaultPluginArgs: PluginArgs = {
  NodeResourcesFit: { ignoredResources: [], ignoredResourceGroups: [], scoringStrategy: { type: 'LeastAllocated', resources: [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }] } },
  NodeResourcesBalancedAllocation: { resources: [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }] },
  NodeAffinity: {},
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  PodTopologySpread: { defaultConstraints: [], defaultingType: 'System' },
  VolumeBinding: { bindTimeoutSeconds: 600 },
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  DynamicResources: { filterTimeoutMs: 10_000, bindingTimeoutMs: 600_000 },
}
