/** No pod leaves the queue. */
import { componentHook } from './hook-fault.ts'

export const schedulerQueueHeld = componentHook({
  name: 'scheduler-queue-held', group: 'scheduler', components: ['kube-scheduler'],
  title: 'The scheduling queue is held',
  effect: 'The pod at the head of the queue stays there, and all others behind it.',
  evidence: 'New pods stay Pending without an event; kubarium inspect kube-scheduler shows them as active.',
  rule: () => ({ point: 'scheduler.queue', effect: 'hold' }),
})
