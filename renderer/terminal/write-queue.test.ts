import { expect, test } from 'vitest'
import { WriteQueue } from './write-queue.ts'

function slowScreen() {
  const drawn: string[] = []
  let ready: (() => void) | undefined
  return { drawn, draw: (data: string, done: () => void) => { drawn.push(data); ready = done }, ready: () => { const tell = ready; ready = undefined; tell?.() } }
}

test('WQ1 one part is with the screen at a time, and all of it comes in order', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw)
  const sent = 'abcdefghij'.repeat(20_000)
  queue.push('first ')
  queue.push(sent)
  expect(screen.drawn).toEqual(['first '])
  for (let turn = 0; turn < 10; turn++) screen.ready()
  expect(screen.drawn.length).toBe(5)
  expect(screen.drawn.join('')).toBe(`first ${sent}`)
})

test('WQ2 of too much the newest whole lines are kept', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw, 1_000)
  queue.push('held\n')
  for (let line = 0; line < 5_000; line++) queue.push(`line ${line}\n`)
  for (let turn = 0; turn < 10; turn++) screen.ready()
  const all = screen.drawn.join('')
  expect(all.length).toBeLessThan(1_100)
  expect(all).toMatch(/^held\n\x1b\[0mline \d+\n/) // eslint-disable-line no-control-regex
  expect(all.endsWith('line 4998\nline 4999\n')).toBe(true)
})

test('what waits can be forgotten', () => {
  const screen = slowScreen()
  const queue = new WriteQueue(screen.draw)
  queue.push('a')
  queue.push('old')
  queue.clear()
  queue.push('new')
  screen.ready()
  expect(screen.drawn).toEqual(['a', 'new'])
})
