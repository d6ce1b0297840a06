import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readElfNeeds } from './elf-libraries.ts'

test('a program on this machine names its C library and its loader', async () => {
  const needs = readElfNeeds(await readFile(process.execPath))
  expect(needs.libraries).toContain('libc.so.6')
  expect(needs.loader).toMatch(/\/ld-linux-/)
})
