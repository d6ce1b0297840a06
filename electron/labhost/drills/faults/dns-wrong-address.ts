/** Names lead somewhere else. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const dnsWrongAddress = componentHook({
  name: 'dns-wrong-address', group: 'names', components: ['dns'],
  title: 'Wrong addresses for names',
  parameters: [text('address', '192.0.2.1'), text('name', 'web.default.svc.cluster.local')],
  effect: 'The name has this address.',
  evidence: 'nslookup shows it; connections by name hang or reach somebody else.',
  rule: order => ({ point: 'dns.answer', effect: 'change', match: { name: textOf(order, 'name') }, parameters: { value: textOf(order, 'address') } }),
})
