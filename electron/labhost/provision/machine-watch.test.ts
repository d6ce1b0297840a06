import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { watchMachine } from './machine-watch.ts'
import type { RemoteProcess } from './remote-process.ts'
import type { ServiceLink } from './service-manager.ts'

/** A machine whose report program says what the test makes it say. */
function machine() {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const seen: { argv: readonly string[]; signals: string[] } = { argv: [], signals: [] }
  const remote = { stdout, stderr, kill: (signal: string) => { seen.signals.push(signal); stdout.end() } } as unknown as RemoteProcess
  const link: ServiceLink = { name: 'node-1', exec: () => Promise.reject(new Error('nothing is run')), run: () => Promise.reject(new Error('nothing is run')), open: argv => { seen.argv = argv; return Promise.resolve(remote) } }
  return { link, stdout, stderr, seen }
}

const block = (uptime: number) => `== /proc/uptime\n${uptime} 1.00\n== /proc/stat\ncpu  1 0 1 1 0 0 0 0 0 0\nbtime 1000\n== cpus\n1\n.\n`

test('one program stays on the machine, and each of its blocks is a report', async () => {
  const { link, stdout, seen } = machine()
  const reports = watchMachine(link, 3, new AbortController().signal)
  const first = reports.next()
  stdout.write(block(10).slice(0, 20))
  stdout.write(block(10).slice(20))
  expect((await first).value).toMatchObject({ at: 1_010_000, cpus: 1 })
  stdout.write(block(13) + block(16))
  expect([(await reports.next()).value?.at, (await reports.next()).value?.at]).toEqual([1_013_000, 1_016_000])
  expect([seen.argv.slice(0, 3), seen.argv.slice(-2), seen.signals]).toEqual([['/bin/busybox', 'sh', '-c'], ['sh', '3'], []])
})

test('MW1 the program ends with whoever looked, also in the middle of a block', async () => {
  const { link, stdout, seen } = machine()
  const ending = new AbortController()
  const reports = watchMachine(link, 3, ending.signal)
  const next = reports.next()
  await new Promise(setImmediate)
  stdout.write('== /proc/uptime\n')
  ending.abort(new Error('left'))
  await expect(next).rejects.toThrow('left')
  expect(seen.signals[0]).toBe('KILL')
  expect((await reports.next()).done).toBe(true)
})

test('MW1 a reader that goes away ends it too', async () => {
  const { link, stdout, seen } = machine()
  stdout.write(block(10))
  for await (const _ of watchMachine(link, 3, new AbortController().signal)) break
  expect(seen.signals).toEqual(['KILL'])
})

test('MW1 when the line is lost it says so, and half a block is no report', async () => {
  const { link, stdout } = machine()
  stdout.write(block(10))
  stdout.end('== /proc/uptime\n99')
  const reports = watchMachine(link, 3, new AbortController().signal)
  await reports.next()
  await expect(reports.next()).rejects.toThrow('the machine stopped reporting')
})

test('nobody is asked for one who has left already, and what the program complains of stops nothing', async () => {
  const { link, stderr, seen, stdout } = machine()
  await expect(watchMachine(link, 3, AbortSignal.abort(new Error('left'))).next()).rejects.toThrow('left')
  expect(seen.argv).toEqual([])
  const reports = watchMachine(link, 3, new AbortController().signal)
  const next = reports.next()
  await new Promise(setImmediate)
  for (let turn = 0; turn < 100; turn++) if (!stderr.write('x'.repeat(1_000))) await once(stderr, 'drain')
  stdout.write(block(10))
  expect((await next).done).toBe(false)
})
