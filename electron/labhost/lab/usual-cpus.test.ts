import { expect, test } from 'vitest'
import { cautiousCpus, usualCpusOf } from './usual-cpus.ts'

test('UC1 an emulated machine has one processor, however many the desktop has', () => {
  expect([1, 2, 8, 64].map(desktop => usualCpusOf('tcg', desktop)('qemu'))).toEqual([1, 1, 1, 1])
})

test.each(['kvm', 'hvf', 'whpx'] as const)('UC2 with %s it has half of the desktop’s, two at least, four at most', accelerator => {
  expect([1, 2, 3, 4, 6, 8, 64].map(desktop => usualCpusOf(accelerator, desktop)('qemu'))).toEqual([1, 2, 2, 2, 3, 4, 4])
})

test('UC3 what is not known counts as emulation', () => {
  expect(usualCpusOf(undefined, 8)('qemu')).toBe(1)
  expect(cautiousCpus('qemu')).toBe(1)
})

test('UC4 a namespace machine has two, whatever QEMU can do', () => {
  expect([usualCpusOf('kvm', 8), usualCpusOf('tcg', 1), cautiousCpus].map(cpus => cpus('namespace'))).toEqual([2, 2, 2])
})
