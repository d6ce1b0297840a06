/** Names are found late. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, milliseconds, narrowed } from './hook-fault.ts'

export const dnsSlow = componentHook({
  name: 'dns-slow', group: 'names', components: ['dns'],
  title: 'Slow names',
  parameters: [milliseconds(2_000), ...anyOf('name', 'type')],
  effect: 'Questions that fit are answered so much later.',
  evidence: 'First connections are slow; above 5 seconds resolvers ask again or give up.',
  rule: order => ({ point: 'dns.answer', effect: 'delay', ...narrowed(order, ['name', 'type']), parameters: { ms: numberOf(order, 'ms') } }),
})
