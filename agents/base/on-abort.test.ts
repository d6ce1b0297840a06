import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort } from './on-abort.ts'

test('OA1 whoever still listens is called once, in order', () => {
  const stop = new AbortController()
  const called: string[] = []
  onAbort(stop.signal, () => { called.push('first') })
  const away = onAbort(stop.signal, () => { called.push('gone') })
  onAbort(stop.signal, () => { called.push('second') })
  away()
  stop.abort()
  stop.abort()
  expect(called).toEqual(['first', 'second'])
})

test('OA1 one that is disposed of by another is not called', () => {
  const stop = new AbortController()
  const called: string[] = []
  onAbort(stop.signal, () => { later() })
  const later = onAbort(stop.signal, () => { called.push('later') })
  stop.abort()
  expect(called).toEqual([])
})

test('OA2 a signal that has aborted calls at once', () => {
  let called = 0
  onAbort(AbortSignal.abort(), () => { called++ })
  expect(called).toBe(1)
})

test('the signal itself has one listener, however many listen here', () => {
  const stop = new AbortController()
  for (let count = 0; count < 100; count++) onAbort(stop.signal, () => {})
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
})
