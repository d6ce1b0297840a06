import { describe, expect, test } from 'vitest'
import { batchesOf, failedAt, readAnswers } from './batches.ts'
import type { Command } from './network-plan.ts'

const ip = (text: string): Command => ({ program: 'ip', argv: text.split(' ') })
const bridge = (text: string): Command => ({ program: 'bridge', argv: text.split(' ') })

describe('batches', () => {
  test('BA1 order is kept, neighbours of one program share a process', () => {
    const batches = batchesOf([ip('link add a type vxlan'), ip('link set a up'), bridge('fdb replace m dev a'), ip('route replace r dev a')])
    expect(batches.map(({ program, input }) => [program, input])).toEqual([
      ['ip', 'link add a type vxlan\nlink set a up\n'],
      ['bridge', 'fdb replace m dev a\n'],
      ['ip', 'route replace r dev a\n'],
    ])
    expect(batchesOf([])).toEqual([])
  })

  test('BA2 the failing command is found by the line that the program names', () => {
    expect(failedAt('Cannot find device "nosuch"\nCommand failed -:2\n')).toBe(1)
    expect(failedAt('ip: something else')).toBe(0)
  })

  test('BA3 answers are lines, also when the last ones are missing', () => {
    expect(readAnswers('[{"a":1}]\n[]\n', 3)).toEqual(['[{"a":1}]', '[]', ''])
  })
})
