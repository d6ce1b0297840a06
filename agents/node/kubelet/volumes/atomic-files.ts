/**
 * Puts a set of files into a folder so that a reader sees all of the old set or all of the new one.
 *
 * The files live in a hidden folder `..<time>`; `..data` is a link to it, and each top-level name is a link through
 * `..data`. An update writes a new hidden folder and renames a new `..data` over the old.
 *
 *   AF1  Nothing is touched when every file already has its content and mode.
 *   AF2  Names that are no longer wanted lose their links; the old hidden folder goes last.
 *   AF3  Modes and owner are what was asked for, whatever the umask.
 * Upstream: pkg/volume/util/atomic_writer.go.
 */
import { chmod, chown, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Payload } from './payload.ts'

export interface FileOwner {
  readonly uid: number | undefined
  readonly gid: number | undefined
}

export async function writeAtomically(folder: string, payload: Payload, owner: FileOwner, nowMs: number): Promise<boolean> {
  const current = await readlink(join(folder, '..data')).catch(() => undefined)
  if (current !== undefined && (await isCurrent(join(folder, current), payload, owner))) return false // AF1
  const stamp = new Date(nowMs).toISOString().replace(/[-T:]/g, '_').replace('Z', '')
  const hidden = `..${stamp}.${process.hrtime.bigint() % 1_000_000_000n}`
  await mkdir(join(folder, hidden), { mode: 0o755 })
  await chmod(join(folder, hidden), 0o755)
  for (const [path, file] of payload) await writeOne(join(folder, hidden, path), file.data, file.mode, join(folder, hidden), owner)
  await setOwner(join(folder, hidden), owner)
  await rm(join(folder, '..data_tmp'), { force: true })
  await symlink(hidden, join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await linkNames(folder, payload)
  if (current !== undefined && current !== hidden) await rm(join(folder, current), { recursive: true, force: true }) // AF2
  return true
}

async function linkNames(folder: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map(path => path.split('/')[0]!))
  const present = (await readdir(folder)).filter(name => !name.startsWith('..'))
  for (const name of wanted) if (!present.includes(name)) await symlink(join('..data', name), join(folder, name))
  for (const name of present) if (!wanted.has(name)) await unlink(join(folder, name))
}

async function writeOne(path: string, data: Uint8Array, mode: number, root: string, owner: FileOwner): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) await chmod(folder, 0o755)
  await writeFile(path, data, { mode: 0o600 })
  await setOwner(path, owner)
  await chmod(path, owner.gid === undefined ? mode : mode | 0o440) // AF3
}

async function setOwner(path: string, owner: FileOwner): Promise<void> {
  if (owner.uid !== undefined || owner.gid !== undefined) await chown(path, owner.uid ?? 0, owner.gid ?? 0)
}

async function isCurrent(folder: string, payload: Payload, owner: FileOwner): Promise<boolean> {
  try {
    const present = await readdir(folder, { recursive: true, withFileTypes: true })
    if (present.filter(entry => entry.isFile()).length !== payload.size) return false
    for (const [path, file] of payload) {
      const [content, info] = await Promise.all([readFile(join(folder, path)), stat(join(folder, path))])
      const mode = owner.gid === undefined ? file.mode : file.mode | 0o440
      if (!content.equals(file.data) || (info.mode & 0o7777) !== mode) return false
    }
    return true
  } catch {
    return false
  }
}
