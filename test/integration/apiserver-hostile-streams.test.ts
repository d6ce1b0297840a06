/**
 * HTTP/2 frames and WebSocket messages made to cost the API server more than they cost their sender: each flood is cut off or
 * passes by, at no more than a moment of processor time.
 */
import { once } from 'node:events'
import { deflateRawSync } from 'node:zlib'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { crowdedTurnMs, hostileGround, mebi, openTls } from './hostile-ground.ts'

const configMaps = '/api/v1/namespaces/n/configmaps'

const ground = hostileGround({ flags: ['--max-requests-inflight=200'] }, async ({ api }) => {
  for (let round = 0; round < 50; round += 1) await api.call('GET', configMaps)
  for (let round = 0; round < 3; round += 1) for (const [, make] of floods) await flood(make, 500)
})

interface Flooded {
  readonly sent: number
  readonly wasCutOff: boolean
}

/** Sends what `make` makes until the server cuts the connection off, or all has been sent. */
async function pour(socket: Awaited<ReturnType<typeof openTls>>, make: (index: number) => Buffer, count: number): Promise<Flooded> {
  let wasCutOff = false
  socket.once('close', () => { wasCutOff = true })
  let sent = 0
  while (sent < count && !wasCutOff) {
    const batch: Buffer[] = []
    for (const until = Math.min(count, sent + 100); sent < until; sent += 1) batch.push(make(sent))
    if (!socket.write(Buffer.concat(batch))) await Promise.race([once(socket, 'drain').catch(() => {}), once(socket, 'close').catch(() => {}), pause(2_000)])
  }
  for (let waited = 0; waited < 300 && !wasCutOff; waited += 20) await pause(20)
  socket.destroy()
  return { sent, wasCutOff }
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const [data, headers, priority, reset, settings, ping, windowUpdate, continuation] = [0, 1, 2, 3, 4, 6, 8, 9] as const

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
const literal = (name: string, value: string) => Buffer.concat([Buffer.from([0]), text(name), text(value)])
const get = Buffer.concat([Buffer.from([0x82, 0x87]), literal(':path', configMaps), literal(':authority', 'a')])
const post = Buffer.concat([Buffer.from([0x83, 0x87]), literal(':path', configMaps), literal(':authority', 'a'), literal('content-type', 'application/json')])
const asked = (index: number, block: Buffer) => frame(headers, 5, 2 * index + 1, block)
const getRoot = Buffer.from([0x82, 0x87, 0x84])
/** An entry of the table of 4,000 bytes, and heads that name it ten thousand times each. */
const entry = Buffer.concat([getRoot, Buffer.from([0x40, 1, 97, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'a')])
const bomb = Buffer.concat([getRoot, Buffer.alloc(10_000, 0xbe)])

const floods: readonly (readonly [name: string, make: (index: number) => Buffer, mayPass?: 'may pass'])[] = [
  ['heads that go on and on', index => (index === 0 ? frame(headers, 0, 1, get) : frame(continuation, 0, 1, literal('x', 'y'.repeat(100))))], // CVE-2024-27983
  ['heads that go on with nothing', index => (index === 0 ? frame(headers, 0, 1, get) : frame(continuation, 0, 1, Buffer.alloc(0)))],
  ['pings', () => frame(ping, 0, 0, Buffer.alloc(8))], // CVE-2019-9512
  ['settings', () => frame(settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0]))], // CVE-2019-9515
  ['priorities', index => frame(priority, 0, 2 * index + 1, Buffer.from([0, 0, 0, 0, 1]))], // CVE-2019-9513
  ['window updates', () => frame(windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1])), 'may pass'],
  ['data of no length', index => (index === 0 ? frame(headers, 4, 1, post) : frame(data, 0, 1, Buffer.alloc(0)))], // CVE-2019-9518
  ['streams that are reset at once', index => Buffer.concat([asked(index, get), frame(reset, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8]))])], // CVE-2023-44487
  ['streams that make the server reset them', index => Buffer.concat([asked(index, get), frame(windowUpdate, 0, 2 * index + 1, Buffer.alloc(4))])], // CVE-2025-8671
  ['frames of an unknown type', () => frame(77, 0, 0, Buffer.alloc(100))],
  ['a table of heads that changes with each', index => asked(index, Buffer.concat([getRoot, Buffer.from([0x40, 1, 97 + index % 20, 100]), Buffer.alloc(100, 'a')])), 'may pass'],
  ['heads that name one large entry again and again', index => asked(index, index === 0 ? entry : bomb), 'may pass'],
]

async function flood(make: (index: number) => Buffer, count: number, isPaused = false): Promise<Flooded> {
  const socket = await openTls(ground.plane, { protocol: 'h2' })
  if (isPaused) socket.pause()
  else socket.resume()
  socket.write(Buffer.concat([preface, frame(settings, 0, 0, Buffer.alloc(0))]))
  return await pour(socket, make, count)
}

