import { expect, test } from 'vitest'
import { DatagramFrameReader, longestDatagram, renderEnd, renderFrame } from './datagram-frames.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const frames = [{ session: 1, port: 53, payload: bytes('first') }, { session: 4_294_967_295, port: 65_535, payload: bytes('') }, { session: 2, port: 1, payload: new Uint8Array(longestDatagram).fill(7) }]

test('DF3: frames come out as they went in, however the stream is cut', () => {
  const stream = new Uint8Array(frames.flatMap(frame => [...renderFrame(frame)]))
  for (const step of [1, 3, 7, 8, 13, 4_096, stream.length]) {
    const reader = new DatagramFrameReader()
    const read = []
    for (let at = 0; at < stream.length; at += step) read.push(...reader.read(stream.subarray(at, at + step)))
    expect(read.map(({ session, port, payload }) => [session, port, payload.length, payload.at(-1)]), `cut every ${step}`).toEqual(frames.map(({ session, port, payload }) => [session, port, payload.length, payload.at(-1)]))
  }
})

test('DF2: an end is a frame of port 0 with its reason', () => {
  const [end] = new DatagramFrameReader().read(renderEnd(9, 'why'))
  expect([end!.session, end!.port, new TextDecoder().decode(end!.payload)]).toEqual([9, 0, 'why'])
})

test('what no datagram can carry is refused', () => {
  expect(() => renderFrame({ session: 1, port: 1, payload: new Uint8Array(longestDatagram + 1) })).toThrow('at most 65507 bytes, not 65508')
})
