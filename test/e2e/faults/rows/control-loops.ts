/** Faults of the scheduler, of the controllers, of the cloud, and of any component: its run state and its clock. */
import type { FaultRows } from '../fault-row.ts'
import { attachments, balancerAddress, claimIs, collects, eventOf, field, fresh, fromNew, getsNode, isRunning, kubectl, later, makePod, makesAccount, nodeOf, readyOf, restarts, restartsOf, theLab, volumePod, works } from '../lab-view.ts'
import { eventually } from '../../test-lab.ts'

const service = (name: string, verb: string) => theLab().kubarium(['component', verb, name, '--name', theLab().name])

export const controlLoopRows: FaultRows = {
  'scheduler-queue-held': ['kube-scheduler', { shows: fromNew(async pod => (await nodeOf(pod)) === ''), heals: getsNode }],
  'scheduler-plugin-error': ['kube-scheduler', { shows: fromNew(pod => eventOf(pod, /broken on purpose/)), heals: getsNode }],
  'scheduler-plugin-slow': ['kube-scheduler', { set: { ms: 1_000 }, shows: async () => { const pod = await makePod(); const isLate = (await nodeOf(pod)) === ''; await eventually('a node', () => nodeOf(pod), 20_000, 300); return isLate }, heals: getsNode }],
  'scheduler-filter-rejects': ['kube-scheduler', { shows: fromNew(pod => eventOf(pod, /rejected by NodeResourcesFit on purpose/)), heals: getsNode }],
  'scheduler-score-wrong': ['kube-scheduler', { set: { node: 'node-1', score: 0 }, shows: async () => { const made = await Promise.all([makePod(), makePod(), makePod()]); await eventually('nodes', async () => (await Promise.all(made.map(nodeOf))).every(node => node !== ''), 20_000, 300); return (await Promise.all(made.map(nodeOf))).every(node => node === 'node-2') }, heals: getsNode }],
  'scheduler-bind-failure': ['kube-scheduler', { shows: fromNew(async pod => (await nodeOf(pod)) === '' && (await eventOf(pod, /binding failed on purpose/))), heals: getsNode }],
  'scheduler-cache-stale': ['kube-scheduler', { set: { resource: 'pods' }, shows: fromNew(async pod => (await nodeOf(pod)) === ''), heals: getsNode }],
  'leader-flapping': ['kube-scheduler', restartsOf('kube-scheduler')],
  'controller-stopped': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-slow': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller', ms: 4_000 }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-failing': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-skips': ['kube-controller-manager', { set: { controller: 'serviceaccount-controller' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-event-missed': ['kube-controller-manager', { set: { resource: 'namespaces', type: 'ADDED' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-cache-stale': ['kube-controller-manager', { set: { resource: 'namespaces' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-writes-refused': ['kube-controller-manager', { set: { code: 500, method: 'POST', resource: 'serviceaccounts' }, shows: () => makesAccount(false), heals: () => makesAccount(true) }],
  'controller-crash-mid-reconcile': ['kube-controller-manager', { set: { method: 'POST', resource: 'serviceaccounts' }, before: () => restarts('kube-controller-manager'), shows: async (before: never) => { await theLab().must(['create', 'namespace', fresh('space')]); await later(3_000); return (await restarts('kube-controller-manager')) > Number(before) }, heals: () => makesAccount(true) }],
  'garbage-collection-off': ['kube-controller-manager', { shows: () => collects(false), heals: () => collects(true) }],
  'cloud-address-never-assigned': ['cloud-controller-manager', { shows: async () => (await balancerAddress(3_000)) === '', heals: async () => (await balancerAddress(15_000)) !== '' }],
  'cloud-address-wrong': ['cloud-controller-manager', { shows: async () => (await balancerAddress(15_000)) === '192.0.2.1', heals: async () => (await balancerAddress(15_000)) !== '192.0.2.1' }],
  'cloud-errors': ['cloud-controller-manager', { set: { call: 'ensureLoadBalancer' }, shows: async () => (await balancerAddress(3_000)) === '', heals: async () => (await balancerAddress(15_000)) !== '' }],
  'cloud-slow': ['cloud-controller-manager', { set: { call: 'ensureLoadBalancer', ms: 6_000 }, shows: async () => (await balancerAddress(3_000)) === '', heals: async () => (await balancerAddress(15_000)) !== '' }],
  'component-clock-offset': ['kube-scheduler', { set: { seconds: -3_600 }, shows: async () => Date.now() - Date.parse(await field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system')) > 3_000_000, heals: async () => Date.now() - Date.parse(await field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system')) < 60_000 }],
  'component-clock-frozen': ['kube-scheduler', { before: () => field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system'), shows: async () => { const renewed = () => field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system'); await later(3_000); const first = await renewed(); await later(5_000); return first === (await renewed()) }, heals: async () => Date.now() - Date.parse(await field('.spec.renewTime', 'lease', 'kube-scheduler', '-n', 'kube-system')) < 5_000 }],
  'cloud-instance-gone': ['cloud-controller-manager', {
    set: { name: 'node-2' }, before: () => service('kubelet@node-2', 'pause'), shows: async () => !(await works('get', 'node', 'node-2')),
    heals: async () => { await service('kubelet@node-2', 'restart'); return (await readyOf('node-2')) === 'True' },
  }],
  'storage-provisioner-outage': ['cloud-controller-manager', { shows: () => claimIs('Pending'), heals: () => claimIs('Bound') }],
  'volume-attach-fails': ['cloud-controller-manager', { aim: () => Promise.resolve('cloud-controller-manager'), before: () => volumePod(), shows: async (pod: never) => !(await isRunning(pod)) && (await eventOf(pod, /on purpose/)), heals: (pod: never) => isRunning(pod) }],
  'volume-detach-stuck': ['cloud-controller-manager', {
    before: async () => { const pod = await volumePod(); await eventually('the pod to run', () => isRunning(pod), 60_000); return pod },
    shows: async (pod: never) => { await kubectl('delete', 'pod', pod, '--grace-period=0', '--force', '--ignore-not-found'); await later(5_000); return (await attachments()) > 0 },
    heals: async () => (await attachments()) === 0,
  }],
  'component-kill': ['kube-scheduler', restartsOf('kube-scheduler')],
  'component-pause': ['kube-scheduler', { shows: fromNew(async pod => (await nodeOf(pod)) === ''), heals: getsNode }],
}
