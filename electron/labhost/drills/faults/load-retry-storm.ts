/** What was refused is asked again at once. */
import { loadFault } from './load-fault.ts'

export const loadRetryStorm = loadFault({
  name: 'load-retry-storm', title: 'A retry storm', what: 'retries', clients: 20, perSecond: 20,
  effect: 'Clients send a request that is refused, and send it again without backing off.',
  evidence: 'apiserver_request_total with code 422 climbs; the API server needs processor time for nothing.',
})
