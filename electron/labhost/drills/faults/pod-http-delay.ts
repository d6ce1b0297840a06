/** A pod that answers late. */
import { numberOf } from '../fault.ts'
import { milliseconds } from './hook-fault.ts'
import { podHttpFault } from './pod-http.ts'

export const podHttpDelay = podHttpFault({
  name: 'pod-http-delay', title: 'A pod answers HTTP late', what: 'delay',
  parameters: [milliseconds(2_000)],
  effect: 'Requests to this port of the pod are held for so long before the pod gets them.',
  evidence: 'curl takes as long; clients with a shorter timeout give up, and an HTTP probe with one fails.',
  value: order => String(numberOf(order, 'ms')),
})
