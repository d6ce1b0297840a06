/**
 * Plugins that faults can break: that fail, are slow, reject, or score a node as they should not.
 *
 *   FY1  A plugin keeps its identity: one that serves several points is wrapped once, so that its states are found again.
 *   FY2  While a rule concerns a plugin its answers are not kept from pod to pod; those of before are of use again after it.
 *   FY3  A plugin thinks and answers at once, so a slow one keeps everybody in the process waiting.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { type FaultRule, faultPoints } from '../../../base/fault-points.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { FilterPlugin, Plugin, ScorePlugin } from './plugin.ts'
import { type PluginSet, pluginSetByPoint } from './plugin-set.ts'
import { rejected, type Verdict } from './verdict.ts'

const pluginFault = faultPoints.define({
  name: 'scheduler.plugin', help: 'A plugin that is asked about a pod and a node, at Filter or Score. error: it fails; drop: Filter rejects the node; change: the score it gives the node, 0 to 100.',
  attributes: ['plugin', 'point', 'node', 'namespace', 'pod'], effects: ['delay', 'error', 'drop', 'change'],
})

const sleeping = new Int32Array(new SharedArrayBuffer(4))

export function faultyPlugins(set: PluginSet): PluginSet {
  const wrapped = new Map<Plugin, Plugin>()
  const wrap = (plugin: Plugin): Plugin => { // FY1
    const known = wrapped.get(plugin) ?? faultyPlugin(plugin)
    wrapped.set(plugin, known)
    return known
  }
  return pluginSetByPoint(point => set[point].map(entry => ('plugin' in entry ? { plugin: wrap(entry.plugin), weight: entry.weight } : { plugin: wrap(entry as Plugin) })))
}

function faultyPlugin(plugin: Plugin): Plugin {
  const { filter, score, sign } = plugin as Partial<FilterPlugin & ScorePlugin>
  if (filter === undefined && score === undefined) return plugin
  let asked = 0
  const meet = (point: string, here: NodeView, pod: Pod): FaultRule | undefined => {
    if (pluginFault.rules === undefined) return undefined
    const about = { plugin: plugin.name, point, node: here.name, namespace: pod.metadata.namespace, pod: pod.metadata.name }
    const rule = pluginFault.find(about)
    if (rule?.effect === 'error') throw new Error(String(rule.parameters['message']))
    if (rule?.effect === 'delay') Atomics.wait(sleeping, 0, 0, Number(rule.parameters['ms'])) // FY3
    return rule
  }
  return Object.assign(Object.create(plugin) as Plugin, {
    ...(filter === undefined ? {} : {
      filter: (state: never, here: NodeView, pod: Pod): Verdict => (meet('Filter', here, pod)?.effect === 'drop' ? rejected(`node(s) were rejected by ${plugin.name} on purpose`, false) : filter.call(plugin, state, here, pod)),
    }),
    ...(score === undefined ? {} : {
      score(state: never, here: NodeView, pod: Pod): number {
        const rule = meet('Score', here, pod)
        return rule?.effect === 'change' ? Number(rule.parameters['value']) : score.call(plugin, state, here, pod)
      },
    }),
    ...(sign === undefined ? {} : { sign: (pod: Pod) => (pluginFault.rules === undefined ? sign.call(plugin, pod) : `${sign.call(plugin, pod)} ${asked++}`) }), // FY2
  })
}
