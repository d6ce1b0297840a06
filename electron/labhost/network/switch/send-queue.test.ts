import { expect, test } from 'vitest'
import { framed } from './frame-stream.ts'
import { type FrameSink, SendQueue } from './send-queue.ts'

class FakeSink implements FrameSink {
  writableLength = 0
  readonly writes: Buffer[] = []

  corks = 0

  write(bytes: Buffer): void {
    this.writes.push(bytes)
  }

  cork(): void {
    this.corks++
  }

  uncork(): void {}
}

function push(queue: SendQueue, frame: Buffer): boolean {
  const bytes = framed(frame)
  return queue.push(bytes, 4, bytes.length)
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('SQ1 the frames of one turn leave in one write', async () => {
  const sink = new FakeSink()
  const queue = new SendQueue()
  queue.connect(sink)
  push(queue, Buffer.from('one'))
  push(queue, Buffer.from('three'))
  await turn()
  expect(sink.writes.map(String)).toEqual(['\0\0\0\x03one\0\0\0\x05three'])
})

test('SQ2 beyond the bound frames are dropped, counting what the socket still holds', async () => {
  const sink = new FakeSink()
  const queue = new SendQueue(100)
  queue.connect(sink)
  sink.writableLength = 60
  expect([30, 30].map(length => push(queue, Buffer.alloc(length)))).toEqual([true, false])
  await turn()
  sink.writableLength = 0
  expect(push(queue, Buffer.alloc(30))).toBe(true)
})

test('nothing is kept for a port that is not plugged in', async () => {
  const queue = new SendQueue()
  expect(push(queue, Buffer.alloc(10))).toBe(false)
  const sink = new FakeSink()
  queue.connect(sink)
  await turn()
  expect(sink.writes).toEqual([])
})

test('SQ3 frames that lay side by side are one piece of what was received; small pieces are joined, large ones are not copied', async () => {
  const sink = new FakeSink()
  const queue = new SendQueue()
  queue.connect(sink)
  const chunk = Buffer.concat([framed(Buffer.alloc(3_000, 1)), framed(Buffer.alloc(3_000, 2)), framed(Buffer.from('other'))])
  queue.push(chunk, 4, 3_004)
  queue.push(chunk, 3_008, 6_008)
  push(queue, Buffer.from('a'))
  push(queue, Buffer.from('b'))
  await turn()
  expect(sink.writes.map(bytes => bytes.length)).toEqual([6_008, 10])
  expect(sink.writes[0]!.buffer).toBe(chunk.buffer)
  expect(sink.corks).toBe(1)
})
