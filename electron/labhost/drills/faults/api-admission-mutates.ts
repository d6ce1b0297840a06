/** Admission changes what it should leave alone. */
import { textOf } from '../fault.ts'
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const apiAdmissionMutates = componentHook({
  name: 'api-admission-mutates', group: 'api-server', components: ['kube-apiserver'],
  title: 'Admission changes objects wrongly',
  parameters: [text('change', 'image=registry.invalid/none:0'), ...anyOf('namespace', 'user')],
  effect: 'New pods get another image (image=…) or a label (name=value) than they were made with.',
  evidence: 'The pod differs from the template of its owner: kubectl get pod -o yaml; with an image that nobody has, ErrImagePull.',
  rule: order => ({ point: 'apiserver.admission', effect: 'change', match: { operation: 'CREATE', resource: 'pods', ...narrowed(order, ['namespace', 'user']).match }, parameters: { value: textOf(order, 'change') } }),
})
