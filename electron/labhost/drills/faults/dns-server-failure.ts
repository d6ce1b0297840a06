/** The name servers fail. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const dnsServerFailure = componentHook({
  name: 'dns-server-failure', group: 'names', components: ['dns'],
  title: 'Name servers fail (SERVFAIL)',
  parameters: [percentParameter('percent', 100), ...anyOf('name', 'type')],
  effect: 'Questions that fit are answered with SERVFAIL.',
  evidence: 'Lookups fail or try the next server; coredns_dns_responses_total by code.',
  rule: order => ({ point: 'dns.answer', effect: 'error', ...narrowed(order, ['name', 'type']), percent: numberOf(order, 'percent'), parameters: { code: 2, message: '' } }),
})
