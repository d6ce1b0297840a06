import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { unlessInterrupted } from './interruption.ts'

const never = new Promise<never>(() => {})

test('work that ends is answered, and nothing stays registered', async () => {
  const process = new EventEmitter()
  expect(await unlessInterrupted(Promise.resolve(7), process)).toBe(7)
  expect(process.eventNames()).toEqual([])
})

test('the failure of the work is its own', async () => {
  await expect(unlessInterrupted(Promise.reject(new Error('no image')), new EventEmitter())).rejects.toThrow('no image')
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s is a failure of work that still goes on', async signal => {
  const process = new EventEmitter()
  const result = unlessInterrupted(never, process)
  process.emit(signal)
  await expect(result).rejects.toThrow(`interrupted by ${signal}`)
})

test('an event loop with nothing left in it is a failure, not a silent end', async () => {
  const process = new EventEmitter()
  const result = unlessInterrupted(never, process)
  process.emit('beforeExit')
  await expect(result).rejects.toThrow('nothing left to wait for')
})
