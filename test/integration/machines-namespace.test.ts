/** Namespace machines with the real image: containers' ground, LAN, provisioning, and what is left behind (nothing). */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { machineProcessors } from '../../agents/node/os/machine-processors.ts'
import { machineUsage } from '../../agents/node/os/machine-usage.ts'
import { systemRandom } from '../../agents/runtime/system.ts'
import { createNamespaceProvider, type NamespaceProvider } from '../../electron/labhost/machines/namespace/namespace-provider.ts'
import { portName } from '../../electron/labhost/machines/namespace/namespace-machine.ts'
import type { Machine } from '../../electron/labhost/machines/machine.ts'
import { VirtualSwitch } from '../../electron/labhost/network/switch/virtual-switch.ts'
import { provisionNode } from '../../electron/labhost/provision/provision-node.ts'
import type { Service } from '../../electron/labhost/provision/service.ts'
import { watchServices } from '../../electron/labhost/provision/service-watch.ts'
import { serviceManager } from '../../electron/labhost/provision/service-manager.ts'
import { connectTcp } from '../../electron/labhost/provision/ssh-link.ts'
import { uploadFiles } from '../../electron/labhost/provision/upload.ts'
import { findNodeImage, imageMissing, MachineFixture } from './machine-fixture.ts'

const image = findNodeImage()
let fixture: MachineFixture
let provider: NamespaceProvider
let machines: Machine[]

beforeEach(async context => {
  if (image === null) context.skip(imageMissing)
  const problem = (await createNamespaceProvider({ clock: { now: Date.now, monotonic: () => 0, after: () => ({ [Symbol.dispose]() {} }) }, log: { debug() {}, info() {}, warn() {}, error() {}, with() { return this } }, runDirectory: '/nonexistent' }).check()).find(finding => finding.state !== 'ok')
  if (problem !== undefined) context.skip(problem.text)
  fixture = new MachineFixture(image!)
  provider = createNamespaceProvider({ clock: fixture.clock, log: fixture.log, runDirectory: join(fixture.folder, 'run') })
  machines = []
})

afterEach(async () => {
  if (fixture === undefined) return
  for (const machine of machines) await provider.delete(machine)
  await fixture[Symbol.asyncDispose]()
})

async function newMachine(number: number): Promise<Machine> {
  const machine = await provider.create(fixture.spec(number, 'namespace'), fixture.directory(number))
  machines.push(machine)
  return machine
}

/** Everything of the desktop that names one of the test's machines. */
function traces(): readonly string[] {
  const suffixes = machines.map(machine => createHash('sha256').update(machine.directory).digest('hex').slice(0, 12))
  const cgroups = execFileSync('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', 'kubarium-*'], { encoding: 'utf8' }).split('\n').filter(path => suffixes.some(suffix => path.endsWith(suffix)))
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(line => line.includes(fixture.folder))
  const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(fixture.folder)
    } catch {
      return false
    }
  })
  return [...mounts, ...processes, ...cgroups]
}

test('a machine has its identity, its LAN address and a running containerd in about a second', async () => {
  const startedAt = performance.now()
  const running = await provider.start(await newMachine(1))
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  const sshMs = performance.now() - startedAt
  await expect.poll(async () => (await link.exec(['ctr', 'version'])).code).toBe(0)
  process.stdout.write(`namespace machine: ssh after ${sshMs.toFixed(0)} ms, containerd after ${(performance.now() - startedAt).toFixed(0)} ms\n`)
  const spec = running.machine.spec
  expect((await link.run(['sh', '-c', 'hostname; cat /etc/machine-id; ip -4 -o address show lan0; ip -4 -o address show lo; cat /proc/sys/net/ipv4/ip_forward; cat /proc/1/comm'])).trim().split('\n').map(line => line.trim())).toEqual([
    'node-1', spec.identity.machineId, expect.stringContaining('172.30.0.11/24'), expect.stringContaining('127.0.0.1/8'), expect.stringContaining('198.18.0.1/32'), '1', 'runsvdir',
  ])
  expect((await running.usage()).memoryBytes).toBeGreaterThan(5_000_000)
})

