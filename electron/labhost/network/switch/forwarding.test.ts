import { expect, test } from 'vitest'
import { forwardFrame } from './forwarding.ts'
import { LoopGuard } from './loop-guard.ts'
import { MacTable } from './mac-table.ts'

const ports = ['p1', 'p2', 'p3']
const mac = (last: number) => `5254003000${last.toString(16).padStart(2, '0')}`
const broadcast = 'ffffffffffff'

function frame(destination: string, source: string): Buffer {
  return Buffer.from(`${destination}${source}0800`, 'hex')
}

function lab(table = new MacTable<string>(), guard = new LoopGuard<string>()) {
  return (from: string, destination: string, source: string, now = 0): string[] => {
    const sent: string[] = []
    const bytes = frame(destination, source)
    forwardFrame({ table, guard, ports: () => ports }, from, bytes, 0, bytes.length, now, to => sent.push(to))
    return sent
  }
}

test('FW2 an unknown destination floods, a learned one does not', () => {
  const send = lab()
  expect(send('p1', mac(2), mac(1))).toEqual(['p2', 'p3'])
  expect(send('p2', mac(1), mac(2))).toEqual(['p1'])
  expect(send('p1', mac(2), mac(1))).toEqual(['p2'])
  expect(send('p1', broadcast, mac(1))).toEqual(['p2', 'p3'])
})

test('FW3 a frame never goes back', () => {
  const send = lab()
  send('p1', broadcast, mac(1))
  send('p1', broadcast, mac(2))
  expect(send('p1', mac(2), mac(1))).toEqual([])
})

test('FW4 short frames and group sources go nowhere', () => {
  const table = new MacTable<string>()
  expect(forwardFrame({ table, guard: new LoopGuard<string>(), ports: () => ports }, 'p1', Buffer.alloc(20), 0, 13, 0, () => {})).toBe(0)
  expect(lab(table)('p1', mac(2), broadcast)).toEqual([])
  expect(table.size).toBe(0)
})

test('MT1 a machine that moved is found after its first frame', () => {
  const send = lab()
  send('p1', broadcast, mac(1))
  send('p3', broadcast, mac(1))
  expect(send('p2', mac(1), mac(2))).toEqual(['p3'])
})

test('MT2 the silent are forgotten after agingMs', () => {
  const send = lab(new MacTable({ agingMs: 1_000 }))
  send('p1', broadcast, mac(1), 0)
  send('p1', broadcast, mac(1), 100)
  expect(send('p2', mac(1), mac(2), 1_100)).toEqual(['p1'])
  expect(send('p2', mac(1), mac(2), 1_101)).toEqual(['p1', 'p3'])
})

test('MT3 invented sources cannot grow the table', () => {
  const table = new MacTable<string>({ capacity: 3 })
  for (let last = 1; last <= 200; last++) table.learn(Number(`0x${mac(last)}`), 'p1', last)
  expect(table.size).toBe(3)
  expect(table.find(Number(`0x${mac(200)}`), 200)).toBe('p1')
})

test('FW5 LG1 a MAC that jumps between two ports closes the one it came to last, LG2 for a while', () => {
  const send = lab(new MacTable(), new LoopGuard({ moves: 3, windowMs: 1_000, closedMs: 5_000 }))
  send('p1', broadcast, mac(1))
  for (let round = 1; round <= 4; round++) send(round % 2 === 1 ? 'p2' : 'p1', broadcast, mac(1), round)
  expect(send('p3', broadcast, mac(3), 10)).toEqual(['p2'])
  expect(send('p1', broadcast, mac(1), 11)).toEqual([])
  expect(send('p3', broadcast, mac(3), 5_010)).toEqual(['p1', 'p2'])
})

test('LG3 a machine that moves now and then is let be', () => {
  const send = lab(new MacTable(), new LoopGuard({ moves: 3, windowMs: 1_000 }))
  for (let second = 0; second < 20; second++) send(second % 2 === 0 ? 'p1' : 'p2', broadcast, mac(1), second * 600)
  expect(send('p3', broadcast, mac(3), 12_000)).toEqual(['p1', 'p2'])
})
