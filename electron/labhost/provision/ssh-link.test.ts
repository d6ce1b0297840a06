import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Clock } from '../../../agents/base/clock.ts'
import { silentLog } from '../../../agents/base/log.ts'
import { seededRandom } from '../../../agents/base/random.ts'
import { FakeSshd } from './fake-sshd.ts'
import { generateSshKeyPair } from './ssh-keys.ts'
import { connectTcp, SshLink, type SshLinkOptions } from './ssh-link.ts'

const clock: Clock = {
  now: () => 0,
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return { [Symbol.dispose]: () => { clearTimeout(timer) } }
  },
}

let sshd: FakeSshd
const cleanups: (() => unknown)[] = []
beforeEach(() => {
  sshd = new FakeSshd()
  cleanups.push(() => { sshd.close() })
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function newLink(options: Partial<SshLinkOptions> = {}): SshLink {
  const link = new SshLink({
    name: 'node-1',
    privateKey: sshd.clientKey.privateKey,
    hostKey: sshd.hostKey.publicKey,
    connect: () => sshd.connect(),
    clock,
    random: seededRandom(1),
    log: silentLog,
    ...options,
  })
  cleanups.push(() => link.close())
  return link
}

async function upLink(options: Partial<SshLinkOptions> = {}): Promise<SshLink> {
  const link = newLink(options)
  link.start()
  await link.ready({ timeoutMs: 5_000 })
  return link
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it did not come to pass')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Answers everything it was sent in capitals, once the client has ended. */
async function shouter(where: { port: number } | { path: string }): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, socket => {
    void text(socket).then(said => socket.end(said.toUpperCase()), () => {})
  })
  await new Promise<void>(resolve => server.listen({ ...where, host: '127.0.0.1' }, () => { resolve() }))
  cleanups.push(() => server.close())
  return 'path' in where ? 0 : (server.address() as AddressInfo).port
}

test('a program gets its arguments as given, its input, and answers with both streams and its code', async () => {
  const link = await upLink()
  const argument = `it's "$HOME" \`date\` \\ * \n;&|`
  expect(await link.exec(['sh', '-c', 'printf %s "$1"; cat; echo oops >&2; exit 3', 'sh', argument], { stdin: '+input' }))
    .toEqual({ code: 3, signal: null, stdout: `${argument}+input`, stderr: 'oops\n' })
})

test('run gives the output, or an error that says what the program said', async () => {
  const link = await upLink()
  expect(await link.run(['echo', 'hello'])).toBe('hello\n')
  await expect(link.run(['sh', '-c', 'echo no such thing >&2; exit 4'])).rejects.toMatchObject({ reason: 'CommandFailed', message: expect.stringContaining('no such thing') as string })
})

test('CO2 a program that takes too long is ended', async () => {
  const link = await upLink()
  await expect(link.exec(['sleep', '30'], { timeoutMs: 50 })).rejects.toMatchObject({ reason: 'CommandTimedOut' })
})

test('CO1 output beyond the bound is cut and marked', async () => {
  const link = await upLink()
  const { stdout } = await link.exec(['sh', '-c', 'yes | head -c 100000'], { maxOutputBytes: 10 })
  expect(stdout).toBe('y\ny\ny\ny\ny\n\n[the rest was left out]')
})

test('large input and output pass whole', async () => {
  const link = await upLink()
  const bytes = 5 * 1024 * 1024
  const { stdout } = await link.exec(['wc', '-c'], { stdin: Readable.from((function* () { for (let sent = 0; sent < bytes; sent += 65_536) yield Buffer.alloc(65_536) })()) })
  expect(stdout.trim()).toBe(String(bytes))
  expect((await link.exec(['head', '-c', String(bytes), '/dev/zero'])).stdout.length).toBe(bytes)
})

test('SL3 another host key is never accepted, and the reason is told', async () => {
  const link = newLink({ hostKey: generateSshKeyPair('other').publicKey })
  link.start()
  await expect(link.ready({ timeoutMs: 400 })).rejects.toMatchObject({ reason: 'LinkDown', message: expect.stringContaining('not the one made for it') as string })
  expect(link.state.connects).toBe(0)
  link.pinHostKey(sshd.hostKey.publicKey)
  await link.ready({ timeoutMs: 5_000 })
})

test('a key that is not accepted is told', async () => {
  const link = newLink({ privateKey: generateSshKeyPair('stranger').privateKey })
  link.start()
  await expect(link.ready({ timeoutMs: 400 })).rejects.toThrow(/did not accept the lab's key/)
})

test('SL2 what is asked while the link is down is refused at once, with the reason', async () => {
  const link = newLink({ connect: () => Promise.reject(new Error('the machine is powered off')) })
  await expect(link.exec(['true'])).rejects.toThrow(/idle: it has not been started/)
  link.start()
  await until(() => link.state.phase === 'down')
  await expect(link.dial('10.0.0.1', 80)).rejects.toMatchObject({ reason: 'LinkDown', message: expect.stringContaining('the machine is powered off') as string })
})

test('SL1 after a loss the link comes back by itself, and says both', async () => {
  const link = await upLink()
  const phases: string[] = []
  link.onState(state => phases.push(state.phase))
  sshd.cut()
  await until(() => link.state.connects === 2)
  expect(phases).toEqual(['down', 'connecting', 'up'])
  expect(await link.run(['echo', 'again'])).toBe('again\n')
})

test('what was under way when the line was lost fails as such', async () => {
  const link = await upLink()
  const port = await shouter({ port: 0 })
  const stream = await link.dial('127.0.0.1', port)
  const read = text(stream)
  const running = link.exec(['sleep', '30'])
  await new Promise(resolve => setTimeout(resolve, 30))
  sshd.cut()
  await expect(running).rejects.toMatchObject({ reason: 'LinkDown' })
  await expect(read).rejects.toThrow(/was lost/) // CS2
})

test('SL5 a machine that stops answering is noticed by keepalives', async () => {
  const link = await upLink({ keepaliveMs: 30, keepaliveCount: 2 })
  sshd.freeze()
  await until(() => link.state.phase !== 'up')
  await until(() => link.state.phase === 'up')
  expect(link.state.connects).toBe(2)
})

test('CS1 dialling out of the machine: each end ends only its direction', async () => {
  const link = await upLink()
  const stream = await link.dial('127.0.0.1', await shouter({ port: 0 }))
  stream.end('quiet')
  expect(await text(stream)).toBe('QUIET')
})

test('a unix socket of the machine can be dialled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-link-'))
  cleanups.push(() => { rmSync(folder, { recursive: true }) })
  await shouter({ path: join(folder, 's') })
  const stream = await (await upLink()).dialUnix(join(folder, 's'))
  stream.end('x')
  expect(await text(stream)).toBe('X')
})

