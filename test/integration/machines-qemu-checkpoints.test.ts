/**
 * A virtual machine is saved while it works, and put back, with the real image. One story in order: it boots once; what the tests
 * look at is a file on its disk, a file in its memory, a disk that is plugged in, and a container runtime that goes on.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Machine, PluggableDisk, SavedMachine } from '../../electron/labhost/machines/machine.ts'
import { layersBelow, topmostLayer } from '../../electron/labhost/machines/qemu/disk-layers.ts'
import type { QemuMachine } from '../../electron/labhost/machines/qemu/qemu-machine.ts'
import { createQemuProvider, type QemuProvider } from '../../electron/labhost/machines/qemu/qemu-provider.ts'
import type { SshLink } from '../../electron/labhost/provision/ssh-link.ts'
import { findNodeImage, imageMissing, MachineFixture } from './machine-fixture.ts'

const image = findNodeImage()
let missing: string | null = image === null ? imageMissing : null
let fixture: MachineFixture
let provider: QemuProvider
let machine: Machine
let running: QemuMachine
let link: SshLink
let disk: PluggableDisk

beforeAll(async () => {
  if (image === null) return
  fixture = new MachineFixture(image)
  provider = createQemuProvider({ clock: fixture.clock, log: fixture.log, cacheDirectory: fixture.folder })
  missing = (await provider.check()).find(finding => finding.state === 'missing')?.text ?? null
})

beforeEach(context => {
  if (missing !== null) context.skip(missing)
})

afterAll(async () => {
  if (fixture === undefined) return
  for (const number of [1, 2]) await provider.delete({ spec: fixture.spec(number, 'qemu'), directory: fixture.directory(number) })
  await fixture[Symbol.asyncDispose]()
})

const kept = (name: string) => join(fixture.folder, name)
const said = (message: string) => process.stdout.write(`${message}\n`)
const slowMs = 90_000
const run = (...words: readonly string[]) => link.run(['sh', '-c', words.join('\n')], { timeoutMs: slowMs })

async function save(directory: string): Promise<{ readonly saved: SavedMachine; readonly stoodStillMs: number }> {
  await running.checkpoints.prepare(link)
  const frozenAt = performance.now()
  await running.checkpoints.freeze()
  const begun = await running.checkpoints.save(directory, null)
  await running.checkpoints.thaw()
  const stoodStillMs = performance.now() - frozenAt
  return { saved: await begun.finish(AbortSignal.timeout(slowMs)), stoodStillMs }
}

async function putBack(to: Machine, directory: string, disks: readonly PluggableDisk[]): Promise<{ readonly running: QemuMachine; readonly link: SshLink; readonly clockIsSet: boolean }> {
  await using restored = await provider.saved!.restore(to, directory, disks)
  const { clockIsSet } = await restored.wake()
  const there = restored.running as QemuMachine
  const way = fixture.link(there)
  await way.ready({ timeoutMs: slowMs })
  return { running: there, link: way, clockIsSet }
}

/** What was plugged in when it was saved is plugged into each machine that is restored, as a file of its own. */
async function copyOfDisk(): Promise<PluggableDisk> {
  const file = kept('volume-of-another.raw')
  await copyFile(disk.file, file)
  return { ...disk, file }
}

const digests = (directory: string, names: readonly string[]) => names.map(name => `${name} ${createHash('sha256').update(readFileSync(join(directory, name))).digest('hex')}`)

test('a machine works', async () => {
  machine = await provider.create(fixture.spec(1, 'qemu'), fixture.directory(1))
  running = await provider.start(machine)
  link = fixture.link(running)
  await link.ready({ timeoutMs: 110_000 })
  disk = { id: 'volume-1', file: kept('volume.raw') }
  writeFileSync(disk.file, '', { mode: 0o600 })
  truncateSync(disk.file, 64 * 1024 * 1024)
  await running.disks.plugIn(disk)
  await run('echo before >/root/on-disk; echo before >/dev/shm/in-memory; sync', 'nohup sh -c \'while :; do dd if=/dev/urandom of=/root/busy bs=64k count=64 conv=fsync 2>/dev/null; done\' >/dev/null 2>&1 &')
})

test('MC1 it is saved, stands still for less than two seconds, and goes on', async () => {
  const startedAt = performance.now()
  const { saved, stoodStillMs } = await save(kept('one'))
  const bytes = saved.files.map(name => statSync(join(kept('one'), name))).filter(({ nlink }) => nlink === 1).reduce((sum, { blocks }) => sum + blocks * 512, 0)
  said(`saved (${running.acceleration}) in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s, stood still ${stoodStillMs.toFixed(0)} ms, ${(bytes / 2 ** 20).toFixed(0)} MiB of its own`)
  expect(stoodStillMs).toBeLessThan(2_000)
  expect(saved).toMatchObject({ acceleration: running.acceleration, wasPaused: false, plugged: [{ id: 'volume-1', sizeBytes: 64 * 1024 * 1024 }] })
  expect(await provider.saved!.problem(kept('one'))).toBeNull()
  expect(running.state).toBe('running')
  expect((await run('cat /root/on-disk')).trim()).toBe('before')
  await run('echo after >/root/on-disk; echo after >/dev/shm/in-memory; echo more >/root/undone; sync')
})

