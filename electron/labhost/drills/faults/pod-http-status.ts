/** A pod that answers with another status. */
import { numberOf } from '../fault.ts'
import { podHttpFault } from './pod-http.ts'

export const podHttpStatus = podHttpFault({
  name: 'pod-http-status', title: 'A pod answers with an HTTP error', what: 'status',
  parameters: [{ name: 'code', type: 'number', unit: '', least: 200, most: 599, default: 503 }],
  effect: 'Requests to this port of the pod are answered with this status, and the pod does not see them.',
  evidence: 'curl shows the code, also through a Service for those requests that this pod gets; an HTTP probe of the port fails.',
  value: order => String(Math.round(numberOf(order, 'code'))),
})
