import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../../../agents/base/log.ts'
import { seededRandom } from '../../../agents/base/random.ts'
import { systemClock } from '../../../agents/runtime/system.ts'
import { isAlive, identityOf } from '../files/process-identity.ts'
import type { ComponentManifest } from './component-manifest.ts'
import { Supervisor } from './supervisor.ts'

const program = `
const http = require('node:http')
const [portFlag, mode] = process.argv.slice(2)
const port = Number(portFlag.split('=')[1])
if (mode === '--mode=fails') { console.error(JSON.stringify({ level: 'error', msg: 'disk was full', error: 'ENOSPC' })); process.exit(3) }
console.error('hello')
http.createServer((_, response) => response.end('ok')).listen(port, '127.0.0.1')
process.on('SIGTERM', () => mode === '--mode=deaf' ? 0 : process.exit(0))
`

let dir: string
let supervisors: Supervisor[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kubarium-sv-'))
  supervisors = []
  writeFileSync(join(dir, 'program.cjs'), program)
})
afterEach(async () => {
  for (const supervisor of supervisors) await supervisor.stop([])
  rmSync(dir, { recursive: true, force: true })
})

function supervisor(logBytes = 1e6): Supervisor {
  const made = new Supervisor({ recordsFile: join(dir, 'components.json'), clock: systemClock, random: seededRandom(1), log: silentLog, stopGraceMs: 300, logBytes, changed: () => {} })
  supervisors.push(made)
  return made
}

async function manifest(mode = 'good'): Promise<ComponentManifest> {
  const port = await freePort()
  return {
    name: 'thing', program: [process.execPath, join(dir, 'program.cjs')], flags: { port, mode }, environment: {},
    health: { url: `http://127.0.0.1:${port}/healthz` }, address: `127.0.0.1:${port}`, logFile: join(dir, 'thing.log'), inspectionUrl: null,
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => { resolve(port) })
    })
  })
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 300 && !condition(); turn++) await new Promise(resolve => setTimeout(resolve, 20))
  expect(condition()).toBe(true)
}

test('SV1 a process left by an earlier lab host is adopted, not started again', async () => {
  const made = await manifest()
  const first = supervisor()
  const before = first.start(made)
  await before.ready(5_000)
  const pid = before.state.pid
  await first[Symbol.asyncDispose]()

  const second = supervisor()
  expect(second.leftRunning).toEqual(['thing'])
  const after = second.start(made)
  await after.ready(5_000)
  expect(after.state).toMatchObject({ pid, restarts: 0, phase: 'ready' })
  after.kill()
  await until(() => after.state.phase === 'ready' && after.state.restarts === 1)
  expect(after.state.pid).not.toBe(pid)
})

test('SV2 a killed process comes back and its restarts are counted', async () => {
  const component = supervisor().start(await manifest())
  await component.ready(5_000)
  component.kill()
  await until(() => component.state.restarts === 1 && component.state.phase === 'ready')
  expect(component.state.lastError).toBeNull()
})

test('SV2 what a process said last is shown while it cannot start', async () => {
  const component = supervisor().start(await manifest('fails'))
  await expect(component.ready(900)).rejects.toThrow(/thing was not ready.*ended with status 3; it said last: disk was full: ENOSPC.*thing\.log/)
  expect(component.state.restarts).toBeGreaterThan(1)
})

test('waiting for a process that ends again and again is given up before the time is over', async () => {
  const component = supervisor().start(await manifest('fails'))
  await expect(component.ready(60_000)).rejects.toThrow(/thing ended 6 times while it was starting: .*disk was full/)
})

test('SV3 a process deaf to SIGTERM is killed after the grace period, a paused one too', async () => {
  const component = supervisor().start(await manifest('deaf'))
  await component.ready(5_000)
  const identity = identityOf(component.state.pid!)!
  component.pause()
  expect(component.state.phase).toBe('paused')
  await component.stop()
  expect(isAlive(identity)).toBe(false)
  expect(component.state).toMatchObject({ phase: 'stopped', pid: null })
})

test('a paused process is ready again once resumed', async () => {
  const component = supervisor().start(await manifest())
  await component.ready(5_000)
  component.pause()
  component.resume()
  await component.ready(5_000)
  expect(component.state.restarts).toBe(0)
})

test('SV6 a changed command replaces the process', async () => {
  const made = await manifest()
  const running = supervisor()
  const component = running.start(made)
  await component.ready(5_000)
  const pid = component.state.pid
  running.start({ ...made, flags: { ...made.flags, mode: 'other' } })
  await until(() => component.state.pid !== null && component.state.pid !== pid && component.state.phase === 'ready')
})

test('logs are private, kept in a file and rotated in place', async () => {
  const component = supervisor(1).start(await manifest())
  await component.ready(5_000)
  expect(readFileSync(join(dir, 'thing.log'), 'utf8')).toBe('hello\n')
  expect(statSync(join(dir, 'thing.log')).mode & 0o777).toBe(0o600)
  component.sample()
  expect(readFileSync(join(dir, 'thing.log.1'), 'utf8')).toBe('hello\n')
  expect(readFileSync(join(dir, 'thing.log'), 'utf8')).toBe('')
  expect(component.state.memoryBytes).toBeGreaterThan(1e6)
})
