/** Admission refuses what is right. */
import { textOf } from '../fault.ts'
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const apiAdmissionRefuses = componentHook({
  name: 'api-admission-refuses', group: 'api-server', components: ['kube-apiserver'],
  title: 'Admission refuses',
  parameters: [text('message', 'admission refused this on purpose'), ...anyOf('operation', 'resource', 'namespace', 'user')],
  effect: 'Writes that fit are refused with 403.',
  evidence: 'kubectl apply fails with the message; controllers report FailedCreate.',
  rule: order => ({ point: 'apiserver.admission', effect: 'error', ...narrowed(order, ['operation', 'resource', 'namespace', 'user']), parameters: { code: 403, message: textOf(order, 'message') } }),
})
