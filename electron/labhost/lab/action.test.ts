import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import type { ProgressItem } from '../../contract/labs.ts'
import { Action } from './action.ts'

async function collect<T = ProgressItem>(items: AsyncIterable<ProgressItem>, of: (item: ProgressItem) => T = item => item as T): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(of(item))
  return all
}

const line = (item: ProgressItem) => `${item.step} ${item.state}: ${item.text}`

test('AC1 whoever joins, early or late, gets every step and the end', async () => {
  const clock = new FakeClock()
  const action = new Action('1', 'default', 'up', clock)
  const early = collect(action.follow(), line)
  await action.step('images', 'images.node', {}, async report => {
    report.update('images.node.detail', { detail: 'unpacking' }, 0.5)
    await clock.advance(10)
  })
  action.finish('lab.up', { lab: 'default', nodes: 2 })
  const told = ['images started: Worker image', 'images running: Worker image: unpacking', 'images done: Worker image', 'lab done: Lab default is up: 2 of 2 nodes Ready']
  expect(await early).toEqual(told)
  expect(await collect(action.follow(), line)).toEqual(told)
  await action.finished()
})

test('AC2 a failed action ends with its reason', async () => {
  const action = new Action('1', 'default', 'up', new FakeClock())
  await expect(action.step('certificates', 'certificates', {}, () => Promise.reject(new Error('disk is full')))).rejects.toThrow('disk is full')
  action.fail(new Error('disk is full'))
  const items = await collect(action.follow())
  expect(items.map(line)).toEqual(['certificates started: Certificates', 'certificates failed: Certificates: disk is full', 'lab failed: disk is full'])
  await expect(action.finished()).rejects.toThrow('disk is full')
})

test('a follower that leaves is let go', async () => {
  const action = new Action('1', 'default', 'up', new FakeClock())
  const leave = new AbortController()
  const following = collect(action.follow(leave.signal))
  leave.abort()
  expect(await following).toEqual([])
})
