import { expect, it } from 'vitest'
import { type PieceReader, digestOf } from './digest.ts'

const mebibyte = 1024 * 1024
const reader = (bytes: Buffer, sizeBytes = bytes.length): PieceReader => ({ sizeBytes, read: async (into, at) => bytes.copy(into, 0, at, Math.min(bytes.length, at + into.length)) })
const digest = (bytes: Buffer) => digestOf(reader(bytes))

it('tells every change of content, place and size apart', async () => {
  const base = Buffer.alloc(3 * mebibyte)
  base[2 * mebibyte] = 1
  const moved = Buffer.alloc(3 * mebibyte)
  moved[mebibyte] = 1
  const all = [base, moved, Buffer.alloc(3 * mebibyte), Buffer.alloc(3 * mebibyte + 1), base.subarray(0, -1), Buffer.alloc(0)]
  expect(new Set(await Promise.all(all.map(digest))).size).toBe(all.length)
  expect(await digest(Buffer.from(base))).toBe(await digest(base))
})

it('notices that a file is shorter than it said', async () => {
  const bytes = Buffer.alloc(mebibyte, 7)
  expect(await digestOf(reader(bytes, 2 * mebibyte))).not.toBe(await digest(Buffer.concat([bytes, bytes])))
})
