/** A plugin of the scheduler thinks for long. */
import { numberOf, textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const schedulerPluginSlow = componentHook({
  name: 'scheduler-plugin-slow', group: 'scheduler', components: ['kube-scheduler'],
  title: 'A slow scheduling plugin',
  parameters: [text('plugin', 'NodeResourcesFit'), { name: 'ms', type: 'number', unit: 'ms', least: 1, most: 1_000, default: 100 }],
  effect: 'The plugin takes so long for each node, and nothing else happens in the scheduler meanwhile.',
  evidence: 'scheduler_scheduling_attempt_duration_seconds; pods are placed one after the other, slowly.',
  rule: order => ({ point: 'scheduler.plugin', effect: 'delay', match: { plugin: textOf(order, 'plugin') }, parameters: { ms: numberOf(order, 'ms') } }),
})
