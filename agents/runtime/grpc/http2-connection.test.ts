import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { Http2FrameReader, connectionPreface, errorCode, frameFlag, frameType, readUint32, renderFrame, renderNumberFrame, renderSettings, setting, type Frame } from '../../wire/http2/frames.ts'
import { renderHeaders } from '../../wire/http2/hpack.ts'
import { Http2Connection, type ClientStream } from './http2-connection.ts'

const ended: (() => void)[] = []
afterEach(() => { for (const end of ended.splice(0)) end() })

const headers = renderHeaders([[':method', 'POST'], [':scheme', 'http'], [':authority', 'localhost'], [':path', '/a']])
const nextTurn = (): Promise<void> => new Promise(resolve => { setImmediate(() => { setImmediate(resolve) }) })

/** What became of a stream. */
class Call {
  readonly stream: ClientStream
  readonly fields: Record<string, string>[] = []
  bytes = 0
  readonly over = Promise.withResolvers<Error | undefined>()

  constructor(connection: Http2Connection, takes = true) {
    this.stream = connection.open(headers, {
      headers: fields => { this.fields.push(Object.fromEntries(fields)) },
      data: chunk => {
        this.bytes += chunk.length
        if (takes) this.stream.taken(chunk.length)
      },
      closed: error => { this.over.resolve(error) },
    })
  }
}

/** A connection to a peer that the test plays frame by frame. */
function playedPeer() {
  const [near, far] = duplexPair()
  const seen: Frame[] = []
  let writes = 0
  const reader = new Http2FrameReader(1 << 20)
  let isPrefaceRead = false
  far.on('data', (chunk: Uint8Array) => {
    writes += 1
    reader.push(isPrefaceRead ? chunk : chunk.subarray(connectionPreface.length), frame => { seen.push({ ...frame, payload: frame.payload.slice() }) })
    isPrefaceRead = true
  })
  const events: string[] = []
  const connection = new Http2Connection(near, { leaving: () => { events.push('leaving') }, closed: error => { events.push(`closed: ${error?.message ?? ''}`) } })
  ended.push(() => { connection.destroy() })
  return { connection, far: far as Duplex, seen, events, writes: () => writes, of: (type: number) => seen.filter(frame => frame.type === type) }
}

