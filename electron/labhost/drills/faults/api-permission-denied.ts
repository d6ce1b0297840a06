/** Somebody may not do any more what it needs. */
import { textOf } from '../fault.ts'
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const apiPermissionDenied = componentHook({
  name: 'api-permission-denied', group: 'identity', components: ['kube-apiserver'],
  title: 'A permission is missing',
  parameters: [text('user', 'system:kube-controller-manager'), ...anyOf('verb', 'resource')],
  effect: 'Requests of this user are answered with 403, as if its role lacked the rule.',
  evidence: 'Its log shows "forbidden"; kubectl auth can-i still says yes, which is the clue that no role is to blame.',
  rule: order => ({
    point: 'apiserver.request', effect: 'error', match: { stage: 'authenticated', user: textOf(order, 'user'), ...narrowed(order, ['verb', 'resource']).match }, parameters: { code: 403, message: 'forbidden on purpose' },
  }),
})
