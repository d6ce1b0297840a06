import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Clock } from '../../../agents/base/clock.ts'
import { silentLog } from '../../../agents/base/log.ts'
import { seededRandom } from '../../../agents/base/random.ts'
import { frameHeader, FrameReader } from './frame-stream.ts'
import type { FramePath } from './forwarding.ts'
import type { SwitchPort } from './switch-port.ts'
import { VirtualSwitch } from './virtual-switch.ts'

const clock: Clock = {
  now: () => 0,
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return { [Symbol.dispose]: () => { clearTimeout(timer) } }
  },
}

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Stands where QEMU stands: listens, and speaks frames to whoever dials. */
class FakeMachine {
  readonly path: string
  readonly frames: Buffer[] = []
  #socket: Socket | undefined
  #server: Server | undefined
  #wake = () => {}

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.sock`)
  }

  listen(): Promise<void> {
    this.#server = createServer(socket => {
      this.#socket = socket
      const reader = new FrameReader()
      socket.on('data', chunk => {
        reader.push(chunk, frame => this.frames.push(Buffer.from(frame)))
        this.#wake()
      })
      socket.on('error', () => {})
      this.#wake()
    })
    return new Promise(resolve => this.#server!.listen(this.path, () => { resolve() }))
  }

  send(hex: string): void {
    const frame = Buffer.from(hex, 'hex')
    this.#socket!.write(Buffer.concat([frameHeader(frame.length), frame]))
  }

  sendRaw(hex: string): void {
    this.#socket!.write(Buffer.from(hex, 'hex'))
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 3_000
    while (!holds()) {
      if (performance.now() > deadline) throw new Error('it did not come to pass')
      await new Promise<void>(resolve => {
        this.#wake = resolve
        setTimeout(resolve, 10)
      })
    }
  }

  get plugged(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed
  }

  async stop(): Promise<void> {
    this.#socket?.destroy()
    this.#socket = undefined
    await new Promise<void>(resolve => this.#server!.close(() => { resolve() }))
  }
}

async function twoMachines(options: { path?: FramePath<SwitchPort> } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-switch-'))
  cleanups.push(() => { rmSync(folder, { recursive: true }) })
  const one = new FakeMachine(folder, 'one')
  const two = new FakeMachine(folder, 'two')
  const lan = new VirtualSwitch({ clock, random: seededRandom(1), log: silentLog, ...options })
  await one.listen()
  await two.listen()
  cleanups.push(() => one.stop(), () => two.stop(), () => { lan.close() })
  lan.attach('one', one.path)
  lan.attach('two', two.path)
  await one.until(() => one.plugged && two.plugged && lan.statistics().ports.every(port => port.connected))
  return { lan, one, two }
}

const vxlanFrame = '525400300002525400300001080045000032000000004011000' + '0ac1e000bac1e000cc0012118001e00000800000000000100' + '00'.repeat(14)

test('frames cross, are counted on both ports, and VXLAN is told apart', async () => {
  const { lan, one, two } = await twoMachines()
  one.send('ffffffffffff5254003000010806')
  two.send('5254003000015254003000020806')
  one.send(vxlanFrame)
  await two.until(() => two.frames.length === 2 && one.frames.length === 1)
  expect(two.frames[1]!.toString('hex')).toBe(vxlanFrame)
  const [first, second] = lan.statistics().ports
  expect(first).toMatchObject({ name: 'one', in: { frames: 2, encapsulated: { vxlan: 1 } }, out: { frames: 1 }, dropped: 0, macs: ['52:54:00:30:00:01'] })
  expect(second).toMatchObject({ name: 'two', in: { frames: 1 }, out: { frames: 2, encapsulated: { vxlan: 1 } }, macs: ['52:54:00:30:00:02'] })
})

test('VS1 a machine that comes back is dialled again; its counts go on, its MACs were forgotten', async () => {
  const { lan, one, two } = await twoMachines()
  two.send('5254003000015254003000020806')
  await one.until(() => one.frames.length === 1)
  await two.stop()
  await one.until(() => !lan.statistics().ports[1]!.connected)
  expect(lan.statistics().ports[1]!.macs).toEqual([])
  one.send('5254003000025254003000010806')
  await one.until(() => lan.statistics().ports[1]!.dropped === 1)
  await two.listen()
  await two.until(() => lan.statistics().ports[1]!.connected)
  one.send('5254003000025254003000010806')
  await two.until(() => two.frames.length === 1)
  expect(lan.statistics().ports[1]).toMatchObject({ connects: 2, in: { frames: 1 }, out: { frames: 1 } })
})

test('VS2 observers see each frame once; VS3 the path may keep it', async () => {
  const seen: string[] = []
  const { lan, one, two } = await twoMachines({ path: (from, to, frame, deliver) => { if (from.name !== 'one') deliver(to, frame) } })
  lan.onFrame((port, frame) => seen.push(`${port} ${frame.length}`))
  one.send('ffffffffffff5254003000010806')
  two.send('ffffffffffff5254003000020806')
  await one.until(() => one.frames.length === 1)
  expect(two.frames).toEqual([])
  expect(seen).toEqual(['one 14', 'two 14'])
})

test('FS2 a stream that lost its framing is dropped and dialled anew', async () => {
  const { lan, one } = await twoMachines()
  one.sendRaw('ffffffff')
  await one.until(() => lan.statistics().ports[0]!.connects === 2)
})
