import { expect, test } from 'vitest'
import { readFlags } from './swap-flags.ts'

test('one flag a line, with dashes or without; one without a value is true', () => {
  expect(readFlags('--v=4\n\nprofiling\n -feature-gates=A=true,B=false ')).toEqual({ flags: { 'v': '4', 'profiling': 'true', 'feature-gates': 'A=true,B=false' } })
  expect(readFlags('')).toEqual({ flags: {} })
})

test('a line that is none is named', () => {
  expect(readFlags('v=2\n--two words=3')).toEqual({ wrong: '--two words=3' })
})
