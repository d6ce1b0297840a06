/**
 * The checkpoints of one lab on disk.
 *
 *   SH1  A checkpoint is there when its folder has its name and a manifest (CM1); both come last, by renaming, and go first.
 *   SH2  What a crash left half made or half deleted is removed when a lab host starts; whole checkpoints are never touched.
 *   SH3  A digest is compared once; after that inode, size and time of change of the file stand for it, so that going back does
 *        not read gigabytes. Whoever wants all read again asks for `thorough`.
 *   SH4  Sizes are of the disk, not of the files: holes count nothing, a file with several names once.
 */
import type { Stats } from 'node:fs'
import { copyFile, link, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CheckpointList, CheckpointState } from '../../contract/checkpoints.ts'
import { readJsonIfAny, writePrivateFile, writePrivateJson } from '../files/private-files.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { type ShelfFiles, halfEnding, manifestName, shelfFiles } from './checkpoint-files.ts'
import { digestOfFile } from './digest.ts'
import { type CheckpointManifest, type SavedFile, readManifest, renderManifest, stateOf } from './manifest.ts'

interface Untouched {
  readonly inode: number
  readonly sizeBytes: number
  readonly changedMs: number
}

export class Shelf {
  readonly files: ShelfFiles
  #manifests: Map<string, CheckpointManifest> | undefined

  /** @param directory made when the first checkpoint is */
  constructor(directory: string) {
    this.files = shelfFiles(directory)
  }

  /** SH2 */
  async recover(): Promise<void> {
    for (const name of await foldersIn(this.files.directory)) {
      const isHalf = name.endsWith(halfEnding) || !await exists(join(this.files.directory, name, manifestName))
      if (isHalf) await rm(join(this.files.directory, name), { recursive: true, force: true })
    }
    this.#manifests = undefined
  }

  async names(): Promise<readonly string[]> {
    const folders = (await foldersIn(this.files.directory)).filter(name => !name.endsWith(halfEnding))
    const whole = await Promise.all(folders.map(name => exists(this.files.manifest(name))))
    return folders.filter((_, index) => whole[index])
  }

  /** Throws CheckpointError. */
  async read(name: string): Promise<CheckpointManifest> {
    const known = this.#manifests?.get(name)
    if (known !== undefined && await exists(this.files.manifest(name))) return known
    const text = await readFile(this.files.manifest(name), 'utf8').catch(() => undefined)
    if (text === undefined) {
      const names = await this.names()
      throw new CheckpointError('not-found', `there is no checkpoint "${name}"; ${names.length === 0 ? 'there are none yet. Make one with: kubarium checkpoint save' : `those there are: ${names.join(', ')}`}`)
    }
    const manifest = readManifest(text, name)
    this.#manifests ??= new Map()
    this.#manifests.set(name, manifest)
    return manifest
  }

  /** Of the lab, newest last; those that cannot be read are left out. */
  async manifests(): Promise<readonly CheckpointManifest[]> {
    const read = await Promise.all((await this.names()).map(name => this.read(name).catch(() => undefined)))
    return read.filter(manifest => manifest !== undefined).sort((a, b) => a.takenAt.localeCompare(b.takenAt))
  }

  async list(): Promise<CheckpointList> {
    const damaged: { name: string; problem: string }[] = []
    const checkpoints: CheckpointState[] = []
    const seen = new Set<string>()
    let sizeBytes = 0
    for (const name of await this.names()) {
      try {
        const manifest = await this.read(name)
        const sizes = await this.#sizes(name)
        for (const [inode, bytes] of sizes.inodes) {
          if (!seen.has(inode)) sizeBytes += bytes
          seen.add(inode)
        }
        checkpoints.push(stateOf(manifest, sizes))
      } catch (error) {
        damaged.push({ name, problem: (error as Error).message })
      }
    }
    checkpoints.sort((a, b) => a.takenAt.localeCompare(b.takenAt))
    return { checkpoints, damaged, sizeBytes, current: this.current }
  }

  get current(): string | null {
    return readJsonIfAny<{ readonly name: string }>(this.files.current)?.name ?? null
  }

  becomeCurrent(name: string): void {
    writePrivateJson(this.files.current, { name })
  }

  /** The folder that a new checkpoint is made in. */
  async begin(name: string): Promise<string> {
    if ((await this.names()).includes(name)) throw new CheckpointError('already-exists', `there is a checkpoint "${name}" already; delete it or choose another name`)
    const half = this.files.half(name)
    await rm(half, { recursive: true, force: true })
    await mkdir(half, { recursive: true, mode: 0o700 })
    return half
  }

  /** Makes it one (SH1). */
  async complete(manifest: CheckpointManifest): Promise<void> {
    const { name } = manifest
    const half = this.files.half(name)
    writePrivateFile(join(half, manifestName), renderManifest(manifest))
    await flush(join(half, manifestName))
    await flush(half)
    await rename(half, this.files.checkpoint(name))
    await flush(this.files.directory)
    await this.#remember(name, manifest.files)
    this.#manifests?.set(name, manifest)
  }

