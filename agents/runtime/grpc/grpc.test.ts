import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:http2'
import { connect as connectSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryLog } from '../../base/log.ts'
import { GrpcError, grpcCode } from '../../wire/grpc/grpc-error.ts'
import { connectGrpc } from './grpc-client.ts'
import { serveGrpc, type GrpcServer, type ServerMethod, type ServerStream } from './grpc-server.ts'

const log = new MemoryLog()
const running: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of running.splice(0)) await thing[Symbol.asyncDispose]()
})

async function serve(methods: Record<string, ServerMethod>, port = 0): Promise<{ server: GrpcServer; endpoint: string }> {
  const server = await serveGrpc('127.0.0.1', port, { methods: new Map(Object.entries(methods)), maxRequestBytes: 1_000_000, log })
  running.push(server)
  return { server, endpoint: `http://127.0.0.1:${String(server.port)}` }
}

function channelTo(...endpoints: string[]) {
  const channel = connectGrpc({ endpoints })
  running.push({ [Symbol.asyncDispose]: () => channel.close() })
  return channel
}

const echo: ServerMethod = { kind: 'unary', call: request => request }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)

describe('gRPC over HTTP/2', () => {
  it('carries messages of any size, many at once', async () => {
    const channel = channelTo((await serve({ '/echo': echo })).endpoint)
    const sizes = [0, 1, 16_383, 65_536, 999_000]
    const answers = await Promise.all([...sizes, ...Array.from({ length: 200 }, () => 100)].map(size => channel.unary('/echo', new Uint8Array(size).fill(7))))
    expect(answers.slice(0, 5).map(answer => answer.length)).toEqual(sizes)
  })

  it('GS1 GS2 tells what was refused and hides what broke', async () => {
    const channel = channelTo((await serve({
      '/refuse': { kind: 'unary', call() { throw new GrpcError(grpcCode.NotFound, 'not 100% there: 雪\n') } },
      '/break': { kind: 'unary', call: () => Promise.reject(new Error('secret')) },
    })).endpoint)
    await expect(channel.unary('/refuse', bytes(''))).rejects.toMatchObject({ code: grpcCode.NotFound, message: 'not 100% there: 雪\n' })
    await expect(channel.unary('/break', bytes(''))).rejects.toMatchObject({ code: grpcCode.Internal, message: 'internal error' })
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: 'grpc method failed', fields: { path: '/break' } })
    await expect(channel.unary('/nothing', bytes(''))).rejects.toMatchObject({ code: grpcCode.Unimplemented, message: 'unknown method /nothing' })
    await expect(channel.unary('/refuse', new Uint8Array(1_000_001))).rejects.toMatchObject({ code: grpcCode.ResourceExhausted })
  })

  it('answers what is not gRPC with 415', async () => {
    const session = connect((await serve({ '/echo': echo })).endpoint)
    const status = await new Promise(resolve => { session.request({ ':path': '/echo' }).on('response', headers => { resolve(headers[':status']) }).resume() })
    expect(status).toBe(415)
    session.destroy()
  })

  it('GC2 ends late and aborted calls', async () => {
    const channel = channelTo((await serve({ '/never': { kind: 'unary', call: () => new Promise(() => {}) } })).endpoint)
    const abort = new AbortController()
    const aborted = channel.unary('/never', bytes(''), { signal: abort.signal })
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: grpcCode.Cancelled })
    await expect(channel.unary('/never', bytes(''), { timeoutMs: 20 })).rejects.toMatchObject({ code: grpcCode.DeadlineExceeded })
  })

  it('GK4 reaches a unix socket; one that is not there is Unavailable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubarium-grpc-'))
    running.push({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) })
    const { server } = await serve({ '/echo': echo })
    const door = createServer(socket => { socket.pipe(connectSocket(server.port, '127.0.0.1')).pipe(socket) })
    await new Promise<void>(resolve => { door.listen(join(folder, 'x.sock'), resolve) })
    running.push({ [Symbol.asyncDispose]: async () => { door.close() } })
    expect(text(await channelTo(`unix://${folder}/x.sock`).unary('/echo', bytes('a')))).toBe('a')
    await expect(channelTo(`unix://${folder}/y.sock`).unary('/echo', bytes('a'))).rejects.toMatchObject({ code: grpcCode.Unavailable, message: expect.stringContaining('ENOENT') as string })
  })

  it('GK5 a call with the limit 0 ends only by its signal', async () => {
    const channel = channelTo((await serve({ '/slow': { kind: 'unary', call: request => new Promise(resolve => { setTimeout(() => { resolve(request) }, 100) }) } })).endpoint)
    expect(text(await channel.unary('/slow', bytes('a'), { timeoutMs: 0 }))).toBe('a')
  })

  it('GK1 fails with Unavailable while nobody listens and works again when somebody does', async () => {
    const first = await serve({ '/echo': echo })
    const channel = channelTo(first.endpoint)
    expect(text(await channel.unary('/echo', bytes('a')))).toBe('a')
    await first.server[Symbol.asyncDispose]()
    await expect(channel.unary('/echo', bytes('b'))).rejects.toMatchObject({ code: grpcCode.Unavailable })
    await serve({ '/echo': echo }, first.server.port)
    expect(text(await channel.unary('/echo', bytes('c')))).toBe('c')
  })

  it('tries the next endpoint after one that does not answer', async () => {
    const gone = await serve({})
    await gone.server[Symbol.asyncDispose]()
    const channel = channelTo(gone.endpoint, (await serve({ '/echo': echo })).endpoint)
    await expect(channel.unary('/echo', bytes('a'))).rejects.toMatchObject({ code: grpcCode.Unavailable })
    expect(text(await channel.unary('/echo', bytes('b')))).toBe('b')
  })

  it('streams both ways and ends well, or with the reason', async () => {
    const channel = channelTo((await serve({
      '/shout': { kind: 'stream', open: stream => ({ request: message => { stream.send(bytes(text(message).toUpperCase())) }, finished() { stream.end() } }) },
      '/fail': { kind: 'stream', open: stream => ({ request: message => { stream.send(message); stream.end(new GrpcError(grpcCode.DataLoss, 'gone')) } }) },
      '/refuse': { kind: 'stream', open: stream => ({ request() { stream.end(new GrpcError(grpcCode.Unauthenticated, 'no')) } }) },
    })).endpoint)
    const read = async (path: string, ...messages: string[]): Promise<unknown[]> => {
      const stream = channel.stream(path)
      messages.forEach(message => { stream.send(bytes(message)) })
      stream.end()
      const seen: unknown[] = []
      try {
        for await (const message of stream) seen.push(text(message))
      } catch (error) {
        seen.push((error as GrpcError).message)
      }
      return seen
    }
    expect(await read('/shout', 'a', 'b')).toEqual(['A', 'B'])
    expect(await read('/fail', 'a')).toEqual(['a', 'gone'])
    expect(await read('/refuse', 'a')).toEqual(['no'])
  })

  it('a stream whose server dies says so', async () => {
    const { server, endpoint } = await serve({ '/quiet': { kind: 'stream', open: () => ({ request() {} }) } })
    const stream = channelTo(endpoint).stream('/quiet')
    stream.send(bytes('a'))
    const reading = (async () => { for await (const _ of stream); })()
    setTimeout(() => { void server[Symbol.asyncDispose]() }, 30)
    await expect(reading).rejects.toMatchObject({ code: grpcCode.Unavailable })
  })

  it('GS3 tells a method that its reader is behind, and when it is not any more', async () => {
    let call: ServerStream | undefined
    let drains = 0
    let sent = 0
    const total = 200
    const fill = (): void => { while (sent < total && call!.send(new Uint8Array(100_000).fill(sent++))); }
    const { endpoint } = await serve({
      '/flood': {
        kind: 'stream',
        open(stream) {
          call = stream
          return { request: fill, drained() { drains++; fill(); if (sent === total) stream.end() } }
        },
      },
    })
    const stream = channelTo(endpoint).stream('/flood')
    stream.send(bytes('go'))
    await new Promise(resolve => { setTimeout(resolve, 100) })
    expect(sent).toBeLessThan(total)
    let received = 0
    for await (const message of stream) expect(message[0]).toBe(received++)
    expect(received).toBe(total)
    expect(drains).toBeGreaterThan(0)
  })
})
