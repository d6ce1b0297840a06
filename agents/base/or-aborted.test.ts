import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { orAborted } from './or-aborted.ts'

test('it ends with the promise, and however often it is waited nothing stays with the signal', async () => {
  const { signal } = new AbortController()
  for (let turn = 0; turn < 100; turn++) await orAborted(Promise.resolve(turn), signal)
  await Promise.resolve()
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('it ends with the signal, before or while it waits', async () => {
  const ending = new AbortController()
  const waiting = orAborted(new Promise(() => {}), ending.signal)
  ending.abort()
  await waiting
  await orAborted(new Promise(() => {}), ending.signal)
})

test('what goes wrong is told', async () => {
  await expect(orAborted(Promise.reject(new Error('no')), new AbortController().signal)).rejects.toThrow('no')
})
