/** Names do not exist. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const dnsNotFound = componentHook({
  name: 'dns-not-found', group: 'names', components: ['dns'],
  title: 'Names are not found (NXDOMAIN)',
  parameters: [percentParameter('percent', 100), ...anyOf('name', 'type')],
  effect: 'Questions that fit are answered with NXDOMAIN; a name is written without its last dot.',
  evidence: 'nslookup finds nothing (NXDOMAIN); connections by address work.',
  rule: order => ({ point: 'dns.answer', effect: 'error', ...narrowed(order, ['name', 'type']), percent: numberOf(order, 'percent'), parameters: { code: 3, message: '' } }),
})
