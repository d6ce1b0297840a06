import { expect, test } from 'vitest'
import { type FrameSink, SendQueue } from './send-queue.ts'

class FakeSink implements FrameSink {
  writableLength = 0
  readonly writes: Buffer[] = []

  write(bytes: Buffer): void {
    this.writes.push(bytes)
  }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('SQ1 the frames of one turn leave in one write', async () => {
  const sink = new FakeSink()
  const queue = new SendQueue()
  queue.connect(sink)
  queue.push(Buffer.from('one'))
  queue.push(Buffer.from('three'))
  await turn()
  expect(sink.writes.map(String)).toEqual(['\0\0\0\x03one\0\0\0\x05three'])
})

test('SQ2 beyond the bound frames are dropped, counting what the socket still holds', async () => {
  const sink = new FakeSink()
  const queue = new SendQueue(100)
  queue.connect(sink)
  sink.writableLength = 60
  expect([30, 30].map(length => queue.push(Buffer.alloc(length)))).toEqual([true, false])
  await turn()
  sink.writableLength = 0
  expect(queue.push(Buffer.alloc(30))).toBe(true)
})

test('nothing is kept for a port that is not plugged in', async () => {
  const queue = new SendQueue()
  expect(queue.push(Buffer.alloc(10))).toBe(false)
  const sink = new FakeSink()
  queue.connect(sink)
  await turn()
  expect(sink.writes).toEqual([])
})