async function realPeer(answer: (stream: ServerHttp2Stream) => void, settings: object = {}): Promise<Http2Connection> {
  const server: Http2Server = createServer({ settings }).on('stream', answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = new Http2Connection(connect((server.address() as AddressInfo).port, '127.0.0.1'), { leaving() {}, closed() {} })
  ended.push(() => { connection.destroy(); server.close() })
  return connection
}

describe('an HTTP/2 connection', () => {
  it('HW1 sends in one write what one turn gave', async () => {
    const { connection, writes, of } = playedPeer()
    for (let index = 0; index < 20; index++) new Call(connection).stream.send(new Uint8Array(100), true)
    await nextTurn()
    expect(of(frameType.data).map(({ streamId }) => streamId)).toEqual(Array.from({ length: 20 }, (_, index) => 1 + 2 * index))
    expect(writes()).toBe(1)
  })

  it('HC2 tells a stream its headers, its data and its end', async () => {
    const connection = await realPeer(stream => {
      stream.respond({ ':status': 200, 'x-long': 'a'.repeat(40_000) }, { waitForTrailers: true })
      stream.on('wantTrailers', () => { stream.sendTrailers({ 'x-end': '雪'.length.toString() }) })
      stream.pipe(stream)
    })
    const call = new Call(connection)
    call.stream.send(new Uint8Array(300_000), false)
    call.stream.send(new Uint8Array(5), true)
    expect(await call.over.promise).toBeUndefined()
    expect(call.bytes).toBe(300_005)
    expect(call.fields[0]).toMatchObject({ ':status': '200', 'x-long': 'a'.repeat(40_000) })
    expect(call.fields[1]).toEqual({ 'x-end': '1' })
  })

  it('HC2 tells every stream why the connection broke', async () => {
    const { connection, far, events } = playedPeer()
    const calls = [new Call(connection), new Call(connection)]
    far.destroy()
    connection.destroy(new Error('the cable was cut'))
    for (const call of calls) expect((await call.over.promise)?.message).toBe('the cable was cut')
    expect(events).toEqual(['leaving', 'closed: the cable was cut'])
    expect(connection.isUsable).toBe(false)
  })

  it('HC2 tells a stream that the peer reset it', async () => {
    const { connection, far } = playedPeer()
    const call = new Call(connection)
    far.write(renderNumberFrame(frameType.resetStream, 1, 7))
    expect((await call.over.promise)?.message).toBe('the server reset the stream (REFUSED_STREAM)')
  })

  it('HC3 keeps to the windows of stream and connection, also when they change', async () => {
    const { connection, far, of } = playedPeer()
    const sent = (): number => of(frameType.data).reduce((sum, { payload }) => sum + payload.length, 0)
    far.write(renderSettings([[setting.initialWindowSize, 1_000]]))
    await nextTurn()
    const first = new Call(connection)
    first.stream.send(new Uint8Array(1_500), true)
    await nextTurn()
    expect(sent()).toBe(1_000)
    far.write(renderNumberFrame(frameType.windowUpdate, 1, 200))
    await nextTurn()
    expect(sent()).toBe(1_200)
    far.write(renderSettings([[setting.initialWindowSize, 200_000]]))
    await nextTurn()
    expect(sent()).toBe(1_500)
    new Call(connection).stream.send(new Uint8Array(100_000), true)
    await nextTurn()
    expect(sent()).toBe(65_535)
    far.write(renderNumberFrame(frameType.windowUpdate, 0, 1_000_000))
    await nextTurn()
    expect(sent()).toBe(101_500)
    expect(Math.max(...of(frameType.data).map(({ payload }) => payload.length))).toBe(16_384)
  })

  it('HC3 opens no more streams at once than the peer allows', async () => {
    const open = new Set<ServerHttp2Stream>()
    let most = 0
    const connection = await realPeer(stream => {
      most = Math.max(most, open.add(stream).size)
      stream.on('close', () => { open.delete(stream) })
      stream.resume().on('end', () => { setImmediate(() => { stream.respond({ ':status': 200 }, { endStream: true }) }) })
    }, { maxConcurrentStreams: 3 })
    const first = new Call(connection)
    first.stream.end()
    await first.over.promise // the peer's settings have come
    const calls = Array.from({ length: 20 }, () => new Call(connection))
    for (const call of calls) call.stream.end()
    for (const call of calls) expect(await call.over.promise).toBeUndefined()
    expect(most).toBeLessThanOrEqual(3)
  })

  it('HW3 a stream whose reader is behind holds up nobody else', async () => {
    const connection = await realPeer(stream => {
      stream.respond({ ':status': 200 })
      stream.end(Buffer.alloc(3_000_000))
    })
    const idle = new Call(connection, false)
    idle.stream.end()
    const busy = new Call(connection)
    busy.stream.end()
    expect(await busy.over.promise).toBeUndefined()
    expect(busy.bytes).toBe(3_000_000)
    expect(idle.bytes).toBeLessThanOrEqual(1 << 20)
    idle.stream.taken(idle.bytes)
    idle.stream.cancel()
  })

  it('HC5 after GOAWAY what the peer took on goes on, the rest is told', async () => {
    const { connection, far, events } = playedPeer()
    const [kept, lost] = [new Call(connection), new Call(connection)]
    far.write(renderFrame(frameType.goAway, 0, 0, Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 0])))
    expect((await lost.over.promise)?.message).toBe('the server is going away (NO_ERROR)')
    expect(connection.isUsable).toBe(false)
    expect(events).toEqual(['leaving'])
    far.write(renderFrame(frameType.headers, frameFlag.endHeaders | frameFlag.endStream, 1, renderHeaders([[':status', '200']])))
    expect(await kept.over.promise).toBeUndefined()
  })

  it('HC5 nor is one opened that waited for its turn', async () => {
    const { connection, far, of } = playedPeer()
    far.write(renderSettings([[setting.maxConcurrentStreams, 1]]))
    await nextTurn()
    const [open, waiting] = [new Call(connection), new Call(connection)]
    await nextTurn()
    far.write(renderFrame(frameType.goAway, 0, 0, new Uint8Array(8)))
    for (const call of [open, waiting]) expect((await call.over.promise)?.message).toBe('the server is going away (NO_ERROR)')
    await nextTurn()
    expect(of(frameType.headers).map(({ streamId }) => streamId)).toEqual([1])
  })

  it.each([
    ['a push', renderFrame(frameType.pushPromise, 0, 1, new Uint8Array(8)), errorCode.protocolError],
    ['a header that is none', renderFrame(frameType.headers, frameFlag.endHeaders, 1, Uint8Array.from([0xff])), errorCode.compressionError],
    ['a frame that is too long', Uint8Array.from([1, 0, 1, 0, 0, 0, 0, 0, 1]), errorCode.frameSizeError],
    ['half a setting', renderFrame(frameType.settings, 0, 0, new Uint8Array(5)), errorCode.frameSizeError],
    ['a block that is interrupted', Uint8Array.from([...renderFrame(frameType.headers, 0, 1, new Uint8Array(0)), ...renderFrame(frameType.ping, 0, 0, new Uint8Array(8))]), errorCode.protocolError],
  ])('HW4 leaves a peer that sends %s', async (_, bytes, code) => {
    const { connection, far, of } = playedPeer()
    const call = new Call(connection)
    await nextTurn()
    far.write(bytes)
    expect(await call.over.promise).toBeInstanceOf(Error)
    await nextTurn()
    expect(readUint32(of(frameType.goAway)[0]!.payload, 4)).toBe(code)
    expect(connection.isUsable).toBe(false)
  })

  it('answers a ping, and knows when its own is answered', async () => {
    const { connection, far, of } = playedPeer()
    let isAnswered = false
    connection.ping(() => { isAnswered = true })
    far.write(renderFrame(frameType.ping, 0, 0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)))
    await nextTurn()
    expect([...of(frameType.ping).find(({ flags }) => flags === frameFlag.ack)!.payload]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    far.write(renderFrame(frameType.ping, frameFlag.ack, 0, new Uint8Array(8)))
    await nextTurn()
    expect(isAnswered).toBe(true)
  })

  it('cancelling a stream tells the peer and nobody else', async () => {
    const { connection, of } = playedPeer()
    const call = new Call(connection)
    let isTold = false
    void call.over.promise.then(() => { isTold = true })
    call.stream.cancel()
    call.stream.send(new Uint8Array(9), true)
    await nextTurn()
    expect(readUint32(of(frameType.resetStream)[0]!.payload, 0)).toBe(errorCode.cancel)
    expect(of(frameType.data)).toEqual([])
    expect(isTold).toBe(false)
  })
})
