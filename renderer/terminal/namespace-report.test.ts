import { expect, test } from 'vitest'
import { readNamespaceReport } from './namespace-report.ts'

test('a namespace is believed as far as it can be one: anything may be written on a screen', () => {
  expect(readNamespaceReport('kube-system')).toBe('kube-system')
  expect(['', 'Shop', 'a b', '-a', '<b>', 'a'.repeat(64)].map(readNamespaceReport)).toEqual([null, null, null, null, null, null])
})
