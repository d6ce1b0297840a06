/** One process believes in another time. */
import { numberOf } from '../fault.ts'
import { componentHook } from './hook-fault.ts'

export const componentClockOffset = componentHook({
  name: 'component-clock-offset', group: 'time', components: ['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager', 'metrics-server', 'kubelet', 'kube-proxy', 'overlay', 'dns'],
  title: "A component's clock is wrong",
  parameters: [{ name: 'seconds', type: 'number', unit: 's', least: -315_360_000, most: 315_360_000, default: 3_600 }],
  effect: 'The wall clock of the process alone is ahead, or behind with a negative number; its timers run as always.',
  evidence: 'Times in its log and in what it writes are off; leases seem expired, tokens not yet valid, Jobs late.',
  rule: order => ({ point: 'process.clock', effect: 'change', parameters: { value: String(Math.round(1_000 * numberOf(order, 'seconds'))) } }),
})