test('a refused connection says where it was to go', async () => {
  await expect((await upLink()).dial('127.0.0.1', 1)).rejects.toMatchObject({ reason: 'DialFailed', message: expect.stringContaining('127.0.0.1:1') as string })
})

test('SL4 a publication leads home, survives refusals and comes back after a loss', async () => {
  const api = createServer({ allowHalfOpen: true }, socket => { socket.once('data', chunk => { socket.end(String(chunk).toUpperCase()) }) })
  await new Promise<void>(resolve => api.listen(0, '127.0.0.1', () => { resolve() }))
  cleanups.push(() => api.close())
  const { port } = api.address() as AddressInfo
  sshd.refuseForwards = 2
  const link = await upLink()
  const publication = link.publish({ address: '198.18.0.1', port: 6443 }, connectTcp('127.0.0.1', port))
  await link.published({ timeoutMs: 5_000 })
  const ask = async () => {
    const socket = connect({ host: '127.0.0.1', port: sshd.forwardedPort('198.18.0.1:6443')!, allowHalfOpen: true })
    socket.write('api')
    return text(socket)
  }
  expect(await ask()).toBe('API')
  sshd.cut()
  await until(() => link.state.connects === 2)
  await link.published({ timeoutMs: 5_000 })
  expect(await ask()).toBe('API')
  publication[Symbol.dispose]()
  await until(() => sshd.forwardedPort('198.18.0.1:6443') === undefined)
  expect(link.publications).toEqual([])
})

test('PB2 a publication whose target is away closes the connection and stays', async () => {
  const link = await upLink()
  link.publish({ address: '198.18.0.1', port: 5000 }, () => Promise.reject(new Error('not yet')))
  await link.published({ timeoutMs: 5_000 })
  const socket = connect({ host: '127.0.0.1', port: sshd.forwardedPort('198.18.0.1:5000')! })
  expect(await text(socket)).toBe('')
  expect(link.publications[0]).toMatchObject({ phase: 'published' })
})

test('reconnect is down at once and up with the newly pinned key', async () => {
  const link = await upLink()
  sshd.hostKey = generateSshKeyPair('new identity')
  link.pinHostKey(sshd.hostKey.publicKey)
  link.reconnect()
  expect(link.state.phase).toBe('down')
  await link.ready({ timeoutMs: 5_000 })
  expect(link.state.connects).toBe(2)
})

test('close ends everything and says so', async () => {
  const link = await upLink()
  await link.close()
  expect(link.state).toMatchObject({ phase: 'closed' })
  await expect(link.exec(['true'])).rejects.toThrow(/closed/)
  await expect(link.ready({ timeoutMs: 50 })).rejects.toMatchObject({ reason: 'LinkDown' })
})
