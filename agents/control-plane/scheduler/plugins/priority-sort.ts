/**
 * PrioritySort: who is tried first.
 *
 *   PO1  Higher priority first; among equals who came into the queue first.
 */
import type { QueueSortPlugin } from '../framework/plugin.ts'
import { podFacts } from '../snapshot/pod-facts.ts'

export const prioritySort: QueueSortPlugin = {
  name: 'PrioritySort',
  less(a, b) {
    const difference = podFacts(a.pod).priority - podFacts(b.pod).priority
    return difference !== 0 ? difference > 0 : a.queuedAt < b.queuedAt // PO1
  },
}
