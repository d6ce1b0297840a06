/** Everybody lists everything. */
import { loadFault } from './load-fault.ts'

export const loadListStorm = loadFault({
  name: 'load-list-storm', title: 'A list storm', what: 'lists', clients: 10, perSecond: 10,
  effect: 'Clients list all pods of the cluster, again and again, with a consistent read each.',
  evidence: 'apiserver_request_total of list; requests of others become slow, until priority and fairness answers some with 429.',
})
