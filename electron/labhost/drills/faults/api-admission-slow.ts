/** Admission takes its time. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, milliseconds, narrowed } from './hook-fault.ts'

export const apiAdmissionSlow = componentHook({
  name: 'api-admission-slow', group: 'api-server', components: ['kube-apiserver'],
  title: 'Slow admission',
  parameters: [milliseconds(1_000), ...anyOf('operation', 'resource', 'namespace', 'user')],
  effect: 'Writes wait before they are admitted; the operation is CREATE, UPDATE, DELETE or CONNECT.',
  evidence: 'kubectl apply is slow and kubectl get is not.',
  rule: order => ({ point: 'apiserver.admission', effect: 'delay', ...narrowed(order, ['operation', 'resource', 'namespace', 'user']), parameters: { ms: numberOf(order, 'ms') } }),
})
