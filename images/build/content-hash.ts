/**
 * The names of things made from other things: a hash over every input, so that equal inputs find the same output
 * and a changed input makes a new one.
 *
 *   CH1  The hash depends on names and contents, not on times, owners or the order in which inputs are given.
 *   CH2  Two different lists of inputs never run together: every part is length-prefixed.
 *   CH3  A file counts with its executable bit.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface HashInput {
  readonly name: string
  readonly value: string
}

/** 16 hexadecimal digits: enough for a folder name. */
export function contentHash(inputs: readonly HashInput[]): string {
  const hash = createHash('sha256')
  for (const { name, value } of [...inputs].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) { // CH1
    hash.update(`${Buffer.byteLength(name)}:${name}${Buffer.byteLength(value)}:${value}`) // CH2
  }
  return hash.digest('hex').slice(0, 16)
}

/** sha256 of a file in hexadecimal. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** One input for every file below the folder, named by its path relative to it. */
export async function folderInputs(folder: string, prefix: string, except: (path: string) => boolean = () => false): Promise<HashInput[]> {
  const inputs: HashInput[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const relative = path.slice(folder.length + 1)
    if (!entry.isFile() || except(relative)) continue
    const executable = ((await stat(path)).mode & 0o100) !== 0 ? 'x' : '-' // CH3
    inputs.push({ name: `${prefix}/${relative}`, value: `${executable}${await fileHash(path)}` })
  }
  return inputs
}
