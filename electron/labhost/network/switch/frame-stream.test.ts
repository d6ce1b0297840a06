import { expect, test } from 'vitest'
import { FrameReader, framed, maxFrameBytes } from './frame-stream.ts'

function stream(...frames: Buffer[]): Buffer {
  return Buffer.concat(frames.map(framed))
}

test('FS1 however the stream is cut, the same frames come out', () => {
  const frames = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(300, 7), Buffer.from('last')]
  const bytes = stream(...frames)
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new FrameReader()
    const seen: string[] = []
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size), (from, start, end) => seen.push(from.toString('hex', start, end)))
    expect(seen, `chunks of ${size}`).toEqual(frames.map(frame => frame.toString('hex')))
  }
})

test('FS2 a length that cannot be real throws', () => {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(maxFrameBytes + 1)
  expect(() => { new FrameReader().push(header, () => {}) }).toThrow(/announced/)
})

test('FS3 FS4 only a frame that two chunks share is copied, and each has its length before it', () => {
  const bytes = stream(Buffer.from('first'), Buffer.from('second'), Buffer.from('third'))
  const reader = new FrameReader()
  const copied: boolean[] = []
  for (const chunk of [bytes.subarray(0, 15), bytes.subarray(15)]) {
    reader.push(chunk, (from, at, end) => {
      expect(from.readUInt32BE(at - 4)).toBe(end - at)
      copied.push(from !== chunk)
    })
  }
  expect(copied).toEqual([false, true, false])
})
