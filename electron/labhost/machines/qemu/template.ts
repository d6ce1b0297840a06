/**
 * A template is a ready worker frozen in time: its memory as a sparse file, its disk, and the state of its devices.
 * Clones map the memory copy-on-write, so that starting one costs neither a boot nor a copy.
 *
 *   TE1  A template is made from a machine started as a candidate (its memory is a shared file). The machine stands still
 *        while it is copied and then goes on.
 *   TE2  It is written beside its place and renamed: a template folder that exists is whole.
 *   TE3  Only a machine with the same image, memory, processors and accelerator can be its clone.
 *   TE4  The device state goes through a unix socket, not through a child of QEMU, so that the sandbox can forbid children.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, constants, copyFile, mkdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import type { MachineSpec } from '../machine.ts'
import { linkOrPoint } from '../link-or-point.ts'
import { MachineError } from '../machine-error.ts'
import { writeJson } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'
import { connectUnix } from '../unix-path.ts'
import { qemuFiles, templateFiles } from './qemu-files.ts'
import type { QemuMachine } from './qemu-machine.ts'
import type { QmpClient } from './qmp-client.ts'

export interface TemplateManifest {
  readonly formatVersion: 1
  readonly imageHash: string
  readonly memoryMiB: number
  readonly cpus: number
  readonly accelerator: string
}

export interface Template extends TemplateManifest {
  readonly memory: string
  readonly image: string
  readonly disk: string
  readonly devices: string
}

const deviceSocket = 'devices.sock'

/** What decides which template fits a machine; a folder name. */
export function templateKey(of: { readonly imageHash: string; readonly memoryMiB: number; readonly cpus: number; readonly softwareHash: string }): string {
  return createHash('sha256').update(JSON.stringify([5, of.imageHash, of.memoryMiB, of.cpus, of.softwareHash])).digest('hex').slice(0, 32)
}

export async function readTemplate(directory: string): Promise<Template | null> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, templateFiles.manifest), 'utf8')) as TemplateManifest
    if (manifest.formatVersion !== 1) return null
    return { ...manifest, memory: join(directory, templateFiles.memory), image: join(directory, templateFiles.image), disk: join(directory, templateFiles.disk), devices: join(directory, templateFiles.devices) }
  } catch {
    return null
  }
}

export async function hasTemplate(directory: string): Promise<boolean> {
  return await readTemplate(directory) !== null
}

export async function requireTemplate(directory: string, spec: MachineSpec, accelerator: string): Promise<Template> {
  const template = await readTemplate(directory)
  if (template === null) throw new MachineError('TemplateFailed', `there is no template in ${directory}`)
  if (template.imageHash !== spec.image.hash || template.memoryMiB !== spec.memoryMiB || template.cpus !== spec.cpus || template.accelerator !== accelerator) { // TE3
    throw new MachineError('TemplateFailed', `the template in ${directory} was made with another image, memory size, number of processors or kind of acceleration than ${spec.name} has`)
  }
  return template
}

export async function saveTemplate(running: QemuMachine, directory: string, clock: Clock): Promise<void> {
  if (!running.record.templateCandidate) throw new MachineError('TemplateFailed', `${running.name} was not started as a template candidate`)
  const { spec, directory: machineDirectory } = running.machine
  const half = `${directory}.new`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { recursive: true, mode: 0o700 })
  try {
    await running.pause()
    try {
      await saveDeviceState(running.monitor, machineDirectory, join(half, templateFiles.devices), clock)
      await Promise.all([
        runProgram('cp', ['--sparse=always', '--reflink=auto', join(machineDirectory, qemuFiles.memory), join(half, templateFiles.memory)], { timeoutMs: 60_000 }),
        copyDisk(machineDirectory, half),
      ])
    } finally {
      await running.resume() // TE1
    }
    await chmod(join(half, templateFiles.memory), 0o600) // QEMU wants to be able to write it even for a private mapping
    const manifest: TemplateManifest = { formatVersion: 1, imageHash: spec.image.hash, memoryMiB: spec.memoryMiB, cpus: spec.cpus, accelerator: running.acceleration }
    await writeJson(join(half, templateFiles.manifest), manifest)
    await rm(directory, { recursive: true, force: true })
    await rename(half, directory) // TE2
  } catch (error) {
    await rm(half, { recursive: true, force: true })
    throw error
  }
}

/** The machine's overlay, over a link to the image that lies beside it. */
async function copyDisk(machineDirectory: string, half: string): Promise<void> {
  await copyFile(join(machineDirectory, qemuFiles.disk), join(half, templateFiles.disk), constants.COPYFILE_FICLONE)
  await linkOrPoint(await realpath(join(machineDirectory, qemuFiles.base)), join(half, templateFiles.image))
  await runProgram('qemu-img', ['rebase', '-u', '-F', 'qcow2', '-b', templateFiles.image, templateFiles.disk], { directory: half })
  await chmod(join(half, templateFiles.disk), 0o400)
}

async function saveDeviceState(monitor: QmpClient, machineDirectory: string, file: string, clock: Clock): Promise<void> {
  const path = join(machineDirectory, deviceSocket)
  await rm(path, { force: true })
  const written = Promise.withResolvers<void>()
  written.promise.catch(() => {})
  const server = createServer(socket => {
    pipeline(socket, createWriteStream(file, { mode: 0o600 })).then(written.resolve, written.reject)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => { resolve() })
  })
  try {
    await monitor.ask('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }, { capability: 'pause-before-switchover', state: false }] })
    await monitor.ask('migrate', { uri: `unix:${deviceSocket}` })
    await untilMigrated(monitor, clock)
    await written.promise
  } finally {
    server.close()
    await rm(path, { force: true })
  }
}

/** The machine was started with `-incoming defer`; afterwards it stands still in the template's moment. */
export async function loadDeviceState(running: QemuMachine, devices: string, clock: Clock): Promise<void> {
  const { monitor } = running
  await monitor.ask('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }] })
  await monitor.ask('migrate-incoming', { uri: `unix:${deviceSocket}` })
  const path = join(running.machine.directory, deviceSocket)
  const way = await connectUnix(path)
  way.on('error', () => {}) // a QEMU that ends over what it was given is told of by its monitor
  await pipeline(createReadStream(devices), way)
  for (const deadline = clock.monotonic() + 30_000; clock.monotonic() < deadline; await sleep(clock, 5)) {
    const { status } = await monitor.ask<{ status: string }>('query-status')
    if (status === 'inmigrate') continue
    await rm(path, { force: true })
    if (status === 'paused') return
    throw new MachineError('TemplateFailed', `QEMU took the device state but is now "${status}"`)
  }
  throw new MachineError('TemplateFailed', 'QEMU did not take the device state within 30 s')
}

async function untilMigrated(monitor: QmpClient, clock: Clock): Promise<void> {
  for (const deadline = clock.monotonic() + 30_000; clock.monotonic() < deadline; await sleep(clock, 10)) {
    const { status, 'error-desc': reason } = await monitor.ask<{ status?: string; 'error-desc'?: string }>('query-migrate')
    if (status === 'completed') return
    if (status === 'failed' || status === 'cancelled') throw new MachineError('TemplateFailed', `QEMU could not write the device state: ${reason ?? status}`)
  }
  throw new MachineError('TemplateFailed', 'QEMU did not finish writing the device state within 30 s')
}
