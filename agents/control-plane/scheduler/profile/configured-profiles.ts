/** Makes the profiles of a configuration: each with its own plugins, made from its own arguments. */
import type { PluginArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { Plugin } from '../framework/plugin.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import type { ProfileConfiguration, SchedulerConfiguration } from './configuration.ts'
import { allPluginFactories, defaultEnabled } from './default-plugins.ts'
import { enabledPlugins } from './enabled-plugins.ts'

export interface ProfileSpec {
  readonly name: string
  readonly percentageOfNodesToScore: number
  plugins(handle: PluginHandle): PluginSet
}

export const knownPlugins: readonly string[] = Object.keys(allPluginFactories)

export function configuredProfiles(configuration: SchedulerConfiguration): readonly ProfileSpec[] {
  const ignored = configuration.extenders.flatMap(({ managedResources }) => managedResources.filter(resource => resource.ignoredByScheduler).map(({ name }) => name))
  return configuration.profiles.map(profile => ({
    name: profile.schedulerName,
    percentageOfNodesToScore: profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore,
    plugins: handle => pluginsOf(profile, withIgnored(profile.pluginArgs, ignored), handle),
  }))
}

function pluginsOf(profile: ProfileConfiguration, args: PluginArgs, handle: PluginHandle): PluginSet {
  const made = new Map<string, Plugin>()
  return enabledPlugins(profile, defaultEnabled, name => {
    let plugin = made.get(name)
    if (plugin === undefined) made.set(name, plugin = allPluginFactories[name as keyof typeof allPluginFactories](args, handle))
    return plugin
  })
}

/** Resources that an extender manages and the scheduler is told to leave to it. */
function withIgnored(args: PluginArgs, ignored: readonly string[]): PluginArgs {
  if (ignored.length === 0) return args
  return { ...args, NodeResourcesFit: { ...args.NodeResourcesFit, ignoredResources: [...args.NodeResourcesFit.ignoredResources, ...ignored] } }
}
