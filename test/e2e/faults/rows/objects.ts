/** Faults of objects: workloads, Services, configuration, identity, and clients that ask for a lot. */
import type { FaultRows } from '../fault-row.ts'
import { deployment, fails, field, fresh, getsNode, growing, isGone, isReady, kubectl, later, makePod, podRequests, probedPod, runningPod, theLab, works } from '../lab-view.ts'

const inDefault = async (pod: Promise<string>) => `default/${await pod}`
const nameOf = (target: string) => target.slice('default/'.length)

/** A frozen container refuses a program or never starts it. */
const answersExec = async (pod: string) => (await theLab().kubectl(['exec', pod, '--', 'true'], 20_000)).code === 0

export const objectRows: FaultRows = {
  'deployment-probe-wrong': ['default/web', deployment('readinessProbe')],
  'deployment-liveness-too-strict': ['default/web', deployment('livenessProbe', /Liveness probe failed/)],
  'deployment-requests-too-large': ['default/web', deployment('"cpu":"100"', /Insufficient cpu/)],
  'deployment-command-fails': ['default/web', deployment('exit 1', /"exitCode": 1/)],
  'deployment-config-missing': ['default/web', deployment('kubarium-no-such-config', /CreateContainerConfigError/)],
  'deployment-node-selector-wrong': ['default/web', deployment('no-such-node', /node affinity\/selector/)],
  'deployment-init-stuck': ['default/web', deployment('kubarium-stuck', /"kubarium-stuck"[^]*"started": true/)],
  'deployment-memory-limit-too-small': ['default/web', deployment('dd if=/dev/zero', /OOMKilled/)],
  'deployment-paused': ['default/web', deployment('"paused":true')],
  'deployment-strategy-wrong': ['default/web', deployment('"type":"Recreate"')],
  'deployment-image-missing': ['default/web', deployment('registry.invalid', /ErrImagePull|ImagePullBackOff/)],
  'deployment-scaled-to-zero': ['default/web', deployment('"replicas":0')],
  'service-local-traffic-only': ['default/web', { shows: async () => (await field('.spec.internalTrafficPolicy', 'service', 'web')) === 'Local', heals: async () => (await field('.spec.internalTrafficPolicy', 'service', 'web')) === 'Cluster' }],
  'service-selector-wrong': ['default/web', { shows: async () => !(await field('.items[*].endpoints[*].addresses[0]', 'endpointslices', '-l', 'kubernetes.io/service-name=web')).includes('10.244'), heals: async () => (await field('.items[*].endpoints[*].addresses[0]', 'endpointslices', '-l', 'kubernetes.io/service-name=web')).includes('10.244') }],
  'secret-rotated': ['default/password', { before: () => field('.data', 'secret', 'password'), shows: async (before: never) => (await field('.data', 'secret', 'password')) !== before, heals: async (before: never) => (await field('.data', 'secret', 'password')) === before }],
  'role-binding-empty': ['default/readers', { shows: () => fails(/no/, 'auth', 'can-i', 'list', 'pods', '--as=jane'), heals: () => works('auth', 'can-i', 'list', 'pods', '--as=jane') }],
  'namespace-limit-range': ['default', { shows: async () => (await field('.spec.containers[0].resources.limits.memory', 'pod', await makePod())) === '4Mi', heals: async () => (await field('.spec.containers[0].resources.limits.memory', 'pod', await makePod())) === '' }],
  'namespace-quota': ['default', { shows: () => fails(/exceeded quota/, 'run', fresh('pod'), '--image=busybox'), heals: getsNode }],
  'namespace-restricted': ['default', { shows: () => fails(/violates PodSecurity/, 'run', fresh('pod'), '--image=busybox'), heals: getsNode }],
  'load-event-storm': ['kube-apiserver', { shows: async () => Number((await kubectl('get', 'events', '--field-selector=reason=Storm', '-o', 'name')).stdout.split('\n').length) > 50, heals: async () => (await kubectl('get', 'events', '--field-selector=reason=Storm', '-o', 'name')).stdout === '' }],
  'load-list-storm': ['kube-apiserver', growing(podRequests('verb="LIST"'), 30)],
  'load-watch-storm': ['kube-apiserver', growing(podRequests('verb="WATCH"'), 20)],
  'load-retry-storm': ['kube-apiserver', growing(podRequests('verb="POST"', 'code="4'), 100)],
  'service-port-wrong': ['default/web', { shows: async () => (await field('.spec.ports[0].targetPort', 'service', 'web')) === '9', heals: async () => (await field('.spec.ports[0].targetPort', 'service', 'web')) === '8080' }],
  'node-cordoned': ['node-1', { shows: async () => (await field('.spec.unschedulable', 'node', 'node-1')) === 'true', heals: async () => (await field('.spec.unschedulable', 'node', 'node-1')) === '' }],
  'node-tainted': ['node-1', { set: { effect: 'NoSchedule' }, shows: async () => (await field('.spec.taints[*].effect', 'node', 'node-1')).includes('NoSchedule'), heals: async () => !(await field('.spec.taints[*].effect', 'node', 'node-1')).includes('NoSchedule') }],
  'pod-container-kill': ['', { aim: () => inDefault(probedPod()), shows: async (_: never, target) => Number(await field('.status.containerStatuses[0].restartCount', 'pod', nameOf(target))) > 0, heals: (_: never, target) => isReady(nameOf(target)) }],
  'pod-delete': ['', { set: { graceSeconds: 0 }, aim: () => inDefault(runningPod()), shows: (_: never, target) => isGone(nameOf(target)), heals: getsNode }],
  'pod-finalizer-deadlock': ['', {
    aim: () => inDefault(makePod()), shows: async (_: never, target) => { await kubectl('delete', 'pod', nameOf(target), '--wait=false', '--ignore-not-found'); await later(2_000); return (await field('.metadata.deletionTimestamp', 'pod', nameOf(target))) !== '' },
    heals: (_: never, target) => isGone(nameOf(target)),
  }],
  'pod-pause': ['', { aim: () => inDefault(runningPod()), shows: async (_: never, target) => !(await answersExec(nameOf(target))), heals: (_: never, target) => answersExec(nameOf(target)) }],
}
