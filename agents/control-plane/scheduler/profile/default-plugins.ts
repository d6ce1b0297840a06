/** The plugins of the default profile in upstream's order, with upstream's weights. */
import type { PluginArgs } from '../framework/plugin-args.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { pluginSetOf } from '../framework/plugin-set.ts'
import type { ActingPluginName } from './acting-plugins.ts'
import { actingPlugins } from './acting-plugins.ts'
import type { PluginName, ThinkingHandle } from './plugin-registry.ts'
import { pluginRegistry } from './plugin-registry.ts'

interface Enabled<N> {
  readonly name: N
  readonly weight?: number
}

export const defaultEnabled: readonly Enabled<PluginName | ActingPluginName>[] = [
  { name: 'SchedulingGates' },
  { name: 'PrioritySort' },
  { name: 'NodeUnschedulable' },
  { name: 'NodeName' },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts' },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions' },
  { name: 'NodeVolumeLimits' },
  { name: 'VolumeBinding' },
  { name: 'VolumeZone' },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DynamicResources', weight: 2 },
  { name: 'DefaultPreemption' },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'DefaultBinder' },
  { name: 'NodeDeclaredFeatures' },
]

/** The thinking part of the default profile, for deciding without acting. */
export function defaultPlugins(handle: ThinkingHandle, args: PluginArgs = defaultPluginArgs): PluginSet {
  const thinking = defaultEnabled.filter((enabled): enabled is Enabled<PluginName> => !(enabled.name in actingPlugins))
  return pluginSetOf(thinking.map(({ name, weight }) => ({ plugin: pluginRegistry[name](args, handle), ...(weight === undefined ? {} : { weight }) })))
}

/** Every plugin that a profile may enable. */
export const allPluginFactories = { ...pluginRegistry, ...actingPlugins }

export function allDefaultPlugins(handle: PluginHandle, args: PluginArgs = defaultPluginArgs): PluginSet {
  return pluginSetOf(defaultEnabled.map(({ name, weight }) => ({ plugin: allPluginFactories[name](args, handle), ...(weight === undefined ? {} : { weight }) })))
}
