/**
 * The disk of a machine as a pile of qcow2 files, each the changes since the one below. Only the topmost is written. To keep a
 * moment of the disk a new one is put on top: what was the topmost until then is never written again and can be shared by a
 * second name.
 *
 *   DL1  Which file is the topmost stands in disk.json, before QEMU writes to it: a topmost one without content is the same disk.
 *   DL2  Layers know the one below by its name alone, and have the same names in every folder that they are shared with.
 *   DL3  A pile of more than `highestPile` layers is put together before the next one comes on top: QEMU copies what lies between
 *        into the topmost, while the machine runs. What lay between is not touched, for saved machines may still stand on it.
 *   DL4  A disk.json that cannot be read is an error: the first layer may be somebody else's by then.
 */
import { randomBytes } from 'node:crypto'
import { chmod, link, copyFile, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MachineError } from '../machine-error.ts'
import { writeJson } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'
import { qemuFiles } from './qemu-files.ts'

const highestPile = 8
const layerName = /^disk(-[0-9a-f]{12})?\.qcow2(\.new)?$/

interface Topmost {
  readonly file: string
}

/** The file that the machine writes. */
export async function topmostLayer(directory: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(join(directory, qemuFiles.topmost), 'utf8')) as Topmost).file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return qemuFiles.disk
    throw new MachineError('StartFailed', `which file holds the disk of the machine cannot be read from ${join(directory, qemuFiles.topmost)}`, { cause: error }) // DL4
  }
}

/** DL1. What becomes written there must not have been written elsewhere meanwhile. */
export async function becomeTopmost(directory: string, file: string): Promise<void> {
  await writeJson(join(directory, qemuFiles.topmost), { file } satisfies Topmost)
}

/** A layer without content on this one; not yet the topmost. */
export async function makeLayer(directory: string, below: string): Promise<string> {
  const file = `disk-${randomBytes(6).toString('hex')}.qcow2`
  const half = `${file}.new`
  const { 'virtual-size': sizeBytes } = JSON.parse(await runProgram('qemu-img', ['info', '-U', '--output=json', below], { directory })) as { 'virtual-size': number }
  await runProgram('qemu-img', ['create', '-q', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', below, half, String(sizeBytes)], { directory })
  await chmod(join(directory, half), 0o600)
  await rename(join(directory, half), join(directory, file))
  return file
}

/** From this one down; also read while a machine has them open. */
export async function layersBelow(directory: string, topmost: string): Promise<readonly string[]> {
  const chain = JSON.parse(await runProgram('qemu-img', ['info', '-U', '--backing-chain', '--output=json', topmost], { directory })) as readonly { readonly filename: string }[]
  return chain.map(({ filename }) => basename(filename))
}

/** DL3. The lowest ones are the node image and what a template has added; many machines share them. */
export function isTooHigh(layers: readonly string[]): boolean {
  return layers.length > highestPile && layers.includes(qemuFiles.base)
}

/** Removes the names of layers that the disk does not stand on any more; in other folders they stay. */
export async function removeUnused(directory: string, used: readonly string[]): Promise<void> {
  const unused = (await readdir(directory)).filter(name => layerName.test(name) && !used.includes(name))
  for (const name of unused) await rm(join(directory, name), { force: true })
}

/** Second names of files in another folder; copies where that is another file system. */
export async function shareFiles(from: string, to: string, names: readonly string[]): Promise<void> {
  for (const name of names) await shareFile(join(from, name), join(to, name))
}

export async function shareFile(from: string, to: string): Promise<void> {
  const real = await realpath(from) // what was only pointed to (link-or-point.ts)
  await link(real, to).catch(() => copyFile(real, to))
}
