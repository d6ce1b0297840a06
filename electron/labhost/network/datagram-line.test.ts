import { PassThrough, Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { DatagramFrameReader, renderEnd, renderFrame } from '../../../agents/wire/datagrams/datagram-frames.ts'
import { DatagramLine } from './datagram-line.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function scene() {
  const clock = new FakeClock()
  const sent: string[] = []
  const reader = new DatagramFrameReader()
  const state = { takesMore: true }
  let goOn = (): void => {}
  const stdin = new Writable({
    highWaterMark: 20,
    write(piece: Buffer, _, done) {
      for (const { session, port, payload } of reader.read(piece)) sent.push(`${session} to ${port}: ${new TextDecoder().decode(payload)}`)
      if (state.takesMore) done()
      else goOn = done
    },
  })
  const stdout = new PassThrough()
  let isClosed = false
  const line = new DatagramLine({ stdin, stdout, close: () => { isClosed = true } }, clock)
  const open = (port: number) => {
    const told: string[] = []
    return { told, ...line.open(port, { onAnswer: payload => told.push(new TextDecoder().decode(payload)), onEnd: reason => told.push(`end: ${reason}`) }) }
  }
  return { clock, line, sent, state, stdout, open, goOn: () => { goOn() }, isClosed: () => isClosed }
}

describe('datagrams over a line to a node', () => {
  test('each session hears its own answers; DL1: the node may end one, and one that was closed here hears no more', async () => {
    const { sent, stdout, open } = scene()
    const [one, two] = [open(53), open(54)]
    one.send(bytes('a'))
    two.send(bytes('b'))
    stdout.write(renderFrame({ session: 2, port: 54, payload: bytes('for two') }))
    stdout.write(renderFrame({ session: 1, port: 53, payload: bytes('for one') }))
    stdout.write(renderEnd(1, 'no route'))
    stdout.write(renderFrame({ session: 1, port: 53, payload: bytes('late') }))
    await expect.poll(() => one.told).toEqual(['for one', 'end: no route'])
    two.close()
    two.close()
    stdout.write(renderEnd(2))
    await new Promise(resolve => { setImmediate(resolve) })
    expect(two.told).toEqual(['for two'])
    expect(sent).toEqual(['1 to 53: a', '2 to 54: b', '2 to 0: '])
  })

  test('DL1: with the line all sessions end, and later ones at once', async () => {
    const { line, stdout, open, isClosed } = scene()
    const session = open(53)
    stdout.end()
    await line.closed
    expect(session.told).toEqual(['end: the node\'s relay ended'])
    expect(open(53).told).toEqual(['end: the node\'s relay ended'])
    expect(isClosed()).toBe(true)
  })

  test('DL2: what a full stream does not take is dropped and counted', async () => {
    const { line, sent, state, open, goOn } = scene()
    const session = open(53)
    state.takesMore = false
    for (const text of ['a quarter of a hundred bytes', 'dropped', 'dropped']) session.send(bytes(text))
    expect(line.dropped).toBe(2)
    state.takesMore = true
    goOn()
    await new Promise(resolve => { setImmediate(resolve) })
    session.send(bytes('again'))
    expect(sent).toEqual(['1 to 53: a quarter of a hundred bytes', '1 to 53: again'])
  })

  test('DL3: a line without sessions is closed after a minute', async () => {
    const { clock, open, isClosed } = scene()
    await clock.advance(59_000)
    const session = open(53)
    await clock.advance(600_000)
    expect(isClosed()).toBe(false)
    session.close()
    await clock.advance(59_000)
    expect(isClosed()).toBe(false)
    await clock.advance(1_000)
    expect(isClosed()).toBe(true)
  })
})
