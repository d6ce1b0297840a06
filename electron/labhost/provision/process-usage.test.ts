import { expect, test } from 'vitest'
import { parseUsage } from './process-usage.ts'

const stat = (pid: number, name: string, utime: number, stime: number, pages: number) => `/proc/${pid}/stat:${pid} (${name}) S 1 ${pid} ${pid} 0 -1 4194560 1 0 0 0 ${utime} ${stime} 0 0 20 0 11 0 300 1000000 ${pages} 18446744073709551615`

test('PU2 time and resident memory', () => {
  expect(parseUsage([stat(301, 'node', 150, 50, 20_000), stat(302, 'a (b) c', 0, 1, 1)].join('\n'))).toEqual(new Map([[301, { cpuSeconds: 2, memoryBytes: 81_920_000 }], [302, { cpuSeconds: 0.01, memoryBytes: 4_096 }]]))
})

test('PU1 what is not such a line is passed over', () => {
  expect([...parseUsage(`nonsense\n${stat(301, 'node', 1, 1, 2)}\n`).keys()]).toEqual([301])
})
