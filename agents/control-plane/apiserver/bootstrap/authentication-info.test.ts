import { beforeAll, expect, test } from 'vitest'
import { createTestAuthority } from '../../../../test/integration/test-pki.ts'
import { joinAuthorities } from './authentication-info.ts'

let ours: string
let theirs: string
const dayMs = 86_400_000

beforeAll(async () => {
  ours = (await createTestAuthority('ours')).cert.trim()
  theirs = (await createTestAuthority('theirs')).cert.trim()
})

test('AI1 authorities of other servers stay, ours is added once, those whose time is over go', () => {
  const now = Date.now()
  const both = joinAuthorities(`${theirs}\n`, ours, now)
  expect(both).toBe(`${theirs}\n${ours}\n`)
  expect(joinAuthorities(both, ours, now)).toBe(both)
  expect(joinAuthorities('', ours, now)).toBe(`${ours}\n`)
  expect(joinAuthorities(`# kept as it is\n${ours}\n`, ours, now)).toBe(`# kept as it is\n${ours}\n`)
  expect(joinAuthorities(both, ours, now + 2 * dayMs)).toBe(`${ours}\n`)
  expect(joinAuthorities('-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n', ours, now)).toBe(`${ours}\n`)
})
