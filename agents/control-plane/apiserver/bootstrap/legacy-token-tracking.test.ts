import { expect, test } from 'vitest'
import { wantedTokenTracking } from './legacy-token-tracking.ts'

test('LK1 the day tracking began is kept, unless it cannot be', () => {
  const wanted = wantedTokenTracking(Date.UTC(2026, 4, 6))
  expect(wanted.object['data']).toEqual({ since: '2026-05-06' })
  const existing = (since: string) => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' }, data: { since } })
  expect(wanted.mend!(existing('2025-01-01'))).toBeUndefined()
  for (const since of ['2027-01-01', 'yesterday', '']) expect(wanted.mend!(existing(since))).toMatchObject({ data: { since: '2026-05-06' } })
})
