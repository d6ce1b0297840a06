/** Time stands still for one process. */
import { componentHook } from './hook-fault.ts'

export const componentClockFrozen = componentHook({
  name: 'component-clock-frozen', group: 'time', components: ['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager', 'metrics-server', 'kubelet', 'kube-proxy', 'overlay', 'dns'],
  title: "A component's clock stands still",
  effect: 'The wall clock of the process alone stands still; its timers run as always.',
  evidence: 'What it writes has the same time over and over; Leases that it renews look older and older to others.',
  rule: () => ({ point: 'process.clock', effect: 'hold' }),
})
