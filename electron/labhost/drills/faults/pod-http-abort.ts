/** A pod that hangs up. */
import { podHttpFault } from './pod-http.ts'

export const podHttpAbort = podHttpFault({
  name: 'pod-http-abort', title: 'A pod hangs up on HTTP requests', what: 'abort',
  effect: 'Connections to this port of the pod are made, and reset as soon as a request has come.',
  evidence: 'curl says "Connection reset by peer" (56); an HTTP probe fails, a TCP probe does not.',
})
