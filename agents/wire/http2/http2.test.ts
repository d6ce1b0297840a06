import { describe, expect, it } from 'vitest'
import { Http2FrameReader, frameFlag, frameType, readSettings, renderFrame, renderSettings, unpadded, type Frame } from './frames.ts'
import { HeaderReader, renderHeaders } from './hpack.ts'
import { huffmanLengths, readHuffman } from './huffman.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], pair => Number.parseInt(pair, 16))

describe('the Huffman code of headers', () => {
  it('HU1 has a code for every symbol and none to spare', () => {
    expect(huffmanLengths).toHaveLength(257)
    expect(huffmanLengths.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1)
  })

  it.each([
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
    ['a8eb 1064 9cbf', 'no-cache'],
    ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ])("HU1 reads RFC 7541's example %s", (bytes, text) => {
    expect(readHuffman(hex(bytes))).toBe(text)
  })

  it('HU2 refuses padding that is not of ones, and the end inside of a text', () => {
    expect(() => readHuffman(hex('f1e3 c2e5 f23a 6ba0 ab90 f400'))).toThrow('padding')
    expect(() => readHuffman(hex('ffff'))).toThrow('padding')
    expect(() => readHuffman(hex('ffff ffff'))).toThrow('the end stands in the text')
  })
})

describe('header blocks', () => {
  it('reads what it renders', () => {
    const fields: [string, string][] = [[':method', 'POST'], [':path', '/etcdserverpb.KV/Txn'], ['te', 'trailers'], ['x-long', 'v'.repeat(300)]]
    expect([...new HeaderReader().read(renderHeaders(fields))]).toEqual(fields)
  })

  it('HP1 reads indexed fields, literals of every kind, and a table of size 0', () => {
    const reader = new HeaderReader()
    const block = hex('20 88 5f 8b 1d75 d062 0d26 3d4c 4d65 64 40 0a 6375 7374 6f6d 2d6b 6579 0c 6375 7374 6f6d 2d76 616c 7565 10 01 61 01 62')
    expect([...reader.read(block)]).toEqual([[':status', '200'], ['content-type', 'application/grpc'], ['custom-key', 'custom-value'], ['a', 'b']])
    expect(reader.read(block)).toBe(reader.read(block))
  })

  it("HP1, HP4 reads RFC 7541's examples of a dynamic table (C.5): entries are looked up, and the oldest go when there is no more room", () => {
    const reader = new HeaderReader(256)
    const first = hex('4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d')
    const fields = [[':status', '302'], ['cache-control', 'private'], ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'], ['location', 'https://www.example.com']]
    expect([...reader.read(first)]).toEqual(fields)
    expect([...reader.read(hex('4803 3330 37c1 c0bf'))]).toEqual([[':status', '307'], ...fields.slice(1)])
    expect([...reader.read(hex('88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970'))].slice(0, 4)).toEqual([[':status', '200'], ['cache-control', 'private'], ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'], ['location', 'https://www.example.com']])
    expect(() => reader.read(hex('c8'))).toThrow('there is no header field 72')
  })

  it('HP1 a block that depends on the table is read anew each time', () => {
    const reader = new HeaderReader(4096)
    reader.read(hex('40 01 61 01 31'))
    const block = hex('be')
    expect(reader.read(block).get('a')).toBe('1')
    reader.read(hex('40 01 61 01 32'))
    expect(reader.read(block).get('a')).toBe('2')
  })

  it('HP3 joins a field that comes twice', () => {
    expect(new HeaderReader().read(renderHeaders([['via', 'a'], ['via', 'b']])).get('via')).toBe('a, b')
  })

  it.each([['be', 'there is no header field 62'], ['3f e11f', 'the dynamic table was made larger'], ['00 05 61', 'cut off'], ['00', 'cut off'], ['ff ff ff ff ff ff', 'a number is too large']])('refuses %s', (bytes, reason) => {
    expect(() => new HeaderReader().read(hex(bytes))).toThrow(reason)
  })
})

describe('frames', () => {
  const frames = [renderSettings([[3, 100], [4, 1 << 20]]), renderFrame(frameType.data, frameFlag.endStream, 7, Uint8Array.from({ length: 300 }, (_, at) => at)), renderFrame(frameType.ping, 0, 0, new Uint8Array(8))]
  const stream = Uint8Array.from(frames.flatMap(frame => [...frame]))

  it.each([1, 2, 8, 9, 10, 64, 10_000])('FR2 are the same however they come in: in pieces of %i', size => {
    const seen: Frame[] = []
    const reader = new Http2FrameReader(16_384)
    for (let at = 0; at < stream.length; at += size) reader.push(stream.slice(at, at + size), frame => { seen.push({ ...frame, payload: frame.payload.slice() }) })
    expect(seen.map(({ type, streamId, payload }) => [type, streamId, payload.length])).toEqual([[4, 0, 12], [0, 7, 300], [6, 0, 8]])
    expect([...readSettings(seen[0]!.payload)]).toEqual([[3, 100], [4, 1 << 20]])
    expect(seen[1]!.payload[299]).toBe(299 % 256)
  })

  it('FR1 refuses one that is too long', () => {
    expect(() => { new Http2FrameReader(299).push(stream, () => {}) }).toThrow('a frame has 300 bytes')
  })

  it('leaves padding and priority out', () => {
    expect([...unpadded({ type: frameType.headers, flags: frameFlag.padded | frameFlag.priority, streamId: 1, payload: hex('02 00000000 10 6162 0000') })]).toEqual([0x61, 0x62])
    expect(() => unpadded({ type: frameType.data, flags: frameFlag.padded, streamId: 1, payload: hex('05 6162') })).toThrow('padding')
  })
})
