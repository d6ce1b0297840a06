import { expect, test } from 'vitest'
import type { ProgressItem } from '../contract/labs.ts'
import { ProgressView } from './progress-view.ts'

function item(step: string, state: ProgressItem['state'], text: string, ratio: number | null = null, elapsedMs = 0): ProgressItem {
  return { step, key: 'k', values: {}, text, state, ratio, elapsedMs }
}

function view(isTerminal: boolean) {
  const written: string[] = []
  let now = 0
  return { show: new ProgressView({ write: text => { written.push(text) }, isTerminal, columns: 60 }, () => now), written, wait: (ms: number) => { now += ms } }
}

test('without a terminal: a line when a step begins and ends, and now and then in between', () => {
  const { show, written, wait } = view(false)
  show.show(item('a', 'started', 'Images'))
  for (let percent = 1; percent < 90; percent++) {
    wait(200)
    show.show(item('a', 'running', `Images: part ${percent}`, percent / 100))
  }
  show.show(item('a', 'done', 'Images', 1, 17_800))
  expect(written).toEqual(['Images …\n', 'Images: part 25 (25 %) …\n', 'Images: part 50 (50 %) …\n', 'Images: part 75 (75 %) …\n', 'done: Images (17.8 s)\n'])
})

test('on a terminal: open steps are redrawn below the ended ones, with a bar where the share is known', () => {
  const { show, written } = view(true)
  show.show(item('a', 'started', 'Images'))
  show.show(item('a', 'running', 'Images: unpacking', 0.5))
  show.show(item('a', 'done', 'Images', 1))
  const text = written.join('')
  expect(text).toContain('██████████░░░░░░░░░░  50 % Images: unpacking')
  expect(text).toContain('\x1b[1A\x1b[J')
  expect(written.at(-1)).toBe('\x1b[32m✔\x1b[0m Images\n')
})

test('a long line never wraps, which would spoil the redrawing', () => {
  const { show, written } = view(true)
  show.show(item('a', 'started', 'x'.repeat(200)))
  // eslint-disable-next-line no-control-regex
  expect(written.join('').replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').trimEnd().length).toBeLessThanOrEqual(60)
})
