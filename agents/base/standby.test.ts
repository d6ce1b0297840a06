import { expect, test } from 'vitest'
import { clockBehindMs, mustReseed, standbyFiles } from './standby.ts'

test('generators are known to reseed only when their hour is over', () => {
  const stoodBy = Date.UTC(2026, 0, 1)
  expect(mustReseed(stoodBy, stoodBy + clockBehindMs)).toBe(true)
  expect(mustReseed(stoodBy, stoodBy + 3_600_000)).toBe(false)
  expect(mustReseed(stoodBy, stoodBy + 500_000)).toBe(false)
  expect(mustReseed(stoodBy, stoodBy - clockBehindMs)).toBe(false)
})

test('the files of one standby lie side by side', () => {
  expect(standbyFiles('/run/kubarium/standby/kubelet')).toMatchObject({ ready: '/run/kubarium/standby/kubelet.ready', words: '/run/kubarium/standby/kubelet.json', go: '/run/kubarium/standby/kubelet.go' })
})
