import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import { bool, bytes, double, fixed64, int32, int64, message, MessageError, nested, optional, repeated, text, uint32, uint64, type MessageCodec } from './message-codec.ts'

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')
const unhex = (value: string): Uint8Array => Buffer.from(value.replaceAll(' ', ''), 'hex')

const inner = message({ id: int64(1), name: text(2) })
interface Tree { readonly label: string; readonly branches: readonly Tree[] }
const tree: MessageCodec<Tree> = message({ label: text(1), branches: repeated(nested(2, () => tree)) })
const every = message({
  a: int64(1), b: uint64(2), c: uint32(3), d: int32(4), e: bool(5), f: text(6), g: bytes(7), h: nested(8, () => inner), i: repeated(text(9)),
  j: repeated(nested(10, () => inner)), k: optional(int64(11)), l: repeated(int32(12)), m: optional(bytes(64)),
})

describe('message codec', () => {
  // Values from the protobuf encoding guide.
  it.each([
    [message({ a: int32(1) }), { a: 150 }, '08 96 01'],
    [message({ b: text(2) }), { b: 'testing' }, '12 07 74657374696e67'],
    [message({ c: nested(3, () => message({ a: int32(1) })) }), { c: { a: 150 } }, '1a 03 08 96 01'],
    [message({ a: int64(1) }), { a: -2n }, '08 fe ff ff ff ff ff ff ff ff 01'],
    [message({ a: fixed64(1) }), { a: 0x0102030405060708n }, '09 08 07 06 05 04 03 02 01'],
    [message({ a: double(1) }), { a: -1.5 }, '09 00 00 00 00 00 00 f8 bf'],
    [message({ a: int32(1) }), { a: -2 }, '08 fe ff ff ff ff ff ff ff ff 01'],
  ])('writes and reads the known bytes', (codec, value, known) => {
    expect(hex(codec.encode(value as never))).toBe(known.replaceAll(' ', ''))
    expect(codec.decode(unhex(known))).toEqual(value)
  })

  it('MC1 does not write defaults, and reads them when absent', () => {
    expect(every.encode({ a: 0n, e: false, f: '', g: new Uint8Array(0), i: [] })).toHaveLength(0)
    expect(every.decode(new Uint8Array(0))).toEqual({ a: 0n, b: 0n, c: 0, d: 0, e: false, f: '', g: new Uint8Array(0), i: [], j: [], l: [] })
  })

  it('MC1 writes optional fields even when zero, and present empty messages', () => {
    const encoded = every.encode({ k: 0n, h: {} as never, m: new Uint8Array(0) })
    expect(every.decode(encoded)).toMatchObject({ k: 0n, h: { id: 0n, name: '' }, m: new Uint8Array(0) })
  })

  it('keeps everything through a round trip, whatever the size', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 200; round++) {
      const number = (): bigint => BigInt.asIntN(64, BigInt(Math.floor(random.next() * 2 ** 32)) << BigInt(Math.floor(random.next() * 33)))
      const word = (): string => 'é~x'.repeat(Math.floor(random.next() ** 4 * 20_000))
      const value = {
        a: number(), b: BigInt.asUintN(64, number()), c: Math.floor(random.next() * 2 ** 32), d: Math.floor(random.next() * 2 ** 32) - 2 ** 31, e: random.next() < 0.5, f: word(),
        g: new Uint8Array(Buffer.from(word())), h: { id: number(), name: word() }, i: [word(), '', word()], j: Array.from({ length: 5 }, () => ({ id: number(), name: word() })),
        k: number(), l: [1, 0, -1], m: new Uint8Array(Buffer.from(word())),
      }
      expect(every.decode(every.encode(value))).toEqual(value)
    }
  })

  it('knows the length of what it wrote after its buffer grew', () => {
    const value = { label: 'root', branches: Array.from({ length: 2000 }, (_, index) => ({ label: 'x'.repeat(index), branches: [{ label: 'leaf', branches: [] }] })) }
    expect(tree.decode(tree.encode(value))).toEqual(value)
  })

  it('MC2 skips what it does not know, keeps the last of two, reads packed numbers', () => {
    const narrow = message({ name: text(2) })
    expect(narrow.decode(unhex('08 96 01 19 0102030405060708 12 01 61 1d 01020304 12 01 62 22 02 ffff'))).toEqual({ name: 'b' })
    expect(message({ l: repeated(int32(1)) }).decode(unhex('0a 03 01 96 01 08 05'))).toEqual({ l: [1, 150, 5] })
  })

  it.each([
    ['a length past the end', '12 05 61'], ['a varint without end', '08 ff'], ['a varint too long', '08 ff ff ff ff ff ff ff ff ff ff 01'], ['a group', '0b 0c'],
    ['a wrong wire type', '10 01'], ['half a fixed number', '0d 01 02'], ['a huge length', '12 ff ff ff ff 0f'], ['field number 0', '00 01'],
  ])('MC3 refuses %s', (_what, bad) => {
    expect(() => inner.decode(unhex(bad))).toThrow(MessageError)
  })

  it('MC3 refuses to nest without end', () => {
    let value: Tree = { label: '', branches: [] }
    for (let depth = 0; depth < 100; depth++) value = { label: '', branches: [value] }
    expect(() => tree.decode(tree.encode(value))).toThrow('nested too deeply')
  })

  it('MC3 never does worse than MessageError on noise', () => {
    const random = seededRandom(11)
    const good = every.encode({ a: 5n, f: 'hello', h: { id: 1n, name: 'x' }, i: ['a', 'b'], l: [1, 2] })
    for (let round = 0; round < 5000; round++) {
      const noisy = Uint8Array.from(good, byte => (random.next() < 0.1 ? Math.floor(random.next() * 256) : byte)).subarray(0, Math.ceil(random.next() * good.length))
      try {
        every.decode(noisy)
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError)
      }
    }
  })
})
