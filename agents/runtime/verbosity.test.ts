import { expect, test } from 'vitest'
import { Verbosity } from './verbosity.ts'

test('VB1 VB2 a level is taken, and level 4 adds debug lines', () => {
  const verbosity = new Verbosity(2)
  expect([verbosity.level, verbosity.logLevel]).toEqual([2, 'info'])
  expect(verbosity.set('4\n')).toEqual({ status: 200, text: 'successfully set klog.logging.verbosity to 4' })
  expect([verbosity.level, verbosity.logLevel]).toEqual([4, 'debug'])
})

test('VB1 what is no level is refused and changes nothing', () => {
  const verbosity = new Verbosity(2)
  for (const wrong of ['', 'much', '-1', '4.5', '11']) expect(verbosity.set(wrong).status).toBe(400)
  expect(verbosity.level).toBe(2)
})