  /** One of another shelf, under a name of this one: second names of the same files. */
  async take(from: Shelf, name: string, as: string): Promise<CheckpointManifest> {
    const manifest = await from.verify(name, { thorough: false })
    const half = await this.begin(as)
    try {
      for (const { path } of manifest.files) {
        const [there, here] = [join(from.files.checkpoint(name), path), join(half, path)]
        await mkdir(dirname(here), { recursive: true, mode: 0o700 })
        await link(there, here).catch(() => copyFile(there, here))
      }
      const taken = { ...manifest, name: as }
      await this.complete(taken)
      return taken
    } catch (error) {
      await this.abandon(as)
      throw error
    }
  }

  async abandon(name: string): Promise<void> {
    await rm(this.files.half(name), { recursive: true, force: true })
  }

  /** Gives what became free. */
  async delete(name: string): Promise<number> {
    const { ownBytes } = await this.#sizes(name).catch(() => ({ ownBytes: 0 }))
    if (!(await this.names()).includes(name)) await this.read(name)
    await rm(this.files.manifest(name)) // SH1: from here on it is none
    this.#manifests?.delete(name)
    await rm(this.files.checkpoint(name), { recursive: true, force: true })
    this.#forget(name)
    if (this.current === name) await rm(this.files.current, { force: true })
    return ownBytes
  }

  /** Throws CheckpointError `damaged`, naming the file. */
  async verify(name: string, how: { readonly thorough: boolean; readonly signal?: AbortSignal }): Promise<CheckpointManifest> {
    this.#manifests?.delete(name)
    const manifest = await this.read(name)
    const folder = this.files.checkpoint(name)
    const known = how.thorough ? {} : this.#verified()
    const damaged = (file: string, what: string): CheckpointError => new CheckpointError('damaged', `checkpoint "${name}" is damaged: ${file} ${what}. Nothing was changed; delete it with: kubarium checkpoint delete ${name}`)
    const listed = new Set(manifest.files.map(({ path }) => path))
    for (const path of await filesUnder(folder)) if (path !== manifestName && !listed.has(path)) throw damaged(path, 'does not belong to it')
    for (const { path, sizeBytes, sha256 } of manifest.files) {
      const seen = await stat(join(folder, path)).catch(() => undefined)
      if (seen === undefined) throw damaged(path, 'is missing')
      if (seen.size !== sizeBytes) throw damaged(path, `has ${seen.size} bytes and had ${sizeBytes}`)
      const before = known[`${name}/${path}`]
      if (before !== undefined && isUntouched(before, seen)) continue // SH3
      if (await digestOfFile(join(folder, path), how.signal) !== sha256) throw damaged(path, 'has another content than was saved')
    }
    await this.#remember(name, manifest.files)
    return manifest
  }

  /** Digests of all files of a folder that becomes a checkpoint. */
  async describe(folder: string, signal?: AbortSignal): Promise<readonly SavedFile[]> {
    const files: SavedFile[] = []
    for (const path of (await filesUnder(folder)).toSorted()) files.push({ path, sizeBytes: (await stat(join(folder, path))).size, sha256: await digestOfFile(join(folder, path), signal) })
    return files
  }

  async #sizes(name: string): Promise<{ readonly sizeBytes: number; readonly ownBytes: number; readonly inodes: ReadonlyMap<string, number> }> {
    const folder = this.files.checkpoint(name)
    const names = new Map<string, { bytes: number; here: number; everywhere: number }>()
    for (const path of await filesUnder(folder)) {
      const seen = await stat(join(folder, path))
      const inode = `${seen.dev}:${seen.ino}`
      const entry = names.get(inode) ?? { bytes: seen.blocks * 512, here: 0, everywhere: seen.nlink }
      names.set(inode, { ...entry, here: entry.here + 1 })
    }
    const all = [...names.values()]
    const sum = (entries: readonly { readonly bytes: number }[]): number => entries.reduce((total, { bytes }) => total + bytes, 0)
    return { sizeBytes: sum(all), ownBytes: sum(all.filter(({ here, everywhere }) => here === everywhere)), inodes: new Map([...names].map(([inode, { bytes }]) => [inode, bytes])) } // SH4
  }

  #verified(): Readonly<Record<string, Untouched>> {
    return readJsonIfAny<Readonly<Record<string, Untouched>>>(this.files.verified) ?? {}
  }

  async #remember(name: string, files: readonly SavedFile[]): Promise<void> {
    const entries = await Promise.all(files.map(async ({ path }) => {
      const { ino, size, mtimeMs } = await stat(join(this.files.checkpoint(name), path))
      return [`${name}/${path}`, { inode: ino, sizeBytes: size, changedMs: mtimeMs }] as const
    }))
    writePrivateJson(this.files.verified, { ...this.#verified(), ...Object.fromEntries(entries) })
  }

  #forget(name: string): void {
    writePrivateJson(this.files.verified, Object.fromEntries(Object.entries(this.#verified()).filter(([path]) => !path.startsWith(`${name}/`))))
  }
}

function isUntouched(before: Untouched, { ino, size, mtimeMs }: Stats): boolean {
  return before.inode === ino && before.sizeBytes === size && before.changedMs === mtimeMs
}

/** Of files, with slashes. */
export async function filesUnder(folder: string, prefix = ''): Promise<readonly string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true })
  const lists = await Promise.all(entries.map(entry => {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    return entry.isDirectory() ? filesUnder(folder, path) : [path]
  }))
  return lists.flat()
}

async function foldersIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false)
}

export async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
