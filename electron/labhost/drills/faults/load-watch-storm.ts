/** Watches come by the dozen, and come again. */
import { loadFault } from './load-fault.ts'

export const loadWatchStorm = loadFault({
  name: 'load-watch-storm', title: 'A watch storm', what: 'watches', clients: 50, perSecond: 1,
  effect: 'Clients open watches of all pods, hold them for a few seconds, and open them anew.',
  evidence: 'apiserver_longrunning_requests; the API server needs more processor time and memory; kubarium inspect kube-apiserver watchers.',
})
