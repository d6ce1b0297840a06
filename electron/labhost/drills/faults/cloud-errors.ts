/** The cloud refuses. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const cloudErrors = componentHook({
  name: 'cloud-errors', group: 'cloud', components: ['cloud-controller-manager'],
  title: 'The cloud answers with errors',
  parameters: [{ name: 'code', type: 'number', unit: '', least: 400, most: 599, default: 500 }, percentParameter('percent', 100), ...anyOf('call', 'name')],
  effect: 'What the cloud is asked fails with this status.',
  evidence: 'Events SyncLoadBalancerFailed and the like; the log of cloud-controller-manager.',
  rule: order => ({
    point: 'cloud.answer', effect: 'error', ...narrowed(order, ['call', 'name']), percent: numberOf(order, 'percent'), parameters: { code: Math.round(numberOf(order, 'code')), message: 'refused on purpose' },
  }),
})
