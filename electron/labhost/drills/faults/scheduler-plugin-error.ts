/** A plugin of the scheduler fails. */
import { numberOf, textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const schedulerPluginError = componentHook({
  name: 'scheduler-plugin-error', group: 'scheduler', components: ['kube-scheduler'],
  title: 'A scheduling plugin fails',
  parameters: [text('plugin', 'NodeResourcesFit'), percentParameter('percent', 100)],
  effect: 'The plugin fails whenever it is asked about a node.',
  evidence: 'New pods get FailedScheduling with the error and are tried again with growing pauses.',
  rule: order => ({ point: 'scheduler.plugin', effect: 'error', match: { plugin: textOf(order, 'plugin') }, percent: numberOf(order, 'percent'), parameters: { code: 500, message: 'broken on purpose' } }),
})
