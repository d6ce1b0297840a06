import { expect, test } from 'vitest'
import { PcapStream } from './pcap-stream.ts'

function file(frames: readonly string[], isLittle: boolean): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    if (isLittle) bytes.writeUInt32LE(value)
    else bytes.writeUInt32BE(value)
    return bytes
  }
  return Buffer.concat([number(0xa1b2c3d4), Buffer.alloc(20), ...frames.flatMap(frame => [number(7), number(8), number(frame.length), number(frame.length), Buffer.from(frame)])])
}

test.each([true, false])('PS1 frames come as soon as they are whole, in either byte order (little: %s)', isLittle => {
  const bytes = file(['first frame', 'second'], isLittle)
  for (const step of [1, 7, 1_000]) {
    const stream = new PcapStream()
    const frames: string[] = []
    for (let at = 0; at < bytes.length; at += step) for (const frame of stream.read(bytes.subarray(at, at + step))) frames.push(`${frame.epochMs} ${frame.bytes.toString()}`)
    expect(frames).toEqual(['7000.008 first frame', '7000.008 second'])
  }
})

test('PS2 what is no capture is refused', () => {
  expect(() => [...new PcapStream().read(Buffer.from('tcpdump: lan0: no such device exists'))]).toThrow('no capture')
})
