/** The scheduler likes the wrong node. */
import { numberOf, textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const schedulerScoreWrong = componentHook({
  name: 'scheduler-score-wrong', group: 'scheduler', components: ['kube-scheduler'],
  title: 'Wrong scores',
  parameters: [text('plugin', 'NodeResourcesBalancedAllocation,NodeResourcesFit,TaintToleration,NodeAffinity,PodTopologySpread,InterPodAffinity,ImageLocality'), text('node', 'node-1'), { name: 'score', type: 'number', unit: '', least: 0, most: 100, default: 100 }],
  effect: 'The plugins give this node this score, whatever is on it.',
  evidence: 'Pods pile up on the node, or avoid it; kubarium inspect kube-scheduler shows the scores of each decision.',
  rule: order => ({ point: 'scheduler.plugin', effect: 'change', match: { point: 'Score', plugin: textOf(order, 'plugin'), node: textOf(order, 'node') }, parameters: { value: String(numberOf(order, 'score')) } }),
})
