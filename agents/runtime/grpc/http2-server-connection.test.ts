import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { Http2FrameReader, connectionPreface, errorCode, frameFlag, frameType, readUint32, renderFrame, renderNumberFrame, renderSettings, setting, type Frame } from '../../wire/http2/frames.ts'
import { HeaderReader, renderHeaders } from '../../wire/http2/hpack.ts'
import { type Answerer, type ServerCall, Http2ServerConnection } from './http2-server-connection.ts'

const ended: (() => void)[] = []
afterEach(() => { for (const end of ended.splice(0)) end() })

const request = renderHeaders([[':method', 'POST'], [':scheme', 'http'], [':authority', 'localhost'], [':path', '/a']])
const ok = renderHeaders([[':status', '200']])
const well = renderHeaders([['grpc-status', '0']])
const turns = async (): Promise<void> => { for (let turn = 0; turn < 4; turn++) await new Promise(resolve => { setImmediate(resolve) }) }
const frame = (type: number, flags: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array => renderFrame(type, flags, id, payload)
const open = (id: number, flags: number = frameFlag.endStream): Uint8Array => frame(frameType.headers, frameFlag.endHeaders | flags, id, request)

/** Answers with what it was sent, when that has ended. */
const echo = (log: string[]): Answerer => (call, fields) => {
  const parts: Uint8Array[] = []
  log.push(`${fields.get(':method')} ${fields.get(':path')}`)
  return {
    data: chunk => { parts.push(chunk.slice()); call.taken(chunk.length) },
    ended() { call.respond(ok); for (const part of parts) call.send(part); call.finish(well) },
    closed() { log.push('closed') },
  }
}

/** A connection whose client the test plays frame by frame. */
function playedClient(answer: Answerer) {
  const [near, far] = duplexPair()
  const seen: Frame[] = []
  const reader = new Http2FrameReader(1 << 20)
  const state = { isClosed: false }
  far.on('data', (chunk: Uint8Array) => { reader.push(chunk, each => { seen.push({ ...each, payload: each.payload.slice() }) }) })
  far.on('error', () => {})
  const connection = new Http2ServerConnection(near, answer, () => { state.isClosed = true })
  ended.push(() => { connection.destroy() })
  const say = async (...bytes: Uint8Array[]): Promise<void> => { far.write(Buffer.concat(bytes)); await turns() }
  return { far: far as Duplex, seen, say, state, of: (type: number, id?: number) => seen.filter(each => each.type === type && (id === undefined || each.streamId === id)) }
}
const begun = [connectionPreface, renderSettings([[setting.initialWindowSize, 1 << 20]])]

async function realClient(answer: Answerer): Promise<ClientHttp2Session> {
  const server: Server = createServer(socket => { ended.push(() => { socket.destroy() }); new Http2ServerConnection(socket, answer, () => {}) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  session.on('error', () => {})
  ended.push(() => { session.destroy(); server.close() })
  return session
}

describe('a client of another make (node:http2)', () => {
  const ask = async (session: ClientHttp2Session, path: string, body: Buffer): Promise<{ bytes: number; trailer: unknown }> => {
    const stream = session.request({ ':method': 'POST', ':path': path, 'x-repeated': 'a header that goes into the dynamic table' })
    let [bytes, trailer] = [0, undefined as unknown]
    stream.on('data', (chunk: Buffer) => { bytes += chunk.length }).on('trailers', headers => { trailer = headers['grpc-status'] })
    stream.end(body)
    await once(stream, 'close')
    return { bytes, trailer }
  }

  it('is answered whatever the size, many at once, with what its header compression did before it knew better', async () => {
    const log: string[] = []
    const session = await realClient(echo(log))
    const sizes = [0, 1, 65_535, 3_000_000, ...Array.from({ length: 50 }, () => 10)]
    const answers = await Promise.all(sizes.map((size, index) => ask(session, `/path/${index % 3}`, Buffer.alloc(size, 7))))
    expect(answers).toEqual(sizes.map(size => ({ bytes: size, trailer: '0' })))
    expect(log.filter(line => line === 'closed')).toHaveLength(sizes.length)
    expect(log).toContain('POST /path/2')
  })

  it('HS5 a call that its client gives up is over', async () => {
    const log: string[] = []
    const session = await realClient((_call, fields) => ({ data() {}, ended() { log.push(`ended ${fields.get(':path')}`) }, closed() { log.push('closed') } }))
    const stream = session.request({ ':method': 'POST', ':path': '/never' })
    stream.on('error', () => {}).end()
    await expect.poll(() => log).toEqual(['ended /never'])
    stream.close(errorCode.cancel)
    await expect.poll(() => log).toEqual(['ended /never', 'closed'])
  })
})

describe('what a client does wrong', () => {
  it('HS1 without the preface it is no HTTP/2', async () => {
    const { say, state } = playedClient(echo([]))
    await say(Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'))
    expect(state.isClosed).toBe(true)
  })

  it('HS1 the preface may come in pieces', async () => {
    const log: string[] = []
    const { say } = playedClient(echo(log))
    for (const byte of Buffer.concat([...begun, open(1)])) await say(Uint8Array.of(byte))
    expect(log).toEqual(['POST /a', 'closed'])
  })

  it('HS2 a stream of the wrong side breaks the connection, with the reason', async () => {
    const { say, state, of } = playedClient(echo([]))
    await say(...begun, open(2))
    expect(readUint32(of(frameType.goAway)[0]!.payload, 4)).toBe(errorCode.protocolError)
    expect(state.isClosed).toBe(true)
  })

  it('a request that goes on after its end breaks the connection', async () => {
    const { say, of } = playedClient(() => ({ data() {}, ended() {} }))
    await say(...begun, open(1), frame(frameType.data, 0, 1, Uint8Array.of(1)))
    expect(readUint32(of(frameType.goAway)[0]!.payload, 4)).toBe(errorCode.streamClosed)
  })

  it('HS3 one stream too many is refused and the others go on', { timeout: 20_000 }, async () => {
    const calls: ServerCall[] = []
    const { say, of, state } = playedClient(call => { calls.push(call); return { data() {}, ended() {} } })
    await say(...begun, ...Array.from({ length: 10_001 }, (_, index) => open(index * 2 + 1)))
    expect(of(frameType.resetStream).map(({ streamId, payload }) => [streamId, readUint32(payload, 0)])).toEqual([[20_001, errorCode.refusedStream]])
    expect([calls.length, state.isClosed]).toEqual([10_000, false])
    calls[0]!.finish(well)
    await say(open(20_003))
    expect(calls).toHaveLength(10_001)
  })

  it('HW5 who asks and asks without reading the answers is left', async () => {
    const { say, far, of, state } = playedClient(echo([]))
    far.pause()
    const ping = frame(frameType.ping, 0, 0, new Uint8Array(8))
    await say(...begun, ...Array.from({ length: 10_100 }, () => ping))
    expect(state.isClosed).toBe(true)
    far.resume()
    await turns()
    expect(of(frameType.ping).length).toBeLessThan(10_001)
  })

  it('an endless header block breaks the connection, also one of empty pieces', async () => {
    for (const piece of [new Uint8Array(16_000), new Uint8Array(0)]) {
      const { say, state } = playedClient(echo([]))
      await say(...begun, frame(frameType.headers, 0, 1, request), ...Array.from({ length: 1_100 }, () => frame(frameType.continuation, 0, 1, piece)))
      expect(state.isClosed).toBe(true)
    }
  })
})

describe('flow control and ends', () => {
  it('HW2 no more is sent than the windows allow, and trailers come last', async () => {
    const { say, of } = playedClient(call => ({ data() {}, ended() { call.respond(ok); call.send(new Uint8Array(100)); call.finish(well) } }))
    await say(connectionPreface, renderSettings([[setting.initialWindowSize, 40]]), open(1))
    const sent = (): number => of(frameType.data).reduce((sum, { payload }) => sum + payload.length, 0)
    expect([sent(), of(frameType.headers).length]).toEqual([40, 1])
    await say(renderNumberFrame(frameType.windowUpdate, 1, 59))
    expect([sent(), of(frameType.headers).length]).toEqual([99, 1])
    await say(renderNumberFrame(frameType.windowUpdate, 1, 5))
    expect(sent()).toBe(100)
    const [, trailers] = of(frameType.headers)
    expect(trailers!.flags).toBe(frameFlag.endHeaders | frameFlag.endStream)
    expect(new HeaderReader().read(trailers!.payload).get('grpc-status')).toBe('0')
  })

  it('HS4 an answer before the request has ended asks for no more of it', async () => {
    const { say, of } = playedClient(call => { call.finish(well); return { data() { throw new Error('not wanted') }, ended() {} } })
    await say(...begun, open(1, 0), frame(frameType.data, frameFlag.endStream, 1, Uint8Array.of(1)))
    expect(of(frameType.resetStream).map(({ payload }) => readUint32(payload, 0))).toEqual([errorCode.noError])
  })

  it('HS5 when the connection breaks every call is over', async () => {
    const log: string[] = []
    const { say, far } = playedClient(() => ({ data() {}, ended() {}, closed() { log.push('closed') } }))
    await say(...begun, open(1), open(3))
    far.destroy()
    await turns()
    expect(log).toEqual(['closed', 'closed'])
  })
})
