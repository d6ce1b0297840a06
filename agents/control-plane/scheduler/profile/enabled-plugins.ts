/**
 * Which plugins serve which extension point of a profile, and with which weight.
 * Upstream: mergePlugins (apis/config/v1) and expandMultiPointPlugins (framework/runtime).
 *
 *   EP1  The profile's multiPoint is laid over the default one: disabled names (or "*", all) go, a name enabled again takes
 *        the place of the default, the rest follows in its order.
 *   EP2  At a point: first the plugins enabled there that multiPoint has too, in the point's order; then the others of
 *        multiPoint that serve the point and are not disabled there; then the rest of those enabled there.
 *   EP3  A weight said at the score point counts before one said at multiPoint; none is 1.
 *   EP4  A profile needs exactly one QueueSort plugin and at least one Bind plugin; a plugin enabled at a point it does not
 *        serve, or twice, is refused.
 */
import type { Plugin } from '../framework/plugin.ts'
import type { EnabledPlugin, ExtensionPoint, PluginSet } from '../framework/plugin-set.ts'
import { pluginSetByPoint, serves } from '../framework/plugin-set.ts'
import type { PluginChoice, ProfileConfiguration } from './configuration.ts'

interface Named {
  readonly name: string
  readonly weight?: number
}

/** `make` gives the plugin of a name, the same one whenever it is asked within a profile. */
export function enabledPlugins({ schedulerName, plugins }: Pick<ProfileConfiguration, 'schedulerName' | 'plugins'>, defaults: readonly Named[], make: (name: string) => Plugin): PluginSet {
  const multiPoint = overlay(defaults, plugins.multiPoint)
  for (const [index, { name }] of multiPoint.entries()) if (multiPoint.findIndex(other => other.name === name) < index) throw new Error(`profile ${schedulerName}: plugin "${name}" is enabled twice at multiPoint`) // EP4
  const set = pluginSetByPoint(point => enabledAt(point, plugins[point], multiPoint, make, schedulerName))
  if (set.queueSort.length !== 1) throw new Error(`profile ${schedulerName}: exactly one QueueSort plugin is needed, but ${set.queueSort.length} are enabled`)
  if (set.bind.length === 0) throw new Error(`profile ${schedulerName}: at least one Bind plugin is needed`)
  return set
}

/** EP1 */
export function overlay(defaults: readonly Named[], { enabled, disabled }: PluginChoice): readonly Named[] {
  const replacing = new Set<Named>()
  const kept = disabled.includes('*') ? [] : defaults.filter(({ name }) => !disabled.includes(name)).map(entry => {
    const replacement = enabled.find(({ name }) => name === entry.name)
    if (replacement === undefined) return entry
    replacing.add(replacement)
    return replacement
  })
  return [...kept, ...enabled.filter(entry => !replacing.has(entry))]
}

/** EP2 */
function enabledAt(point: ExtensionPoint, choice: PluginChoice, multiPoint: readonly Named[], make: (name: string) => Plugin, profile: string): readonly EnabledPlugin[] {
  const { enabled, disabled } = choice
  for (const [index, { name }] of enabled.entries()) {
    if (enabled.findIndex(other => other.name === name) < index) throw new Error(`profile ${profile}: plugin "${name}" is enabled twice at ${point}`) // EP4
    if (!serves(make(name), point)) throw new Error(`profile ${profile}: plugin "${name}" does not serve ${point}`)
  }
  const spread = disabled.includes('*') ? [] : multiPoint.filter(({ name }) => !disabled.includes(name) && serves(make(name), point))
  const isSpread = ({ name }: Named) => spread.some(other => other.name === name)
  const ordered = [...enabled.filter(isSpread), ...spread.filter(({ name }) => !enabled.some(other => other.name === name)), ...enabled.filter(entry => !isSpread(entry))]
  return ordered.map(({ name, weight = multiPoint.find(entry => entry.name === name)?.weight }) => ({ plugin: make(name), ...(weight === undefined ? {} : { weight }) })) // EP3
}
