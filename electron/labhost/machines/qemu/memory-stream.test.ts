import { expect, it } from 'vitest'
import { seededRandom } from '../../../../agents/base/random.ts'
import { MemoryStream } from './memory-stream.ts'

const page = 4096
const pages = 16
const be32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes }
const be64 = (value: number): Buffer => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(BigInt(value)); return bytes }
const text = (value: string): Buffer => Buffer.from(`${String.fromCharCode(value.length)}${value}`, 'latin1')
const eos = be64(0x10)
const footer = Buffer.concat([Buffer.from([0x7e]), be32(2)])
const filled = (at: number, fill: number, name = ''): Buffer => Buffer.concat([be64(at | 0x08 | (name === '' ? 0x20 : 0)), name === '' ? Buffer.alloc(0) : text(name), Buffer.alloc(page, fill)])
const zeros = (at: number, name = ''): Buffer => Buffer.concat([be64(at | 0x02 | (name === '' ? 0x20 : 0)), name === '' ? Buffer.alloc(0) : text(name), Buffer.alloc(1)])
const section = (kind: number, ...records: Buffer[]): Buffer => Buffer.concat([Buffer.from([kind]), be32(2), ...records, eos, footer])
const sizes = (memory: string): Buffer => Buffer.concat([be64((pages + 2) * page | 0x04), text(memory), be64(pages * page), be64(0), text('pc.bios'), be64(2 * page), be64(0xfffc0000)])
const prefix = Buffer.concat([Buffer.from('QEVM\0\0\0\x03\x07', 'latin1'), be32(9), Buffer.from('pc-i440fx')])
const start = (memory: string): Buffer => Buffer.concat([Buffer.from([1]), be32(2), text('ram'), be32(0), be32(4), sizes(memory), eos, footer])
const devices = Buffer.from('\x04 all the devices, with 03ram in them', 'latin1')

const live = Buffer.concat([
  prefix, start('pc.ram'),
  section(2, filled(0, 1, 'pc.ram'), filled(page, 2), zeros(2 * page), filled(5 * page, 3), filled(page, 9, 'pc.bios'), filled(0, 7)),
  section(2, filled(page, 4, 'pc.ram')),
  section(3, zeros(5 * page, 'pc.ram'), filled(6 * page, 5), filled(0, 8, 'pc.bios')),
  devices,
])

function taken(stream: Buffer, cut: () => number): { readonly memory: Buffer; readonly rest: Buffer; readonly touched: ReadonlySet<number> } {
  const memory = Buffer.alloc(pages * page)
  const touched = new Set<number>()
  const parts = new MemoryStream({ memoryBytes: pages * page, takenAs: 'memory', file: { write: (bytes, at) => {
    memory.set(bytes, at)
    for (let each = at; each < at + bytes.length; each += page) touched.add(each / page)
  } } })
  for (let at = 0; at < stream.length;) {
    const next = Math.min(stream.length, at + cut())
    parts.push(stream.subarray(at, next))
    at = next
  }
  return { memory, rest: parts.finish(), touched }
}

it('MS1 puts the newest content of every page in its place, leaves holes, and keeps what is not memory', () => {
  const { memory, rest, touched } = taken(live, () => live.length)
  expect([0, 1, 2, 5, 6, 7].map(each => memory[each * page])).toEqual([1, 4, 0, 0, 5, 0])
  expect([...touched].sort((a, b) => a - b)).toEqual([0, 1, 5, 6])
  expect(rest).toEqual(Buffer.concat([prefix, start('memory'), section(3, filled(page, 9, 'pc.bios'), filled(0, 8, 'pc.bios')), devices])) // MS2
})

it('does not care how the stream is cut', () => {
  const whole = taken(live, () => live.length)
  const random = seededRandom(7)
  for (const cut of [() => 1, () => 13, () => page, () => 1 + Math.floor(random.next() * 9_000)]) {
    const { memory, rest } = taken(live, cut)
    expect(memory.equals(whole.memory)).toBe(true)
    expect(rest.equals(whole.rest)).toBe(true)
  }
})

it('MS3 refuses what it does not know', () => {
  const attempt = (...parts: Buffer[]): (() => unknown) => () => taken(Buffer.concat(parts), () => 1_000)
  expect(attempt(Buffer.from('HTTP/1.1 200 OK'), start('pc.ram'), devices)).toThrow(/does not begin/)
  expect(attempt(prefix, start('pc.ram'), Buffer.concat([Buffer.from([1]), be32(3), text('block'), be32(0), be32(1)]))).toThrow(/section of kind 1/)
  expect(attempt(prefix, start('pc.ram'), section(2, be64(0x40), Buffer.alloc(page)))).toThrow(/flags 0x40/)
  expect(attempt(prefix, start('pc.ram'), section(2, filled(pages * page, 1, 'pc.ram')))).toThrow(/beyond the memory/)
  expect(attempt(prefix, start('pc.ram'), section(2, filled(0, 1, 'pc.ram')))).toThrow(/before the devices/)
})
