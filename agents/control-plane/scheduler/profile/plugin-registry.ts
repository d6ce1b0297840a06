/** Every plugin that a profile may enable, by name, with how it is made from the configuration's arguments. */
import type { PluginArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { Plugin } from '../framework/plugin.ts'
import { newDynamicResources } from '../plugins/dynamic-resources.ts'
import { imageLocality } from '../plugins/image-locality.ts'
import { newInterPodAffinity } from '../plugins/inter-pod-affinity/inter-pod-affinity.ts'
import { newNodeAffinity } from '../plugins/node-affinity.ts'
import { nodeDeclaredFeatures } from '../plugins/node-declared-features.ts'
import { nodeName } from '../plugins/node-name.ts'
import { nodePorts } from '../plugins/node-ports.ts'
import { newNodeResourcesBalancedAllocation } from '../plugins/node-resources-balanced-allocation.ts'
import { newNodeResourcesFit } from '../plugins/node-resources-fit/node-resources-fit.ts'
import { nodeVolumeLimits } from '../plugins/node-volume-limits.ts'
import { nodeUnschedulable } from '../plugins/node-unschedulable.ts'
import { newPodTopologySpread } from '../plugins/pod-topology-spread/pod-topology-spread.ts'
import { prioritySort } from '../plugins/priority-sort.ts'
import { schedulingGates } from '../plugins/scheduling-gates.ts'
import { taintToleration } from '../plugins/taint-toleration.ts'
import { newVolumeBinding } from '../plugins/volume-binding/volume-binding.ts'
import { volumeRestrictions } from '../plugins/volume-restrictions.ts'
import { volumeZone } from '../plugins/volume-zone.ts'

/** As much of the handle as the plugins need for thinking; acting ones need all of it. */
export type ThinkingHandle = Pick<PluginHandle, 'cluster'>

export const pluginRegistry = {
  SchedulingGates: () => schedulingGates,
  PrioritySort: () => prioritySort,
  NodeUnschedulable: () => nodeUnschedulable,
  NodeName: () => nodeName,
  TaintToleration: () => taintToleration,
  NodeAffinity: args => newNodeAffinity(args.NodeAffinity),
  NodePorts: () => nodePorts,
  NodeResourcesFit: (args, handle) => newNodeResourcesFit(args.NodeResourcesFit, handle),
  VolumeRestrictions: () => volumeRestrictions,
  NodeVolumeLimits: () => nodeVolumeLimits,
  VolumeBinding: (args, handle) => newVolumeBinding(args.VolumeBinding, handle),
  VolumeZone: () => volumeZone,
  PodTopologySpread: (args, handle) => newPodTopologySpread(args.PodTopologySpread, handle),
  InterPodAffinity: (args, handle) => newInterPodAffinity(args.InterPodAffinity, handle),
  DynamicResources: (args, handle) => newDynamicResources(handle, args.DynamicResources),
  NodeResourcesBalancedAllocation: (args, handle) => newNodeResourcesBalancedAllocation(args.NodeResourcesBalancedAllocation, handle),
  ImageLocality: () => imageLocality,
  NodeDeclaredFeatures: () => nodeDeclaredFeatures,
} as const satisfies Readonly<Record<string, (args: PluginArgs, handle: ThinkingHandle) => Plugin>>

export type PluginName = keyof typeof pluginRegistry
