/** Names are not answered. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const dnsNoAnswer = componentHook({
  name: 'dns-no-answer', group: 'names', components: ['dns'],
  title: 'Name servers are silent',
  parameters: [percentParameter('percent', 100), ...anyOf('name', 'type')],
  effect: 'Questions that fit get no answer.',
  evidence: 'Lookups time out after seconds.',
  rule: order => ({ point: 'dns.answer', effect: 'drop', ...narrowed(order, ['name', 'type']), percent: numberOf(order, 'percent') }),
})