test('the ssh program reaches it with what sshTarget says', async context => {
  if (!existsSync('/usr/bin/ssh')) context.skip('the program ssh is not installed')
  const running = await provider.start(await newMachine(1))
  const target = running.sshTarget()
  const quoted = target.proxyCommand!.map(word => `'${word}'`).join(' ')
  expect(execFileSync('ssh', ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${target.knownHostsFile}`, '-o', `ProxyCommand=${quoted}`, '-i', target.identityFile, `${target.user}@${target.host}`, 'hostname'], { encoding: 'utf8', timeout: 20_000 }).trim()).toBe('node-1')
})

test('two machines reach each other, and the desktop\'s own network shows nothing of it', async () => {
  const [one, two] = await Promise.all([newMachine(1), newMachine(2)])
  const [first] = await Promise.all([provider.start(one!), provider.start(two!)])
  const link = fixture.link(first!)
  await link.ready({ timeoutMs: 60_000 })
  expect(await link.run(['ping', '-c', '3', '-i', '0.2', '-W', '2', '172.30.0.12'])).toContain(' 0% packet loss')
  const links = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })
  expect([...machines.map(machine => portName(machine)), ...machines.map(machine => machine.spec.lan.mac)].filter(name => links.includes(name))).toEqual([])
})

test('LU1 a switch in user space can be part of their LAN, and goes with the bridge', async context => {
  if (!existsSync('/usr/bin/qemu-system-x86_64')) context.skip('the program qemu-system-x86_64 is not installed')
  const running = await provider.start(await newMachine(1))
  if (running.lan.type !== 'bridge') throw new Error('a namespace machine has a bridge')
  const socketPath = await running.lan.openUplink()
  expect(await running.lan.openUplink()).toBe(socketPath)
  const lan = new VirtualSwitch({ clock: fixture.clock, random: systemRandom, log: fixture.log })
  lan.attach('bridge', socketPath)
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  const asked = new Promise<string>(resolve => lan.observe({
    sent: (_port, bytes, at, end) => {
      const frame = bytes.subarray(at, end)
      if (frame.readUInt16BE(12) === 0x0806 && frame.subarray(38, 42).toString('hex') === 'ac1e0063') resolve(frame.subarray(22, 28).toString('hex'))
    },
  }))
  void link.exec(['ping', '-c', '30', '-W', '2', '172.30.0.99']).catch(() => {})
  expect(await asked).toBe('525400300001')
  lan.close()
  await provider.delete(running.machine)
  expect(existsSync(socketPath)).toBe(false)
  expect(traces()).toEqual([])
})

test('MA2 a machine outlives the process that started it, and is found again with its processes', async () => {
  const machine = await newMachine(1)
  const starter = join(fixture.folder, 'starter.ts')
  const source = `
    import { createNamespaceProvider } from ${JSON.stringify(join(import.meta.dirname, '../../electron/labhost/machines/namespace/namespace-provider.ts'))}
    import { readMachine } from ${JSON.stringify(join(import.meta.dirname, '../../electron/labhost/machines/machine-record.ts'))}
    import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../agents/runtime/system.ts'))}
    const log = { debug() {}, info() {}, warn() {}, error() {}, with() { return this } }
    const provider = createNamespaceProvider({ clock: systemClock, log, runDirectory: ${JSON.stringify(join(fixture.folder, 'run'))} })
    const running = await provider.start((await readMachine(${JSON.stringify(machine.directory)}))!)
    console.log(running.pid)
    setInterval(() => {}, 1000)
  `
  writeFileSync(starter, source)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', starter], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(String((await child.stdout.take(1).toArray())[0]))
  child.kill('SIGKILL')
  const found = await provider.adopt(machine)
  expect(found?.pid).toBe(pid)
  await expect(provider.start(machine)).rejects.toMatchObject({ reason: 'AlreadyRunning' })
  const link = fixture.link(found!)
  await link.ready({ timeoutMs: 60_000 })
  expect((await link.run(['cat', '/etc/hostname'])).trim()).toBe('node-1')
  const ended = new Promise(resolve => found!.onExit(resolve))
  process.kill(pid, 'SIGKILL')
  expect(await ended).toMatchObject({ wanted: false })
  expect(await provider.adopt(machine)).toBeNull()
})

test('disk and identity stay over power-off, memory does not; reset keeps the machine', async () => {
  const machine = await newMachine(1)
  const first = await provider.start(machine)
  const link = fixture.link(first)
  await link.ready({ timeoutMs: 60_000 })
  await link.run(['sh', '-c', 'echo kept >/etc/kept; echo lost >/run/lost'])
  await first.reset()
  link.reconnect()
  await link.ready({ timeoutMs: 60_000 })
  expect(await link.run(['sh', '-c', 'cat /etc/kept; cat /run/lost 2>&1 || true'])).toMatch(/^kept\ncat: /)
  await first.powerOff()
  expect(first.state).toBe('exited')
  await expect(first.connect(AbortSignal.timeout(1_000))).rejects.toMatchObject({ reason: 'NotRunning' })
  const second = fixture.link(await provider.start(machine))
  await second.ready({ timeoutMs: 60_000 })
  expect(await second.run(['cat', '/etc/kept'])).toBe('kept\n')
})

test('CG3 a machine has the processors and the memory of its specification, also for what looks for them inside', async () => {
  const machine = await provider.create({ ...fixture.spec(1, 'namespace'), cpus: 1, memoryMiB: 640 }, fixture.directory(1))
  machines.push(machine)
  const running = await provider.start(machine)
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  const read = async (path: string): Promise<string> => (await link.exec(['cat', path])).stdout
  expect(await machineProcessors(availableParallelism(), read)).toBe(1)
  expect((await machineUsage(read)).totalBytes).toBe(640 * 1024 * 1024)

  const before = (await running.usage()).cpuSeconds
  await link.run(['sh', '-c', 'for each in 1 2 3; do timeout 2 sh -c "while :; do :; done" & done; wait'])
  const used = (await running.usage()).cpuSeconds - before
  expect(used).toBeGreaterThan(0.5)
  expect(used).toBeLessThan(2.5) // of two seconds; three loops on two processors would use four

  // a pod may have a larger limit than its node has processors, as on a machine of its own
  const podGroup = `set -e; cd /sys/fs/cgroup; if [ -d cpu ]; then mkdir cpu/pod; echo 400000 >cpu/pod/cpu.cfs_quota_us; else mkdir pod; echo "400000 100000" >pod/cpu.max; fi`
  expect(await link.exec(['sh', '-c', podGroup])).toMatchObject({ code: 0 })
})

test('pause stops every process of the machine, resume lets them go on', async () => {
  const running = await provider.start(await newMachine(1))
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  await running.pause()
  await expect(link.exec(['true'], { timeoutMs: 300 })).rejects.toMatchObject({ reason: 'CommandTimedOut' })
  await running.resume()
  expect((await link.exec(['true'], { timeoutMs: 60_000 })).code).toBe(0)
})

test('shutdown asks before it kills', async () => {
  const running = await provider.start(await newMachine(1))
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  const service: Service = { name: 'polite', description: 'says goodbye', command: ['/bin/sh', '-c', 'trap "echo bye >/etc/bye; exit 0" TERM; while :; do sleep 0.1; done'] }
  await provisionNode({ link, init: 'runit', files: [], services: [service], clock: fixture.clock, signal: AbortSignal.timeout(30_000) })
  await expect.poll(async () => (await serviceManager(link, 'runit').status(['polite']))[0]?.state).toBe('running')
  expect(await running.shutdown(10_000)).toEqual({ clean: true })
  expect(readFileSync(join(running.machine.directory, 'upper/etc/bye'), 'utf8')).toBe('bye\n')
})

test('files come over once, services run, and a second time changes nothing', async () => {
  const running = await provider.start(await newMachine(1))
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  const service: Service = { name: 'talker', description: 'writes a line now and then', command: ['/opt/talker', 'a b'], restartOn: ['/etc/talker.conf'], restartDelayMs: 100 }
  const wanted = (configuration: string) => ({
    link,
    files: [{ path: '/opt/talker', content: '#!/bin/sh\necho "$1 $(cat /etc/talker.conf)"\nexec sleep 1000\n', mode: 0o755 }, { path: '/etc/talker.conf', content: configuration }],
    services: [service],
    clock: fixture.clock,
    signal: AbortSignal.timeout(30_000),
  })
  const startedAt = performance.now()
  expect(await provisionNode(wanted('one'))).toEqual({ changedFiles: ['/opt/talker', '/etc/talker.conf', '/etc/sv/talker/finish', '/etc/sv/talker/run'], restartedServices: [] })
  process.stdout.write(`provisioning a service under runit: ${(performance.now() - startedAt).toFixed(0)} ms\n`)
  const manager = serviceManager(link, 'runit')
  await expect.poll(async () => (await manager.status(['talker']))[0]).toMatchObject({ state: 'running', restarts: 0 })
  expect(await provisionNode(wanted('one'))).toEqual({ changedFiles: [], restartedServices: [] })
  const pidAfter = async (before: number) => { // of the next process, once it runs
    let pid = before
    await expect.poll(async () => (pid = (await manager.status(['talker']))[0]?.pid ?? before)).not.toBe(before)
    return pid
  }
  const firstPid = (await manager.status(['talker']))[0]!.pid!
  expect(await provisionNode(wanted('two'))).toEqual({ changedFiles: ['/etc/talker.conf'], restartedServices: ['talker'] })
  const secondPid = await pidAfter(firstPid)
  await manager.kill('talker', 'KILL')
  await pidAfter(secondPid)
  expect((await manager.status(['talker']))[0]).toMatchObject({ state: 'running', restarts: 2 })
  const log = await manager.logs('talker', { tail: 10, follow: false })
  expect(String(await log.stdout.setEncoding('utf8').toArray())).toContain('a b one')
  await manager.stop('talker')
  expect((await manager.status(['talker', 'nobody'])).map(status => status.state)).toEqual(['stopped', 'absent'])
  await manager.remove('talker')
  expect((await manager.status(['talker']))[0]!.state).toBe('absent')
})

test('SW1 services are watched: at once, with what they use, and with every change; nothing of the watch stays', async () => {
  const link = fixture.link(await provider.start(await newMachine(1)))
  await link.ready({ timeoutMs: 60_000 })
  const manager = serviceManager(link, 'runit')
  const stop = new AbortController()
  const seen: (number | null)[] = []
  let used = 0
  for await (const [report] of watchServices({ link, manager, names: ['containerd', 'nobody'], intervalSeconds: 2, signal: stop.signal })) {
    used = Math.max(used, report!.usage?.memoryBytes ?? 0)
    const { pid } = report!.status
    if (pid === null || seen.at(-1) === pid) continue
    seen.push(pid)
    if (seen.length === 2) break
    await manager.kill('containerd', 'KILL')
  }
  expect(seen[0]).not.toBe(seen[1])
  expect(used).toBeGreaterThan(5_000_000)
  await expect.poll(() => link.run(['sh', '-c', 'ps ax | grep -c "[b]usybox sh" || true'])).toBe('0\n')
})

test('a large upload passes whole and keeps modes; repeated it sends nothing', async () => {
  const link = fixture.link(await provider.start(await newMachine(1)))
  await link.ready({ timeoutMs: 60_000 })
  const big = Buffer.alloc(20 * 1024 * 1024, 'kubarium')
  const files = [{ path: '/opt/a/b/big', content: big, mode: 0o640 }, { path: '/opt/tool', content: '#!/bin/sh\necho tool\n', mode: 0o755 }]
  expect((await uploadFiles(link, files)).changed).toHaveLength(2)
  expect(await link.run(['stat', '-c', '%a %s %U', '/opt/a/b/big', '/opt/tool'])).toBe(`640 ${big.length} root\n755 20 root\n`)
  expect(await link.run(['/opt/tool'])).toBe('tool\n')
  expect((await uploadFiles(link, files)).changed).toEqual([])
  expect(await link.run(['sh', '-c', 'ls -d /.kubarium-upload.* 2>/dev/null || true'])).toBe('')
})

test('what is published at the node-local address leads to the desktop, and dialling leads out of the node', async () => {
  const link = fixture.link(await provider.start(await newMachine(1)))
  await link.ready({ timeoutMs: 60_000 })
  const server = createServer((_request, response) => response.end('from the desktop'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => { resolve() }))
  link.publish({ address: '198.18.0.1', port: 6443 }, connectTcp('127.0.0.1', (server.address() as AddressInfo).port))
  await link.published({ timeoutMs: 60_000 })
  expect(await link.run(['curl', '-s', '--max-time', '5', 'http://198.18.0.1:6443/'])).toBe('from the desktop')
  const back = await link.dial('198.18.0.1', 6443)
  back.end('GET / HTTP/1.0\r\n\r\n')
  expect(String(Buffer.concat(await back.toArray()))).toContain('from the desktop')
  server.close()
  const socket = await link.dialUnix('/run/containerd/containerd.sock')
  socket.destroy()
})

test('MA1 delete leaves nothing behind, even of a paused machine with processes', async () => {
  const one = await newMachine(1)
  const two = await newMachine(2)
  const running = await provider.start(one)
  await provider.start(two)
  const link = fixture.link(running)
  await link.ready({ timeoutMs: 60_000 })
  void link.exec(['sleep', '1000']).catch(() => {})
  await expect.poll(() => traces().length).toBeGreaterThan(0)
  await running.pause()
  await provider.delete(one)
  expect(existsSync(one.directory)).toBe(false)
  expect(provider.bridge.exists).toBe(true)
  await provider.delete(two)
  await provider.delete(two)
  await link.close()
  expect(traces()).toEqual([])
  expect(provider.bridge.exists).toBe(false)
})
