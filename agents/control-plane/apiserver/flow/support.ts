import { partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Priority and fairness', 'FlowSchemas and PriorityLevelConfigurations with the mandatory and suggested objects', 'fair queuing with shuffle sharding, seats of lists and watches, writes that wait for their watchers', 'lending and borrowing of seats', 'exempt levels, 429 with Retry-After', 'the Dangling condition', '/debug/api_priority_and_fairness', '--enable-priority-and-fairness=false with the plain limits'),
  partial('Priority and fairness', 'apiserver_flowcontrol_* metrics', 'the histograms that sample every nanosecond, the bounds of S and epoch advances are not told'),
]
