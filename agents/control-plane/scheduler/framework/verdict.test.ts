import { expect, test } from 'vitest'
import { rejected, tallied } from './verdict.ts'

test('rejections are counted by object, wherever they stand', () => {
  const [full, busy] = [rejected('full', true), rejected('busy', false)]
  expect([...tallied([full, full, busy, full, busy, busy])]).toEqual([[full, 3], [busy, 3]])
  expect(tallied([]).size).toBe(0)
})
