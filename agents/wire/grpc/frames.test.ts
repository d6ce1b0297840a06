import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import { FrameReader, readGrpcMessage, renderFrame, renderGrpcMessage } from './frames.ts'
import { grpcCode } from './grpc-error.ts'

describe('grpc frames', () => {
  it('come out as they went in, however they were cut', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 100; round++) {
      const messages = Array.from({ length: 10 }, () => new Uint8Array(Math.floor(random.next() ** 3 * 5000)).fill(round))
      const stream = Buffer.concat(messages.map(renderFrame))
      const reader = new FrameReader(10_000)
      const read: Uint8Array[] = []
      for (let at = 0; at < stream.length;) {
        const size = 1 + Math.floor(random.next() * 700)
        read.push(...reader.push(stream.subarray(at, at + size)))
        at += size
      }
      expect(read.map(message => message.length)).toEqual(messages.map(message => message.length))
      expect(Buffer.concat(read).equals(Buffer.concat(messages))).toBe(true)
      expect(reader.leftoverBytes).toBe(0)
    }
  })

  it('any split gives the same messages', () => {
    const bytes = Buffer.concat([renderFrame(Uint8Array.of(1, 2, 3)), renderFrame(new Uint8Array(0)), renderFrame(Uint8Array.of(9))])
    for (let at = 0; at <= bytes.length; at++) {
      const reader = new FrameReader(100)
      expect([...reader.push(bytes.subarray(0, at)), ...reader.push(bytes.subarray(at))].map(part => [...part])).toEqual([[1, 2, 3], [], [9]])
    }
  })

  it('GF1 refuses compression by name', () => {
    expect(() => new FrameReader(10).push(Uint8Array.of(1, 0, 0, 0, 0))).toThrow('compressed messages are not supported')
  })

  it('GF2 refuses a long frame by its header alone', () => {
    expect(() => new FrameReader(10).push(Uint8Array.of(0, 0, 0, 0, 11))).toThrow(expect.objectContaining({ code: grpcCode.ResourceExhausted, message: 'grpc: received message larger than max (11 vs. 10)' }))
  })

  it.each(['plain text: 100% of it', 'naïve\n雪', '', '%41'])('carries the message %j', message => {
    const rendered = renderGrpcMessage(message)
    expect(rendered).toMatch(/^[\x20-\x7e]*$/)
    expect(readGrpcMessage(rendered)).toBe(message)
  })
})
