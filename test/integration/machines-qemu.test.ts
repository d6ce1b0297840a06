/**
 * Virtual machines with the real image. They take long to boot, so the tests are one story in order: a machine boots,
 * becomes a template, two clones are made of it and talk over the switch; then all that can happen to a machine happens to them.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { standbyFiles, standbyVariable } from '../../agents/base/standby.ts'
import { systemRandom } from '../../agents/runtime/system.ts'
import { standbyFolder } from '../../electron/labhost/lab/node-software.ts'
import { putOnStandby } from '../../electron/labhost/lab/node-standby.ts'
import { readMachine } from '../../electron/labhost/machines/machine-record.ts'
import { awaitIdentity } from '../../electron/labhost/machines/qemu/personalise.ts'
import type { QemuMachine } from '../../electron/labhost/machines/qemu/qemu-machine.ts'
import { createQemuProvider, type QemuProvider } from '../../electron/labhost/machines/qemu/qemu-provider.ts'
import { VirtualSwitch } from '../../electron/labhost/network/switch/virtual-switch.ts'
import { provisionNode } from '../../electron/labhost/provision/provision-node.ts'
import { serviceManager } from '../../electron/labhost/provision/service-manager.ts'
import type { SshLink } from '../../electron/labhost/provision/ssh-link.ts'
import { uploadFiles } from '../../electron/labhost/provision/upload.ts'
import { findNodeImage, imageMissing, MachineFixture } from './machine-fixture.ts'

interface Clone {
  running: QemuMachine
  readonly link: SshLink
}

const image = findNodeImage()
let missing: string | null = image === null ? imageMissing : null
let fixture: MachineFixture
let provider: QemuProvider
let lan: VirtualSwitch
let first: Clone
let clones: Clone[] = []

beforeAll(async () => {
  if (image === null) return
  fixture = new MachineFixture(image)
  provider = createQemuProvider({ clock: fixture.clock, log: fixture.log, cacheDirectory: fixture.folder })
  lan = new VirtualSwitch({ clock: fixture.clock, random: systemRandom, log: fixture.log })
  missing = (await provider.check()).find(finding => finding.state === 'missing')?.text ?? null
})

beforeEach(context => {
  if (missing !== null) context.skip(missing)
})

afterAll(async () => {
  if (fixture === undefined) return
  lan.close()
  for (const number of [1, 2, 3]) {
    const machine = await readMachine(fixture.directory(number))
    if (machine !== null) await provider.delete(machine)
  }
  await fixture[Symbol.asyncDispose]()
})

const template = () => join(fixture.folder, 'template')
const said = (message: string) => process.stdout.write(`${message}\n`)
const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`

test('a machine boots with the identity it was given', async () => {
  const startedAt = performance.now()
  const running = await provider.start(await provider.create(fixture.spec(1, 'qemu'), fixture.directory(1)), { templateCandidate: true })
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 110_000 })
  said(`virtual machine (${running.acceleration}): ssh after ${seconds(startedAt)}`)
  first = { running, link }
  const { identity } = running.machine.spec
  expect((await link.run(['sh', '-c', 'hostname; cat /etc/machine-id; ip -4 -o address show lan0; cat /proc/1/comm'])).trim().split('\n')).toEqual(['node-1', identity.machineId, expect.stringContaining('172.30.0.11/24'), 'systemd'])
  expect((await link.run(['sh', '-c', 'nproc; /usr/local/bin/node -p "os.cpus().length"'])).trim().split('\n'), 'QC7').toEqual(['2', '2'])
  await expect.poll(async () => (await link.exec(['systemctl', 'is-active', '--quiet', 'containerd'])).code, { timeout: 90_000, interval: 300 }).toBe(0)
})

test('QP1 what runs is confined, and its files and sockets are its owner\'s alone', () => {
  const { directory } = first.running.machine
  for (const name of readdirSync(directory)) {
    const { mode, nlink } = statSync(join(directory, name))
    if (nlink === 1) expect((mode & 0o077).toString(8), name).toBe('0')
  }
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  const commandLine = readFileSync(`/proc/${first.running.pid}/cmdline`, 'utf8')
  expect(commandLine).not.toContain('PRIVATE KEY')
  expect(commandLine).not.toContain(Buffer.from(first.running.machine.spec.identity.hostKeyPrivate).toString('base64').slice(0, 40))
  if (first.running.record.sandbox) expect(/^Seccomp:\s+(\d)/m.exec(readFileSync(`/proc/${first.running.pid}/status`, 'utf8'))?.[1]).toBe('2')
  const listening = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' }).split('\n').filter(line => line.includes(`pid=${first.running.pid},`))
  expect(listening).toHaveLength(1)
  expect(listening[0]).toContain(`127.0.0.1:${first.running.sshPort}`)
})

test('QC4 from inside neither the desktop nor anything beyond it can be reached', async () => {
  const server = createServer(socket => { socket.end('the desktop') })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => { resolve() }))
  const { port } = server.address() as AddressInfo
  const result = await first.link.exec(['sh', '-c', 'ip route show default; ip route add default via 10.0.2.2; curl -s --max-time 3 "telnet://10.0.2.2:$1" </dev/null; curl -s --max-time 3 telnet://192.0.2.1:80; ip route del default', 'sh', String(port)], { timeoutMs: 90_000 })
  server.close()
  expect(result.stdout).toBe('')
})

test('services under systemd: brought, started, restarted when changed, read', async () => {
  const wanted = (configuration: string) => ({
    link: first.link,
    files: [{ path: '/opt/talker', content: '#!/bin/sh\necho "$1 $(cat /etc/talker.conf)"\nexec sleep 1000\n', mode: 0o755 }, { path: '/etc/talker.conf', content: configuration }],
    services: [{ name: 'talker', description: 'writes a line', command: ['/opt/talker', 'a b'], restartOn: ['/etc/talker.conf'] }],
    clock: fixture.clock,
    signal: AbortSignal.timeout(60_000),
  })
  expect((await provisionNode(wanted('one'))).changedFiles).toHaveLength(3)
  const manager = serviceManager(first.link, 'systemd')
  await expect.poll(async () => (await manager.status(['talker']))[0]).toMatchObject({ state: 'running', restarts: 0 })
  expect(await provisionNode(wanted('one'))).toEqual({ changedFiles: [], restartedServices: [] })
  expect(await provisionNode(wanted('two'))).toEqual({ changedFiles: ['/etc/talker.conf'], restartedServices: ['talker'] })
  await expect.poll(async () => text((await manager.logs('talker', { tail: 20, follow: false })).stdout)).toContain('a b two')
  await manager.remove('talker')
  expect((await manager.status(['talker']))[0]!.state).toBe('absent')
})

test('NS1 a process is put on standby, in a machine whose clock is behind', async () => {
  const sources = ['agents/base/standby.ts', 'agents/base/clock.ts', 'agents/base/random.ts', 'agents/runtime/standby.ts', 'agents/runtime/system.ts', 'test/integration/standby-sample.ts']
  await uploadFiles(first.link, sources.map(path => ({ path: `/opt/standby/${path}`, content: { file: join(import.meta.dirname, '../..', path) } })))
  await putOnStandby(first.link, [{
    name: 'sample', description: 'waits', command: ['/usr/local/bin/node', '--disable-warning=ExperimentalWarning', '/opt/standby/test/integration/standby-sample.ts'],
    environment: { [standbyVariable]: `${standbyFolder}/sample` },
  }], undefined, fixture.clock, AbortSignal.timeout(110_000))
  await awaitIdentity(first.link)
  expect(Number(await first.link.run(['date', '+%s']))).toBeLessThan(Date.now() / 1000 - 80_000)
})

test('TE1 it becomes a template and goes on', async () => {
  const startedAt = performance.now()
  await provider.saveTemplate(first.running, template())
  said(`template saved in ${seconds(startedAt)}`)
  expect(await provider.hasTemplate(template())).toBe(true)
  expect((await first.link.run(['hostname'], { timeoutMs: 90_000 })).trim()).toBe('node-1')
  await expect(provider.startFromTemplate(await provider.create({ ...fixture.spec(2, 'qemu'), memoryMiB: 512 }, fixture.directory(2)), template(), [])).rejects.toMatchObject({ reason: 'TemplateFailed' }) // TE3
})

test('clones of it are up in seconds, each with an identity, a host key, a clock and a containerd of its own', async () => {
  const startedAt = performance.now()
  const left = (await Promise.all([2, 3].map(number => readMachine(fixture.directory(number))))).filter(machine => machine !== null)
  if (left.length > 0) { // of a first try: another template may do better
    for (const { spec: { name } } of left) lan.detach(name)
    for (const machine of left) await provider.delete(machine)
    await provider.saveTemplate(first.running, template())
  }
  clones = await Promise.all([2, 3].map(async number => {
    const { words, go } = standbyFiles(`${standbyFolder}/sample`)
    const machine = await provider.create(fixture.spec(number, 'qemu'), fixture.directory(number))
    using fresh = await provider.startFromTemplate(machine, template(), [{ path: words, content: JSON.stringify(['--number', String(number)]) }])
    await fresh.mark([go])
    lan.attach(fresh.running.name, (fresh.running.lan as { socketPath: string }).socketPath) // not before it has its own MAC and address
    return { running: fresh.running, link: fixture.link(fresh.running) }
  }))
  said(`two clones at once: personalised after ${seconds(startedAt)}`)
  for (const { running, link } of clones) {
    await link.ready({ timeoutMs: 90_000 })
    const { identity, lan: card } = running.machine.spec
    const [hostname, machineId, mac, address, containerd, now] = (await link.run(['sh', '-c', 'hostname; cat /etc/machine-id; cat /sys/class/net/lan0/address; ip -4 -o address show lan0; systemctl is-active containerd; date +%s'])).trim().split('\n')
    expect([hostname, machineId, mac, containerd]).toEqual([running.name, identity.machineId, card.mac, 'active'])
    expect(address).toContain(`${card.address}/24`)
    expect(Math.abs(Number(now) - Date.now() / 1000)).toBeLessThan(3)
  }
  const drawn = await Promise.all(clones.map(({ link }) => link.run(['head', '-c', '16', '/dev/urandom'])))
  expect(drawn[0]).not.toBe(drawn[1]) // PE3
  await first.link.close()
  await first.running.powerOff()
})

test('SB2 PE4 in each clone the process that stood by goes on, with words and chance of its own', async () => {
  const drawn = await Promise.all(clones.map(async ({ link }) => {
    await expect.poll(async () => (await link.exec(['test', '-s', '/run/drawn.json'])).code, { timeout: 60_000, interval: 300 }).toBe(0)
    return JSON.parse(await link.run(['cat', '/run/drawn.json'])) as { words: string[]; notForSecrets: number; here: string; page: string; onThreads: string[]; key: string; jitter: number; uuid: string }
  }))
  expect(drawn.map(({ words }) => words)).toEqual([['--number', '2'], ['--number', '3']])
  expect(new Set(drawn.map(({ notForSecrets }) => notForSecrets)).size, 'they are copies of one process').toBe(1)
  const values = drawn.flatMap(({ here, page, onThreads, key, jitter, uuid }) => [here, page, ...onThreads, key, jitter, uuid])
  expect(new Set(values).size).toBe(values.length)
})

test('they reach each other over the switch, and what goes through VXLAN is counted as such', async () => {
  const [one, two] = clones as [Clone, Clone]
  const ping = await one.link.run(['ping', '-c', '10', '-i', '0.2', '-W', '3', two.running.machine.spec.lan.address], { timeoutMs: 90_000 })
  said(`ping between machines: ${/rtt .*/.exec(ping)?.[0]}`)
  expect(ping).toContain(' 0% packet loss')
  const before = lan.state().ports.map(port => port.sent.encapsulated.vxlan)
  for (const [here, there, mine] of [[one, two, 1], [two, one, 2]] as const) {
    await here.link.run(['sh', '-c', 'ip link add vx9 type vxlan id 9 dstport 8472 local "$1" remote "$2" dev lan0; ip address add "10.99.0.$3/24" dev vx9; ip link set vx9 up', 'sh', here.running.machine.spec.lan.address, there.running.machine.spec.lan.address, String(mine)])
  }
  expect(await one.link.run(['ping', '-c', '5', '-i', '0.2', '-W', '3', '10.99.0.2'], { timeoutMs: 90_000 })).toContain(' 0% packet loss')
  const after = lan.state().ports.map(port => port.sent.encapsulated.vxlan)
  expect(after[0]! - before[0]!).toBeGreaterThanOrEqual(5)
  expect(after[1]! - before[1]!).toBeGreaterThanOrEqual(5)
  expect(lan.state().ports.map(port => [port.name, ...port.macs]).sort()).toEqual([['node-2', '52:54:00:30:00:02'], ['node-3', '52:54:00:30:00:03']])
})

test('MA2 it is found again by another provider, and is the same machine', async () => {
  const [one] = clones as [Clone]
  const bootId = await one.link.run(['cat', '/proc/sys/kernel/random/boot_id'])
  one.running.release()
  const again = createQemuProvider({ clock: fixture.clock, log: fixture.log, cacheDirectory: fixture.folder })
  const found = (await again.adopt((await readMachine(fixture.directory(2)))!))!
  expect([found.pid, found.sshPort]).toEqual([one.running.pid, one.running.sshPort])
  await expect(again.start(found.machine)).rejects.toMatchObject({ reason: 'AlreadyRunning' })
  one.running = found
  expect(await fixture.link(found).ready({ timeoutMs: 90_000 }).then(() => one.link.run(['cat', '/proc/sys/kernel/random/boot_id']))).toBe(bootId)
})

test('pause and resume', async () => {
  const [one] = clones as [Clone]
  await one.running.pause()
  await expect(one.link.exec(['true'], { timeoutMs: 500 })).rejects.toMatchObject({ reason: 'CommandTimedOut' })
  await one.running.resume()
  expect((await one.link.exec(['true'], { timeoutMs: 90_000 })).code).toBe(0)
})

test('the console is kept, and two can watch it', async () => {
  const [one] = clones as [Clone]
  const viewers = [await one.running.console().open(), await one.running.console().open()]
  const seen = ['', '']
  viewers.forEach((viewer, index) => viewer.on('data', chunk => { seen[index] += String(chunk) }))
  viewers[0]!.write('\necho con""sole-$((6*7))\n')
  await expect.poll(() => seen.every(output => output.includes('console-42'))).toBe(true)
  viewers.forEach(viewer => viewer.destroy())
  expect(readFileSync(one.running.console().logFile, 'utf8')).toContain('console-42')
})

test('the plug is pulled and the machine starts again: disk and identity are kept, though it was a clone', async () => {
  const [one] = clones as [Clone]
  await one.link.run(['sh', '-c', 'echo kept >/root/kept; sync'])
  const ended = new Promise(resolve => one.running.onExit(resolve))
  await one.running.powerOff()
  expect(await ended).toEqual({ wanted: true, reason: 'node-2 was powered off' })
  const startedAt = performance.now()
  one.running = await provider.start(one.running.machine)
  const link = fixture.link(one.running)
  await link.ready({ timeoutMs: 110_000 })
  said(`started again after power-off: ssh after ${seconds(startedAt)}`)
  const { identity } = one.running.machine.spec
  expect((await link.run(['sh', '-c', 'cat /root/kept; hostname; cat /etc/machine-id; cat /sys/class/net/lan0/address'])).trim().split('\n')).toEqual(['kept', 'node-2', identity.machineId, '52:54:00:30:00:02'])
  await link.close()
})

test('a machine whose process is killed is noticed; a clean shutdown is clean', async () => {
  const [one, two] = clones as [Clone, Clone]
  await two.link.close()
  const ended = new Promise(resolve => two.running.onExit(resolve))
  process.kill(two.running.pid, 'SIGKILL')
  expect(await ended).toMatchObject({ wanted: false })
  expect(await provider.adopt(two.running.machine)).toBeNull()
  expect(await one.running.shutdown(60_000)).toEqual({ clean: true })
})

test('MA1 delete leaves nothing behind', async () => {
  const machine = clones[0]!.running.machine
  await provider.delete(machine)
  await provider.delete(machine)
  expect(existsSync(machine.directory)).toBe(false)
})
