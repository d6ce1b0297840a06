import { expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import { withRules } from './rule-faults.ts'
import type { ServicePort } from './service-port.ts'

test('a Service has no rules, or one of its ports has none, while a fault says so', () => {
  using _begun = faultPoints.begin({ clock: new FakeClock(), random: { next: () => 0 }, crash() {} })
  const ports = ['default/web:http', 'default/web:admin', 'default/api', 'other/web:http'].map(name => ({ name }) as ServicePort)
  expect(withRules(ports)).toBe(ports)
  const order = { id: 'a', point: 'proxy.service', effect: 'drop', percent: 100, parameters: {} } as const
  faultPoints.set({ ...order, match: { namespace: 'default', service: 'web' } }, 1_000)
  expect(withRules(ports).map(({ name }) => name)).toEqual(['default/api', 'other/web:http'])
  faultPoints.set({ ...order, match: { namespace: 'default', service: 'web', port: 'admin' } }, 1_000)
  expect(withRules(ports).map(({ name }) => name)).toEqual(['default/web:http', 'default/api', 'other/web:http'])
})
