/** A pod whose answers carry another header. */
import { textOf } from '../fault.ts'
import { text } from './hook-fault.ts'
import { podHttpFault } from './pod-http.ts'

export const podHttpHeader = podHttpFault({
  name: 'pod-http-header', title: 'A pod answers with another header', what: 'header',
  parameters: [text('header', 'cache-control: max-age=31536000')],
  effect: 'Answers from this port of the pod carry this header, in place of their own of that name.',
  evidence: 'curl -i shows it; clients that believe it behave accordingly.',
  value: order => textOf(order, 'header'),
})
