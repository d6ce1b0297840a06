/** A leader loses its lease again and again. */
import { componentHook } from './hook-fault.ts'

export const leaderFlapping = componentHook({
  name: 'leader-flapping', group: 'scheduler', components: ['kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager'],
  title: 'A leader comes and goes',
  effect: 'Requests for its Lease fail, so that the component loses the lead, ends, and tries anew.',
  evidence: 'Its restart count goes up; leader_election_master_status is 0; the Lease in kube-system is not renewed.',
  rule: () => ({ point: 'client.request', effect: 'error', match: { resource: 'leases', namespace: 'kube-system' }, parameters: { code: 500, message: 'no lease on purpose' } }),
})
