/** Somebody is not recognised any more. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const apiCredentialRevoked = componentHook({
  name: 'api-credential-revoked', group: 'identity', components: ['kube-apiserver'],
  title: 'A revoked credential',
  parameters: [text('user', 'system:kube-scheduler')],
  effect: 'Requests of this user are answered with 401, as if the credential were not valid any more.',
  evidence: 'The log of that component shows Unauthorized; what it does for the cluster stands still.',
  rule: order => ({ point: 'apiserver.request', effect: 'error', match: { stage: 'authenticated', user: textOf(order, 'user') }, parameters: { code: 401, message: 'Unauthorized' } }),
})
