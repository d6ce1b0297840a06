/** The plugins of the default profile in upstream's order, with upstream's weights. */
import type { PluginArgs } from '../framework/plugin-args.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { pluginSetOf } from '../framework/plugin-set.ts'
import type { PluginName, ThinkingHandle } from './plugin-registry.ts'
import { pluginRegistry } from './plugin-registry.ts'

export const defaultEnabled: readonly { readonly name: PluginName; readonly weight?: number }[] = [
  { name: 'SchedulingGates' },
  { name: 'PrioritySort' },
  { name: 'NodeUnschedulable' },
  { name: 'NodeName' },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts' },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
]

export function defaultPlugins(handle: ThinkingHandle, args: PluginArgs = defaultPluginArgs): PluginSet {
  return pluginSetOf(defaultEnabled.map(({ name, weight }) => ({ plugin: pluginRegistry[name](args, handle), ...(weight === undefined ? {} : { weight }) })))
}
