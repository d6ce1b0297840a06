/**
 * Golden checkpoints: of labs as they are right after they were made. A new lab of the same topology starts from one.
 *
 *   GL1  One fits only a lab that would be made the same: the Lab file without its name and without whether it makes one, the worker image, every program of the
 *        installation, the kind of acceleration. Anything else is another golden checkpoint.
 *   GL2  One that is damaged or cannot be restored here is only a lost shortcut: the lab is made as usual.
 *   GL3  The two newest are kept. They share their files with the checkpoints they were made of and with labs made of them.
 *   GL4  Labs made of the same golden checkpoint have the same authorities and keys; who does not want that makes them without.
 *        Their certificates end, so one that is half a year old is not used any more.
 */
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LabSpec } from '../../contract/labs.ts'
import { Shelf } from '../checkpoints/shelf.ts'
import type { Installation } from '../files/installation.ts'

const kept = 2
const usableMs = 182 * 86_400_000

export function goldenKey(spec: LabSpec, imageHash: string, installation: Installation): string { // GL1
  const { name: _, golden: __, ...topology } = spec
  const programs = readdirSync(installation.agentsDir).sort().map(file => {
    const { size, mtimeMs } = statSync(join(installation.agentsDir, file))
    return [file, size, mtimeMs]
  })
  return createHash('sha256').update(JSON.stringify([1, topology, imageHash, installation.version, programs])).digest('hex').slice(0, 32)
}

export class GoldenLabs {
  readonly shelf: Shelf
  readonly #now: () => number

  constructor(directory: string, now: () => number) {
    this.shelf = new Shelf(directory)
    this.#now = now
  }

  async has(key: string): Promise<boolean> {
    const manifest = await this.shelf.read(key).catch(() => undefined)
    return manifest !== undefined && this.#now() - Date.parse(manifest.takenAt) < usableMs
  }

  async keep(from: Shelf, name: string, key: string): Promise<void> {
    if ((await this.shelf.names()).includes(key)) await this.shelf.delete(key)
    await this.shelf.take(from, name, key)
    for (const old of (await this.shelf.manifests()).toReversed().slice(kept)) await this.shelf.delete(old.name) // GL3
  }
}
