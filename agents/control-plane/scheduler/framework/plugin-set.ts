/**
 * The plugins of a profile by extension point, in the order they are asked.
 *
 *   PS1  A plugin enabled without naming points (MultiPoint) serves every point it has methods for.
 *   PS2  A score without weight weighs 1.
 */
import type { BindPlugin, FilterPlugin, PermitPlugin, Plugin, PostBindPlugin, PostFilterPlugin, PreBindPlugin, PreEnqueuePlugin, PreFilterPlugin, PreScorePlugin, QueueSortPlugin, ReservePlugin, ScorePlugin } from './plugin.ts'

export interface WeightedScore {
  readonly plugin: ScorePlugin
  readonly weight: number
}

export interface PluginSet {
  readonly preEnqueue: readonly PreEnqueuePlugin[]
  readonly queueSort: readonly QueueSortPlugin[]
  readonly preFilter: readonly PreFilterPlugin[]
  readonly filter: readonly FilterPlugin[]
  readonly postFilter: readonly PostFilterPlugin[]
  readonly preScore: readonly PreScorePlugin[]
  readonly score: readonly WeightedScore[]
  readonly reserve: readonly ReservePlugin[]
  readonly permit: readonly PermitPlugin[]
  readonly preBind: readonly PreBindPlugin[]
  readonly bind: readonly BindPlugin[]
  readonly postBind: readonly PostBindPlugin[]
}

export type ExtensionPoint = keyof PluginSet

/** The method by which a plugin shows that it serves a point. */
const methodOf = {
  preEnqueue: 'preEnqueue', queueSort: 'less', preFilter: 'preFilter', filter: 'filter', postFilter: 'postFilter', preScore: 'preScore', score: 'score',
  reserve: 'reserve', permit: 'permit', preBind: 'preBind', bind: 'bind', postBind: 'postBind',
} as const satisfies Record<ExtensionPoint, string>

export const extensionPoints = Object.keys(methodOf) as readonly ExtensionPoint[]

export function serves(plugin: Plugin, point: ExtensionPoint): boolean {
  return typeof (plugin as unknown as Record<string, unknown>)[methodOf[point]] === 'function'
}

export interface EnabledPlugin {
  readonly plugin: Plugin
  readonly weight?: number
}

/** PS1 */
export function pluginSetOf(enabled: readonly EnabledPlugin[]): PluginSet {
  return pluginSetByPoint(point => enabled.filter(({ plugin }) => serves(plugin, point)))
}

export function pluginSetByPoint(enabledAt: (point: ExtensionPoint) => readonly EnabledPlugin[]): PluginSet {
  const at = <P extends Plugin>(point: ExtensionPoint) => enabledAt(point).map(({ plugin }) => plugin as P)
  return {
    preEnqueue: at('preEnqueue'),
    queueSort: at('queueSort'),
    preFilter: at('preFilter'),
    filter: at('filter'),
    postFilter: at('postFilter'),
    preScore: at('preScore'),
    score: enabledAt('score').map(({ plugin, weight }) => ({ plugin: plugin as ScorePlugin, weight: weight === undefined || weight === 0 ? 1 : weight })), // PS2
    reserve: at('reserve'),
    permit: at('permit'),
    preBind: at('preBind'),
    bind: at('bind'),
    postBind: at('postBind'),
  }
}

/** Every plugin of the set once. */
export function allPlugins(set: PluginSet): readonly Plugin[] {
  return [...new Set(extensionPoints.flatMap(point => set[point].map(entry => ('plugin' in entry ? entry.plugin : entry) as Plugin)))]
}
