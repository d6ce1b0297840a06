/**
 * Two machines as a switch knows them, for measuring it: unix sockets that speak frames. One sends as fast as the other
 * has received, within a window, as TCP would.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Belongings } from './belongings.ts'

const headerBytes = 4
const windowBytes = 1024 * 1024
const batchBytes = 128 * 1024

export class LoadMachine {
  readonly path: string
  readonly #server: Server
  #socket = Promise.withResolvers<Socket>()

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.sock`)
    this.#server = createServer(socket => {
      socket.on('error', () => {})
      this.#socket.resolve(socket)
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(this.path, resolve))
  }

  get socket(): Promise<Socket> {
    return this.#socket.promise
  }

  async close(): Promise<void> {
    ;(await this.#socket.promise).destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

export async function withMachines<T>(belongings: Belongings, run: (one: LoadMachine, two: LoadMachine) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-switch-'))
  const [one, two] = [new LoadMachine(folder, 'one'), new LoadMachine(folder, 'two')]
  await using _machines = await belongings.own(Promise.resolve({
    async [Symbol.asyncDispose]() {
      await Promise.all([one.close(), two.close()])
      rmSync(folder, { recursive: true })
    },
  }))
  await Promise.all([one.listen(), two.listen()])
  return await run(one, two)
}

export const macs = { one: '525400300001', two: '525400300002' } as const

/** A UDP packet of that many bytes in all, header of the stream before it. */
export function framed(to: string, from: string, bytes: number): Buffer {
  const ip = `45000000000000004011${'0000'}ac1e000bac1e000c`
  const frame = Buffer.alloc(headerBytes + bytes)
  frame.writeUInt32BE(bytes, 0)
  Buffer.from(`${to}${from}0800${ip}c0011f9000000000`, 'hex').copy(frame, headerBytes)
  frame.writeUInt16BE(bytes - 14, headerBytes + 16)
  return frame
}

export interface Throughput {
  readonly framesPerSecond: number
  readonly gigabitsPerSecond: number
}

/** How many frames of that size get from one to the other. */
export async function measureThroughput(one: LoadMachine, two: LoadMachine, frameBytes: number, durationMs: number): Promise<Throughput> {
  const [sender, receiver] = [await one.socket, await two.socket]
  const frame = framed(macs.two, macs.one, frameBytes)
  const batch = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(batchBytes / frame.length)) }, () => frame))
  let sent = 0
  let received = 0
  let isOver = false
  const more = (): void => {
    while (!isOver && sent - received + batch.length <= windowBytes) {
      sent += batch.length
      sender.write(batch)
    }
  }
  const onData = (chunk: Buffer): void => {
    received += chunk.length
    more()
  }
  receiver.on('data', onData)
  more()
  await pause(200) // warm
  const [from, startedAt] = [received, performance.now()]
  await pause(durationMs)
  const seconds = (performance.now() - startedAt) / 1_000
  const frames = (received - from) / frame.length
  isOver = true
  for (let waited = 0; received < sent && waited < 2_000; waited += 10) await pause(10)
  receiver.off('data', onData)
  if (received < sent) throw new Error(`${sent - received} of ${sent} bytes were lost on the way`)
  return { framesPerSecond: frames / seconds, gigabitsPerSecond: (frames * frameBytes * 8) / seconds / 1e9 }
}

/** Microseconds from one to the other, one frame at a time, sorted. */
export async function measureDelays(sender: Socket, receiver: Socket, frameBytes: number, count: number): Promise<readonly number[]> {
  const frame = framed(macs.two, macs.one, frameBytes)
  const times: number[] = []
  receiver.removeAllListeners('data')
  for (let index = 0; index < count + 50; index++) {
    let left = frame.length
    const arrived = new Promise<void>(resolve => {
      const onData = (chunk: Buffer): void => {
        left -= chunk.length
        if (left > 0) return
        receiver.off('data', onData)
        resolve()
      }
      receiver.on('data', onData)
    })
    const sentAt = performance.now()
    sender.write(frame)
    await arrived
    if (index >= 50) times.push((performance.now() - sentAt) * 1_000)
  }
  return times.sort((a, b) => a - b)
}

/** The same without a switch: what a socket costs. */
export async function measureDirectDelays(belongings: Belongings, frameBytes: number, count: number): Promise<readonly number[]> {
  return withMachines(belongings, async (one, two) => {
    const sender = connect(one.path)
    connect(two.path).on('data', () => {})
    await two.socket
    return measureDelays(sender, await one.socket, frameBytes, count)
  })
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}
