import { constants, createDeflate, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import type { ByteCarrier } from './byte-link.ts'
import { Inflater, InflateError, StoredDeflater } from './inflate.ts'
import { SpdyConnection, type SpdyStream } from './spdy-connection.ts'
import { adler32, spdyDictionary, spdyDictionaryId } from './spdy-dictionary.ts'
import { SpdyError, SpdyFrameReader, SpdyFrameWriter, type SpdyFrame } from './spdy-frames.ts'

async function deflatePieces(pieces: readonly Uint8Array[], level: number, flush: number = constants.Z_SYNC_FLUSH): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: Buffer.from(spdyDictionary), level })
  const out: Buffer[] = []
  for (const piece of pieces) {
    deflate.write(piece)
    await new Promise<void>(resolve => deflate.flush(flush, () => { resolve() }))
    const parts: Buffer[] = []
    for (let part = deflate.read() as Buffer | null; part !== null; part = deflate.read() as Buffer | null) parts.push(part)
    out.push(Buffer.concat(parts))
  }
  deflate.destroy()
  return out
}

describe('header compression', () => {
  test('the dictionary is the one of the specification', () => {
    expect(spdyDictionary).toHaveLength(1423)
    expect(adler32(spdyDictionary)).toBe(spdyDictionaryId)
  })

  test('IN1 pieces of one zlib stream, at every level and flush, come out again', async () => {
    const random = seededRandom(7)
    const pieces = Array.from({ length: 30 }, (_, index) => Buffer.from(`streamtype${index % 3 === 0 ? 'error' : 'data'}port8080requestid${index}${'x'.repeat(Math.floor(random.next() * 900))}`))
    for (const level of [0, 1, 6, 9]) {
      for (const flush of [constants.Z_SYNC_FLUSH, constants.Z_PARTIAL_FLUSH, constants.Z_FULL_FLUSH]) {
        const inflater = new Inflater(spdyDictionary, spdyDictionaryId)
        const seen: Buffer[] = []
        for (const piece of await deflatePieces(pieces, level, flush)) seen.push(Buffer.from(inflater.push(piece)))
        expect(Buffer.concat(seen).toString()).toBe(Buffer.concat(pieces).toString())
      }
    }
  })

  test('IN3 a bomb is refused', async () => {
    const [bomb] = await deflatePieces([Buffer.alloc(1_000_000)], 9)
    expect(() => new Inflater(spdyDictionary, spdyDictionaryId).push(bomb!)).toThrow(/too large/)
  })

  test('IN4 a stream with another or no dictionary is refused', () => {
    expect(() => new Inflater(spdyDictionary, spdyDictionaryId).push(Uint8Array.of(0x78, 0x9c, 1))).toThrow(InflateError)
    expect(() => new Inflater(spdyDictionary, spdyDictionaryId).push(Uint8Array.of(1, 2, 3, 4, 5, 6))).toThrow(InflateError)
  })

  test('stored pieces are a zlib stream that zlib reads', () => {
    const deflater = new StoredDeflater(spdyDictionaryId)
    const big = Buffer.alloc(70_000, 'h')
    const stream = Buffer.concat([deflater.push(Buffer.from('first')), deflater.push(big), Buffer.from([1, 0, 0, 0xff, 0xff])])
    expect(inflateSync(stream, { dictionary: Buffer.from(spdyDictionary), finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(`first${big.toString()}`)
  })
})

const sampleFrames: readonly SpdyFrame[] = [
  { type: 'syn-stream', streamId: 1, headers: { streamtype: ['error'], port: ['8080'] }, fin: true, unidirectional: false },
  { type: 'syn-reply', streamId: 1, headers: {}, fin: false },
  { type: 'ping', id: 3 },
  { type: 'data', streamId: 1, data: new Uint8Array(0), fin: true },
  { type: 'rst-stream', streamId: 1, status: 5 },
  { type: 'headers', streamId: 1, headers: { a: ['1', '2'] }, fin: false },
  { type: 'go-away', lastStreamId: 1, status: 0 },
]

describe('SPDY frames', () => {
  test('SF1 every frame survives being sent one byte at a time', () => {
    const writer = new SpdyFrameWriter()
    const reader = new SpdyFrameReader()
    const bytes = Buffer.concat(sampleFrames.map(frame => writer.render(frame)))
    const seen = [...bytes].flatMap(byte => reader.push(Uint8Array.of(byte)))
    expect(JSON.parse(JSON.stringify(seen))).toEqual(JSON.parse(JSON.stringify(sampleFrames)))
  })

  test('SF1 random splits of random data keep every byte', () => {
    const random = seededRandom(3)
    const writer = new SpdyFrameWriter()
    const parts = Array.from({ length: 50 }, (_, index) => Buffer.alloc(Math.floor(random.next() * 3000), String(index)))
    const bytes = Buffer.concat(parts.map((data, index) => writer.render({ type: 'data', streamId: 5, data, fin: index === 49 })))
    const reader = new SpdyFrameReader()
    const seen: Uint8Array[] = []
    let fins = 0
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + Math.floor(random.next() * 700)
      for (const frame of reader.push(bytes.subarray(at, at + size))) {
        if (frame.type === 'data') seen.push(frame.data)
        if (frame.type === 'data' && frame.fin) fins++
      }
      at += size
    }
    expect(Buffer.concat(seen).equals(Buffer.concat(parts))).toBe(true)
    expect(fins).toBe(1)
  })

  test('SF2 another version and an endless control frame are refused', () => {
    expect(() => new SpdyFrameReader().push(Uint8Array.of(0x80, 2, 0, 1, 0, 0, 0, 0))).toThrow(SpdyError)
    expect(() => new SpdyFrameReader().push(Uint8Array.of(0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff))).toThrow(/too long/)
  })

  test('SF3 SETTINGS and WINDOW_UPDATE are ignored', () => {
    expect(new SpdyFrameReader().push(Uint8Array.of(0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 9))).toEqual([{ type: 'ignored' }])
  })
})

interface End {
  readonly connection: SpdyConnection
  readonly streams: SpdyStream[]
  paused: boolean
  closed?: string
}

/** Two connections joined back to back; `deliver` moves what was written. */
function pair(): { client: End; server: End; deliver: () => void } {
  const queues: { to: () => End; bytes: Uint8Array }[] = []
  const make = (role: 'client' | 'server', peer: () => End): End => {
    const streams: SpdyStream[] = []
    const end: { paused: boolean; closed?: string } = { paused: false }
    const carrier: ByteCarrier = {
      write: bytes => void queues.push({ to: peer, bytes }),
      drained: () => Promise.resolve(),
      pause: () => void (end.paused = true),
      resume: () => void (end.paused = false),
      end: () => {},
    }
    const connection = new SpdyConnection({ role, carrier, onStream: stream => void streams.push(stream), onClose: reason => void (end.closed = reason) })
    return Object.assign(end, { connection, streams })
  }
  const client: End = make('client', () => server)
  const server: End = make('server', () => client)
  return {
    client,
    server,
    deliver() {
      for (let next = queues.shift(); next !== undefined; next = queues.shift()) next.to().connection.receive(next.bytes)
    },
  }
}

describe('SPDY connection', () => {
  test('SC1 SC2 streams open, are answered, and half-close', async () => {
    const { client, server, deliver } = pair()
    const mine = client.connection.open({ streamtype: ['stdin'] })
    deliver()
    const theirs = server.streams[0]!
    expect([mine.id, theirs.header('streamType')]).toEqual([1, 'stdin'])
    theirs.reply()
    deliver()
    expect(await mine.replied).toBe(true)
    const log: string[] = []
    theirs.listen((chunk, consumed) => (log.push(Buffer.from(chunk).toString()), consumed()), clean => void log.push(`end ${clean}`))
    mine.listen((chunk, consumed) => (log.push(`back ${Buffer.from(chunk).toString()}`), consumed()), clean => void log.push(`back end ${clean}`))
    await mine.write(Buffer.from('hello'))
    mine.end()
    deliver()
    await theirs.write(Buffer.from('world'))
    theirs.end()
    deliver()
    expect(log).toEqual(['hello', 'end true', 'back world', 'back end true'])
    expect([client.connection.streamCount, server.connection.streamCount]).toEqual([0, 0])
    expect(client.connection.open({}).id).toBe(3)
  })

  test('SC3 pings are echoed once', () => {
    const { client, deliver } = pair()
    client.connection.ping()
    deliver()
  })

  test('SC4 unread bytes pause the carrier and reading resumes it', () => {
    const { client, server, deliver } = pair()
    const mine = client.connection.open({})
    void mine.write(Buffer.alloc(300_000))
    deliver()
    expect(server.paused).toBe(true)
    let size = 0
    server.streams[0]!.listen((chunk, consumed) => ((size += chunk.length), consumed()), () => {})
    expect(size).toBe(300_000)
    expect(server.paused).toBe(false)
  })

  test('SC5 a lost carrier ends every stream once, and opens none', async () => {
    const { client } = pair()
    const ends: boolean[] = []
    const stream = client.connection.open({})
    stream.listen(() => {}, clean => void ends.push(clean))
    client.connection.lost('gone')
    client.connection.lost('gone')
    expect(ends).toEqual([false])
    expect(await stream.replied).toBe(false)
    expect(await client.connection.open({}).replied).toBe(false)
  })

  test('SC6 a reset ends the stream, later data is dropped', () => {
    const { client, server, deliver } = pair()
    const mine = client.connection.open({})
    deliver()
    const ends: boolean[] = []
    mine.listen(() => {}, clean => void ends.push(clean))
    server.streams[0]!.reset()
    void mine.write(Buffer.from('x'))
    deliver()
    expect(ends).toEqual([false])
    expect(server.connection.streamCount).toBe(0)
  })

  test('a protocol error closes the connection', () => {
    const { server } = pair()
    server.connection.receive(Uint8Array.of(0x80, 9, 0, 1, 0, 0, 0, 0))
    expect(server.closed).toMatch(/version 9/)
  })
})
