/** A pod whose answers say something else. */
import { textOf } from '../fault.ts'
import { text } from './hook-fault.ts'
import { podHttpFault } from './pod-http.ts'

export const podHttpBody = podHttpFault({
  name: 'pod-http-body', title: 'A pod answers with another body', what: 'body',
  parameters: [text('body', 'broken on purpose')],
  effect: 'The body of answers from this port of the pod is replaced; status and other headers stay.',
  evidence: 'curl shows the text with the status that the pod gave; probes that look at the status alone notice nothing.',
  value: order => textOf(order, 'body'),
})
