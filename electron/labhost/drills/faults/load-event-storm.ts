/** Somebody tells of everything. */
import { loadFault } from './load-fault.ts'

export const loadEventStorm = loadFault({
  name: 'load-event-storm', title: 'An event storm', what: 'events', clients: 5, perSecond: 20,
  effect: 'Clients write events into the namespace default without pause.',
  evidence: 'kubectl get events is full of Storm; the store grows, and its writes become slow.',
})