test('MC1 a save that is given up leaves neither a directory nor a trace in the machine', async () => {
  const layer = await topmostLayer(machine.directory)
  await running.checkpoints.prepare(link)
  await running.checkpoints.thaw()
  expect(await topmostLayer(machine.directory)).toBe(layer)
  await running.checkpoints.prepare(link)
  await running.checkpoints.freeze()
  const begun = await running.checkpoints.save(kept('given-up'), null)
  await running.checkpoints.thaw()
  await begun[Symbol.asyncDispose]()
  expect(existsSync(kept('given-up'))).toBe(false)
  expect((await run('cat /root/undone')).trim()).toBe('more')
})

test('what cannot be restored here says why', async () => {
  const description = join(kept('one'), 'saved.json')
  const text = readFileSync(description, 'utf8')
  const saved = JSON.parse(text) as SavedMachine
  const other = saved.acceleration === 'tcg' ? 'kvm' : 'tcg'
  writeFileSync(description, JSON.stringify({ ...saved, acceleration: other }))
  expect(await provider.saved!.problem(kept('one'))).toContain(`was saved under ${other}`)
  writeFileSync(description, JSON.stringify({ ...saved, files: [...saved.files, 'lost'] }))
  expect(await provider.saved!.problem(kept('one'))).toContain('lost of node-1 is missing')
  writeFileSync(description, text)
  expect(await provider.saved!.read(kept('nowhere'))).toBeNull()
})

test('SM1 MC3 it is put back: disk, memory and plugged disk are those of the save, its clock is right, nothing of the undone time is left', async () => {
  const { files } = (await provider.saved!.read(kept('one')))!
  const before = digests(kept('one'), files)
  const bootId = await run('cat /proc/sys/kernel/random/boot_id')
  const old = running.pid
  await link.close()
  const startedAt = performance.now()
  const back = await putBack(machine, kept('one'), [disk])
  said(`put back: ssh after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  ;({ running, link } = back)
  expect(existsSync(`/proc/${old}`)).toBe(false)
  expect(back.clockIsSet).toBe(true)
  expect(Math.abs(Number(await run('date +%s')) - Date.now() / 1_000)).toBeLessThan(5)
  expect((await run('cat /root/on-disk /dev/shm/in-memory; ls /root/undone 2>/dev/null; cat /proc/sys/kernel/random/boot_id')).trim().split('\n')).toEqual(['before', 'before', bootId.trim()])
  expect(await running.disks.list()).toEqual(['volume-1'])
  expect(digests(kept('one'), files)).toEqual(before)
})

test('a second one stands beside the first, and they go their own ways', async () => {
  const beside = await putBack({ spec: machine.spec, directory: fixture.directory(2) }, kept('one'), [await copyOfDisk()])
  expect(beside.running.sshPort).not.toBe(running.sshPort)
  await beside.link.run(['sh', '-c', 'echo beside >/root/on-disk; sync'], { timeoutMs: slowMs })
  expect((await run('cat /root/on-disk')).trim()).toBe('before')
  const drawn = await Promise.all([link, beside.link].map(way => way.run(['head', '-c', '16', '/dev/urandom'], { timeoutMs: slowMs })))
  expect(drawn[0]).not.toBe(drawn[1])
  await beside.link.close()
  await beside.running.powerOff()
  await provider.delete(beside.running.machine)
})

test('a restored machine that is not wanted after all leaves no process and an empty folder', async () => {
  const restored = await provider.saved!.restore({ spec: machine.spec, directory: fixture.directory(2) }, kept('one'), [await copyOfDisk()])
  const { pid } = restored.running
  await restored[Symbol.asyncDispose]()
  expect(existsSync(`/proc/${pid}`)).toBe(false)
  expect(readdirSync(fixture.directory(2))).toEqual([])
})

test('DL3 however often it is saved its disk stays a low pile, and the first save can still be put back', async () => {
  const { files } = (await provider.saved!.read(kept('one')))!
  const before = digests(kept('one'), files)
  for (let number = 0; number < 8; number++) await save(kept(`again-${number}`))
  const layers = await layersBelow(machine.directory, await topmostLayer(machine.directory))
  expect(layers.length).toBeLessThanOrEqual(9)
  expect(readdirSync(machine.directory).filter(name => name.endsWith('.qcow2')).sort()).toEqual([...layers].sort())
  expect(digests(kept('one'), files)).toEqual(before)
  await run('echo newest >/root/on-disk; sync')
  await save(kept('newest'))
  await link.close()
  ;({ running, link } = await putBack(machine, kept('newest'), [disk]))
  expect((await run('cat /root/on-disk')).trim()).toBe('newest')
  await link.close()
  ;({ running, link } = await putBack(machine, kept('one'), [disk]))
  expect((await run('cat /root/on-disk /dev/shm/in-memory')).trim().split('\n')).toEqual(['before', 'before'])
})

test('a machine that was put back starts again from its disk alone', async () => {
  await run('echo afterwards >/root/on-disk; sync')
  await link.close()
  await running.powerOff()
  running = await provider.start(running.machine)
  link = fixture.link(running)
  await link.ready({ timeoutMs: 110_000 })
  expect((await run('cat /root/on-disk')).trim()).toBe('afterwards')
})
