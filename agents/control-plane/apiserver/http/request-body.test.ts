import { PassThrough } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { largeBodyBytes, readBody } from './request-body.ts'

const limitBytes = 4 * largeBodyBytes

/** Room is given when the test says so. */
function subject(lengthBytes?: number) {
  const wire = new PassThrough()
  const asked: number[] = []
  let give = (): void => {}
  let refuse = (_error: Error): void => {}
  const outcome = readBody(wire as unknown as IncomingMessage, {
    limitBytes, lengthBytes,
    takeRoom: sizeBytes => {
      asked.push(sizeBytes)
      return new Promise<void>((resolve, reject) => { give = resolve; refuse = reject })
    },
  }).then(body => ({ length: body.length, text: body.toString().slice(0, 4) }), (error: unknown) => (error as Error).message)
  return { wire, asked, outcome, give: () => { give() }, refuse: (error: Error) => { refuse(error) } }
}

const piece = (size: number, letter = 'x') => Buffer.alloc(size, letter)
const tooLarge = `Request entity too large: limit is ${limitBytes}`

describe('reading a body', () => {
  it('puts pieces together', async () => {
    const { wire, outcome, asked } = subject()
    wire.write('ab')
    await turn()
    wire.end('cd')
    expect([await outcome, asked]).toEqual([{ length: 4, text: 'abcd' }, []])
  })

  it('RB1 refuses what says that it is too long, unread', async () => {
    const { wire, outcome } = subject(limitBytes + 1)
    expect([await outcome, wire.listenerCount('data')]).toEqual([tooLarge, 0])
  })

  it('RB1 refuses what comes to too much, and drops the rest', async () => {
    const { wire, outcome, give } = subject()
    for (let count = 0; count < 5; count += 1) {
      wire.write(piece(largeBodyBytes))
      await turn()
      give()
      await turn()
    }
    expect(await outcome).toBe(tooLarge)
    wire.end(piece(largeBodyBytes))
    await turn()
    expect(wire.readableEnded).toBe(true)
  })

  it('RB2 reads nothing of a large one before there is room', async () => {
    const { wire, outcome, asked, give } = subject(2 * largeBodyBytes)
    wire.write(piece(largeBodyBytes, 'a'))
    await turn()
    expect([asked, wire.listenerCount('data')]).toEqual([[2 * largeBodyBytes], 0])
    give()
    await turn()
    wire.end(piece(largeBodyBytes, 'b'))
    expect(await outcome).toEqual({ length: 2 * largeBodyBytes, text: 'aaaa' })
  })

  it('RB2 stops reading one that turns out to be large, until there is room for the largest', async () => {
    const { wire, outcome, asked, give } = subject()
    wire.write(piece(largeBodyBytes))
    await turn()
    expect(asked).toEqual([])
    wire.write('y')
    await turn()
    expect([asked, wire.isPaused()]).toEqual([[limitBytes], true])
    give()
    wire.end()
    expect(await outcome).toEqual({ length: largeBodyBytes + 1, text: 'xxxx' })
  })

  it('RB2 fails as the room fails', async () => {
    const { wire, outcome, refuse } = subject()
    wire.write(piece(largeBodyBytes + 1))
    await turn()
    refuse(new Error('no room'))
    wire.end()
    expect(await outcome).toBe('no room')
  })

  it('fails when the client goes, be it while room is waited for', async () => {
    const early = subject()
    early.wire.write('ab')
    early.wire.destroy()
    expect(await early.outcome).toBe('the request ended before its body did')
    const waiting = subject(2 * largeBodyBytes)
    waiting.wire.destroy()
    await turn()
    waiting.give()
    expect(await waiting.outcome).toBe('the request ended before its body did')
  })
})
