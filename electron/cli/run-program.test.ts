import { expect, test } from 'vitest'
import { runProgram } from './run-program.ts'

test('a program that is not installed is named, with what tells how to install it', async () => {
  await expect(runProgram(['/nowhere/ssh'], {})).rejects.toThrow('/nowhere/ssh is not installed on this machine; "kubarium doctor" says how to install it')
})
