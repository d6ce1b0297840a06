import { expect, test } from 'vitest'
import { WriteQueue } from './write-queue.ts'

function slowScreen() {
  const drawn: string[] = []
  let ready: (() => void) | undefined
  let at = 0
  return { drawn, now: () => at, take: (ms: number) => { at += ms }, draw: (data: string, done: () => void) => { drawn.push(data); ready = done }, ready: () => { const tell = ready; ready = undefined; tell?.() } }
}

test('WQ1 one part is with the screen at a time, and all of it comes in order', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw, screen.now)
  const sent = 'abcdefghij'.repeat(20_000)
  queue.push('first ')
  queue.push(sent)
  expect(screen.drawn).toEqual(['first '])
  for (let turn = 0; turn < 40; turn++) screen.ready()
  expect(screen.drawn.join('')).toBe(`first ${sent}`)
})

test('WQ2 of too much the newest whole lines are kept', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw, screen.now, 1_000)
  queue.push('held\n')
  for (let line = 0; line < 5_000; line++) {
    queue.push(`line ${line}\n`)
    expect(queue.characters).toBeLessThanOrEqual(1_000)
  }
  for (let turn = 0; turn < 10; turn++) screen.ready()
  expect(screen.drawn.join('')).toMatch(/^held\n\x1b\[0m\x1b\(B\x0fline \d+\n/) // eslint-disable-line no-control-regex
  expect(screen.drawn.join('').endsWith('line 4998\nline 4999\n')).toBe(true)
})

test('what waits can be forgotten', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw, screen.now)
  queue.push('a')
  queue.push('old')
  queue.clear()
  queue.push('new')
  screen.ready()
  expect(screen.drawn).toEqual(['a', 'new'])
})

test('WQ3 parts grow while the screen is quick, and shrink as soon as it is not', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw, screen.now)
  queue.push('x'.repeat(500_000))
  const after = (ms: number): number => {
    screen.take(ms)
    screen.ready()
    return screen.drawn.at(-1)!.length / 1024
  }
  expect([2, 2, 12, 2, 2].map(after)).toEqual([16, 32, 32, 64, 64])
  expect([50, 50, 21, 12, 90, 90, 90, 90].map(after)).toEqual([32, 16, 8, 8, 4, 2, 1, 1])
})
