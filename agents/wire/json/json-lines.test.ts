import { expect, test } from 'vitest'
import { readJsonLines } from './json-lines.ts'

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test.each([1, 2, 3, 7, 1000])('JL1 lines come whole from pieces of %i bytes', async size => {
  const seen: unknown[] = []
  for await (const value of readJsonLines(chunks('{"a":"é😀"}\n\n{"b":2}\n{"c":3}', size))) seen.push(value)
  expect(seen).toEqual([{ a: 'é😀' }, { b: 2 }, { c: 3 }])
})

test('JL2 a line without end is refused', async () => {
  await expect(async () => {
    for await (const _ of readJsonLines(chunks('x'.repeat(200), 10), 100)) { /* nothing comes */ }
  }).rejects.toThrow('longer than 100')
})
