import { expect, test } from 'vitest'
import { frameHeader, FrameReader, maxFrameBytes } from './frame-stream.ts'

function framed(...frames: Buffer[]): Buffer {
  return Buffer.concat(frames.flatMap(frame => [frameHeader(frame.length), frame]))
}

test('FS1 however the stream is cut, the same frames come out', () => {
  const frames = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(300, 7), Buffer.from('last')]
  const bytes = framed(...frames)
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new FrameReader()
    const seen: string[] = []
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size), frame => seen.push(frame.toString('hex')))
    expect(seen, `chunks of ${size}`).toEqual(frames.map(frame => frame.toString('hex')))
  }
})

test('FS2 a length that cannot be real throws', () => {
  const reader = new FrameReader()
  expect(() => { reader.push(frameHeader(maxFrameBytes + 1), () => {}) }).toThrow(/announced/)
})

test('FS3 a frame that lies whole in a chunk is not copied', () => {
  const bytes = framed(Buffer.from('frame'))
  new FrameReader().push(bytes, frame => { expect(frame.buffer).toBe(bytes.buffer) })
})