describe('HTTP/2', () => {
  test.each(floods)('a flood of %s', async (_name, make, mayPass) => {
    await flood(make as (index: number) => Buffer, 2_000, true)
    const { wasCutOff } = await flood(make as (index: number) => Buffer, mayPass === undefined ? 20_000 : 2_000)
    if (mayPass === undefined) expect(wasCutOff, 'the connection is ended').toBe(true)
  }, 60_000)

  test('a thousand lists whose readers open no window', async () => {
    ground.allowedTurnMs = crowdedTurnMs // all of them arrive in one turn
    for (let index = 0; index < 8; index += 1) await ground.api.call('POST', configMaps, { metadata: { name: `large-${index}` }, data: { a: 'x'.repeat(900_000) } })
    const stalled = await Promise.all(Array.from({ length: 10 }, () => openTls(ground.plane, { protocol: 'h2' })))
    for (const socket of stalled) {
      socket.resume()
      socket.write(Buffer.concat([preface, frame(settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])), ...Array.from({ length: 100 }, (_, index) => asked(index, get))]))
    }
    await pause(3_000)
    const { residentBytes } = await ground.readLoop()
    expect(residentBytes - ground.quiet.residentBytes, 'while they wait').toBeLessThan(250 * mebi)
    const started = performance.now()
    expect((await ground.api.call('GET', '/api/v1/namespaces/default/configmaps')).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(5_000)
    for (const socket of stalled) socket.destroy()
    await ground.api.call('DELETE', configMaps)
  }, 60_000)
})

describe('WebSocket', () => {
  const watch = `GET ${configMaps}?watch=true HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n`
  const message = (opcode: number, payload: Buffer, { isLast = true, isCompressed = false, isMasked = true, saysBytes = payload.length } = {}) => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(saysBytes))
    const said = saysBytes < 126 ? [saysBytes] : saysBytes < 65_536 ? [126, saysBytes >> 8, saysBytes & 255] : [127, ...length]
    return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode, (isMasked ? 0x80 : 0) | said[0]!, ...said.slice(1), ...(isMasked ? [0, 0, 0, 0] : [])]), payload])
  }
  const first = <T>(one: T, rest: T) => (index: number) => (index === 0 ? one : rest)
  const many = (piece: Buffer) => Buffer.concat(Array.from({ length: 100 }, () => piece))

  test.each<[string, (index: number) => Buffer, number, 'ends' | 'goes on']>([
    ['a megabyte that unpacks to fifty', () => message(2, deflateRawSync(Buffer.alloc(50 * mebi)), { isCompressed: true }), 1, 'ends'],
    ['a message of a terabyte', () => message(2, Buffer.alloc(100), { saysBytes: 2 ** 40 }), 1, 'ends'],
    ['a message of a hundred megabytes', first(message(2, Buffer.alloc(0), { saysBytes: 100 * mebi }), Buffer.alloc(64 * 1024)), 1_600, 'ends'],
    ['a hundred thousand fragments', first(message(2, Buffer.from('a'), { isLast: false }), many(message(0, Buffer.from('a'), { isLast: false }))), 1_000, 'ends'],
    ['a hundred thousand fragments of nothing', first(message(2, Buffer.from('a'), { isLast: false }), many(message(0, Buffer.alloc(0), { isLast: false }))), 1_000, 'ends'],
    ['a fragment of nothing that was begun', () => message(0, Buffer.from('a')), 1, 'ends'],
    ['a message without its mask', () => message(2, Buffer.from('a'), { isMasked: false }), 1, 'ends'],
    ['an unknown kind of message', () => message(11, Buffer.alloc(2)), 1, 'ends'],
    ['a ping longer than pings are', () => message(9, Buffer.alloc(200)), 1, 'ends'],
    ['a hundred thousand messages that nobody asked for', () => many(message(2, Buffer.alloc(100))), 1_000, 'goes on'],
  ])('%s', async (_name, make, count, outcome) => {
    const socket = await openTls(ground.plane)
    socket.write(watch)
    const [head] = await once(socket, 'data') as [Buffer]
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /)
    expect(head.toString('latin1'), 'no compression is agreed to').not.toMatch(/permessage-deflate/i)
    socket.resume()
    expect((await pour(socket, make, count)).wasCutOff).toBe(outcome === 'ends')
  }, 30_000)

  test('pings whose answers nobody reads are not kept for them', async () => {
    const socket = await openTls(ground.plane)
    socket.setMaxListeners(0)
    socket.write(watch)
    await once(socket, 'data')
    socket.pause()
    await pour(socket, () => many(message(9, Buffer.alloc(125))), 2_000)
    expect((await ground.readLoop()).residentBytes - ground.quiet.residentBytes).toBeLessThan(160 * mebi)
  }, 30_000)

  test.each(['websocket', 'SPDY/3.1', 'h2c', 'x', 'websocket, SPDY/3.1'])('an upgrade to %s that is refused leads no second request past the first (CVE-2018-1002105)', async protocol => {
    for (const path of ['/api/v1/namespaces/n/pods/none/exec?command=x&stdout=true', '/api/v1/nodes/none/proxy/x', configMaps, '/healthz', '/version']) {
      const socket = await openTls(ground.plane)
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nGET /api/v1/namespaces/victim/secrets/hidden HTTP/1.1\r\nHost: a\r\n\r\n`)
      await Promise.race([once(socket, 'close'), pause(700)])
      socket.destroy()
      const answer = Buffer.concat(chunks).toString('latin1')
      expect([path, answer.match(/HTTP\/1\.1 \d+/g)?.length, answer.includes(Buffer.from('canary-7d1f').toString('base64'))]).toEqual([path, 1, false])
      expect(answer).not.toMatch(/^HTTP\/1\.1 101/)
    }
  }, 30_000)
})
