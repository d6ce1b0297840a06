/** The scheduler finds nodes unfit that are fit. */
import { textOf } from '../fault.ts'
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const schedulerFilterRejects = componentHook({
  name: 'scheduler-filter-rejects', group: 'scheduler', components: ['kube-scheduler'],
  title: 'Fit nodes are rejected',
  parameters: [text('plugin', 'NodeResourcesFit'), ...anyOf('node')],
  effect: 'The plugin rejects the nodes, whatever they have to offer.',
  evidence: 'FailedScheduling names the plugin; kubectl describe node shows room.',
  rule: order => ({ point: 'scheduler.plugin', effect: 'drop', match: { point: 'Filter', plugin: textOf(order, 'plugin'), ...narrowed(order, ['node']).match } }),
})
