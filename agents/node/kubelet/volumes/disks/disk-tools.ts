/**
 * Block devices and their file systems, by the programs of the node.
 *
 *   DT1  A disk is found by its id: /dev/kubarium/<id>, or the SCSI device that names itself so. Where the drivers are not
 *        loaded yet they are loaded first.
 *   DT2  A file system is made only on a device that carries nothing at all; one of another kind is refused.
 *   DT3  A file system is checked before it is mounted; what cannot be mended by itself is refused.
 *   DT4  Growing tells the kernel to look at the size again, then lets the file system follow. Where that may not be done while
 *        it is mounted (it needs CAP_SYS_RESOURCE) it is done before the next mount.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { run, tryRun } from '../../../os/run.ts'
import { designatorsOf } from './scsi-designators.ts'

export interface DiskTools {
  /** Path of the device, undefined while there is none. */
  find(id: string): Promise<string | undefined>
  /** Makes a file system where there is none, and checks the one that is there; `grows` lets it fill its device. */
  prepare(device: string, fileSystem: string, grows: boolean): Promise<void>
  mount(device: string, folder: string, fileSystem: string, options: readonly string[]): Promise<void>
  /** Shows a folder at a second place. */
  bind(folder: string, at: string): Promise<void>
  /** Shows a device at a second place. */
  bindDevice(device: string, at: string): Promise<void>
  /** Tells the kernel to look at the size of the device again. */
  rescan(device: string): Promise<void>
  grow(device: string): Promise<void>
}

const slowMs = 120_000
const drivers = ['virtio_scsi', 'sd_mod']

export const linuxDiskTools: DiskTools = {
  async find(id) {
    return (await deviceOf(id)) ?? (await loadDrivers(), deviceOf(id)) // DT1
  },
  async prepare(device, fileSystem, grows) {
    const present = await fileSystemOn(device)
    if (present === '') {
      await run(`mkfs.${fileSystem}`, ['-q', '-F', '-m', '0', device], { timeoutMs: slowMs }) // DT2
      return
    }
    if (present !== fileSystem) throw new Error(`${device} carries ${present} and should carry ${fileSystem}; it is left as it is`)
    if (grows) await lookAgain(device)
    const checked = await tryRun('e2fsck', [...(grows ? ['-f'] : []), '-p', device], { timeoutMs: slowMs })
    if (checked.code > 1) throw new Error(`the file system on ${device} cannot be mended by itself (e2fsck -p ended with ${checked.code}): ${checked.stdout.trim()}`) // DT3
    if (grows) await run('resize2fs', [device], { timeoutMs: slowMs })
  },
  async mount(device, folder, fileSystem, options) {
    await mkdir(folder, { recursive: true, mode: 0o750 })
    await run('mount', ['-t', fileSystem, ...(options.length === 0 ? [] : ['-o', options.join(',')]), device, folder])
  },
  async bind(folder, at) {
    await mkdir(at, { recursive: true, mode: 0o750 })
    await run('mount', ['--bind', folder, at])
  },
  async bindDevice(device, at) {
    await mkdir(dirname(at), { recursive: true, mode: 0o750 })
    await writeFile(at, '', { flag: 'a', mode: 0o600 })
    await run('mount', ['--bind', device, at])
  },
  rescan: lookAgain,
  async grow(device) { // DT4
    await lookAgain(device)
    await run('resize2fs', [device], { timeoutMs: slowMs })
  },
}

async function deviceOf(id: string): Promise<string | undefined> {
  const named = `/dev/kubarium/${id}`
  if ((await stat(named).catch(() => undefined))?.isBlockDevice() === true) return named
  for (const name of await readdir('/sys/block').catch(() => [] as string[])) {
    const page = await readFile(`/sys/block/${name}/device/vpd_pg83`).catch(() => new Uint8Array())
    if (designatorsOf(page).includes(id)) return `/dev/${name}`
  }
  return undefined
}

async function lookAgain(device: string): Promise<void> {
  await writeFile(`/sys/block/${basename(device)}/device/rescan`, '1').catch(() => {}) // a loop device has no such file, and needs none
}

async function loadDrivers(): Promise<void> {
  await tryRun('modprobe', ['-a', ...drivers])
}

/** '' for a device that carries nothing. */
async function fileSystemOn(device: string): Promise<string> {
  const found = await tryRun('blkid', ['-p', '-o', 'value', '-s', 'TYPE', device])
  if (found.code === 0 || found.code === 2) return found.stdout.trim()
  throw new Error(`what ${device} carries cannot be told (blkid ended with ${found.code}): ${found.stderr.trim()}`)
}
