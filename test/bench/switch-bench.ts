/** What the switch of a lab carries, and what it adds to a frame's way. Its processor time is that of its thread alone. */
import { parseArgs } from 'node:util'
import { silentLog } from '../../agents/base/log.ts'
import { systemClock } from '../../agents/runtime/system.ts'
import { SwitchThread } from '../../electron/labhost/network/switch/switch-thread.ts'
import { median } from './figures.ts'
import type { Belongings } from './belongings.ts'
import { type LoadMachine, type Throughput, framed, macs, measureDelays, measureDirectDelays, measureThroughput, withMachines } from './switch-load.ts'

const frameSizes = [64, 1_514, 9_000] as const
const targets: Readonly<Record<number, string>> = { 64: 'target 300,000 frames/s', 1_514: 'target 4 Gbit/s' }

interface Measured extends Throughput {
  /** Of the switch's thread, a frame. */
  readonly cpuMicros: number
}

export async function benchSwitch(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { rounds: { type: 'string', default: '3' }, ms: { type: 'string', default: '1000' } } })
  const [rounds, durationMs] = [Number(values.rounds), Number(values.ms)]
  await withMachines(belongings, async (one, two) => {
    const lan = new SwitchThread(systemClock, silentLog)
    try {
      await plugIn(lan, one, two)
      process.stdout.write(`switch, median of ${rounds} rounds\n`)
      for (const bytes of frameSizes) {
        const plain = await rounded(rounds, () => measured(lan, one, two, bytes, durationMs))
        const { result: captured, share } = await withCapture(lan, () => rounded(rounds, () => measured(lan, one, two, bytes, durationMs)))
        process.stdout.write(`  ${String(bytes).padStart(5)} bytes            ${text(plain)}  ${targets[bytes] ?? ''}\n`)
        process.stdout.write(`  ${String(bytes).padStart(5)} bytes, captured  ${text(captured)}  ${(100 * (1 - captured.framesPerSecond / plain.framesPerSecond)).toFixed(0)} % less (target 30 %), ${(share * 100).toFixed(0)} % of the frames kept\n`)
      }
      const through = await measureDelays(await one.socket, await two.socket, 64, 3_000)
      const direct = await measureDirectDelays(belongings, 64, 3_000)
      const at = (times: readonly number[], part: number) => times[Math.floor(times.length * part)]!
      process.stdout.write(`  one frame's way      p50 ${at(through, 0.5).toFixed(0)} µs, p99 ${at(through, 0.99).toFixed(0)} µs; a socket alone ${at(direct, 0.5).toFixed(0)} and ${at(direct, 0.99).toFixed(0)} µs  target: 300 µs added at p99\n\n`)
    } finally {
      lan.close()
    }
  })
}

async function plugIn(lan: SwitchThread, one: LoadMachine, two: LoadMachine): Promise<void> {
  lan.attach('one', one.path)
  lan.attach('two', two.path)
  const [first, second] = await Promise.all([one.socket, two.socket])
  first.resume()
  second.write(framed('ffffffffffff', macs.two, 64)) // the switch learns where it is
  while ((await lan.state()).ports.some(port => !port.connected || (port.name === 'two' && port.macs.length === 0))) await new Promise(resolve => { setTimeout(resolve, 10) })
}

async function measured(lan: SwitchThread, one: LoadMachine, two: LoadMachine, bytes: number, durationMs: number): Promise<Measured> {
  const before = { cpu: await lan.cpuMicros(), frames: await sentFrames(lan) }
  const throughput = await measureThroughput(one, two, bytes, durationMs)
  return { ...throughput, cpuMicros: (await lan.cpuMicros() - before.cpu) / (await sentFrames(lan) - before.frames) }
}

async function sentFrames(lan: SwitchThread): Promise<number> {
  return (await lan.state()).ports.find(port => port.name === 'one')!.sent.frames
}

async function rounded(rounds: number, measure: () => Promise<Measured>): Promise<Measured> {
  const all: Measured[] = []
  for (let round = 0; round < rounds; round++) all.push(await measure())
  const of = (key: keyof Measured) => median(all.map(one => one[key]))
  return { framesPerSecond: of('framesPerSecond'), gigabitsPerSecond: of('gigabitsPerSecond'), cpuMicros: of('cpuMicros') }
}

/** Everything is captured whole; the reader takes the pieces and lets them go. */
async function withCapture<T>(lan: SwitchThread, run: () => Promise<T>): Promise<{ readonly result: T; readonly share: number }> {
  const ending = new AbortController()
  const before = await sentFrames(lan)
  let dropped = 0
  const reading = (async () => {
    for await (const piece of lan.capture({ target: { type: 'lan' }, filter: '', snapBytes: 65_535 }, ending.signal)) dropped = piece.dropped
  })()
  const result = await run()
  const passed = await sentFrames(lan) - before
  ending.abort()
  await reading
  return { result, share: 1 - dropped / passed }
}

function text({ framesPerSecond, gigabitsPerSecond, cpuMicros }: Measured): string {
  return `${Math.round(framesPerSecond).toLocaleString('en').padStart(9)} frames/s  ${gigabitsPerSecond.toFixed(2).padStart(5)} Gbit/s  ${cpuMicros.toFixed(2)} µs of CPU a frame`
}
