import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readProcessStat, runsIn, startMark } from './local-process.ts'
import { lanMac } from './machine-addresses.ts'
import type { MachineSpec } from './machine.ts'
import { createMachineDirectory, readMachine } from './machine-record.ts'
import { providerNamed } from './providers.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'kubarium-machine-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const spec: MachineSpec = {
  name: 'node-1', provider: 'qemu', cpus: 2, memoryMiB: 1024, diskMiB: 8192,
  image: { hash: 'abc', kernel: '/k', initrd: '/i', disk: '/d', kernelArguments: '', rootfs: null, containerd: null },
  lan: { address: '172.30.0.11', prefix: 24, mac: '52:54:00:30:00:01' },
  identity: { authorizedKey: 'ssh-ed25519 AAAA lab', identityFile: '/id', hostKeyPrivate: 'x', hostKeyPublic: 'ssh-ed25519 AAAA', machineId: '0123456789abcdef0123456789abcdef' },
}

test('what was created is read again, and is its owner\'s alone', async () => {
  const directory = join(folder, 'm')
  await createMachineDirectory(spec, directory)
  expect((await readMachine(directory))?.spec).toEqual(spec)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(readdirSync(directory).map(name => statSync(join(directory, name)).mode & 0o777)).toEqual([0o600])
})

test('a directory without a whole record is no machine', async () => {
  expect(await readMachine(join(folder, 'none'))).toBeNull()
  writeFileSync(join(folder, 'machine.json'), '{"name": "no')
  expect(await readMachine(folder)).toBeNull()
})

test.each<[string, Partial<MachineSpec>, string]>([
  ['a name that is no DNS label', { name: 'Node 1' }, 'name must be a DNS label'],
  ['a name that would be an option', { name: '-x' }, 'name must be a DNS label'],
  ['too little memory', { memoryMiB: 10 }, 'memoryMiB must be at least 256'],
  ['half a processor', { cpus: 0.5 }, 'cpus must be 1 to 64'],
  ['a MAC with a command in it', { lan: { ...spec.lan, mac: '52:54:00:30:00:01,x=y' } }, 'lan.mac must be six lower-case hex pairs'],
  ['two keys in one', { identity: { ...spec.identity, authorizedKey: 'ssh-ed25519 AAAA\nssh-ed25519 BBBB' } }, 'identity.authorizedKey must be one ssh-ed25519 line'],
])('%s is refused', async (_title, change, message) => {
  await expect(createMachineDirectory({ ...spec, ...change }, join(folder, 'm'))).rejects.toMatchObject({ reason: 'SpecInvalid', message: expect.stringContaining(message) as string })
})

test('MA5 a simulated node is no machine', () => {
  expect(() => providerNamed('simulated', [])).toThrow('A simulated node has no machine: it is played by the component simulated-kubelets.')
})

test.each(['multipass', 'ssh'] as const)('MA5 provider %s is refused by name', name => {
  expect(() => providerNamed(name, [])).toThrow(new RegExp(`The ${name} provider`))
})

test('a process is told by number, start and folder', async () => {
  expect(readProcessStat('12 (a) b) (c) S 3 1 1 0 -1 4 0 0 0 0 50 20 0 0 20 0 1 0 777 1000 25 0')).toEqual({ state: 'S', parent: 3, userTicks: 50, systemTicks: 20, startTicks: 777, residentPages: 25 })
  expect(readProcessStat('')).toBeUndefined()
  expect(await startMark(process.pid)).toBe(await startMark(process.pid))
  expect(await startMark(2 ** 22 + 1)).toBeUndefined()
  if (process.platform === 'linux') expect([await runsIn(process.pid, process.cwd()), await runsIn(process.pid, folder)]).toEqual([true, false])
})

test('MACs of a lab are distinct, unicast and locally administered', () => {
  const macs = Array.from({ length: 600 }, (_, index) => lanMac(index + 1))
  expect(new Set(macs).size).toBe(600)
  expect(macs.every(mac => /^52:54:00:30:[0-9a-f]{2}:[0-9a-f]{2}$/.test(mac))).toBe(true)
})
