import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderPauseProgram } from '../../containers/pause-program.ts'
import { stripElf } from './strip-elf.ts'

test('everything behind the loaded segments goes, and the section table is forgotten', () => {
  const program = renderPauseProgram('amd64')
  const padded = Buffer.concat([program, Buffer.alloc(1_000, 7)])
  padded.writeBigUInt64LE(BigInt(program.length), 40)
  padded.writeUInt16LE(3, 60)
  expect(Buffer.from(stripElf(padded)).equals(program)).toBe(true)
})

test('a program that has nothing to lose, and anything else, is returned as it is', () => {
  const program = renderPauseProgram('arm64')
  expect(stripElf(program)).toBe(program)
  const text = readFileSync(import.meta.filename)
  expect(stripElf(text)).toBe(text)
})
