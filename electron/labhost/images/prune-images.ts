/**
 * Takes images away that no lab uses any more. A changed recipe or bundle leaves the old image beside the new one,
 * half a gigabyte each.
 *
 *   PI1  Kept: every hash named, and the newest image (the one the next lab will start from).
 *   PI2  Container layouts go with the image that they were made for; base systems stay only if they are the newest.
 *   PI3  What another process is making (`.partial`, `.lock`) is left alone.
 */
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Returns the folders that were removed, relative to the cache. */
export async function pruneImages(cacheDir: string, usedHashes: readonly string[]): Promise<string[]> {
  const images = await foldersByAge(join(cacheDir, 'node'))
  const kept = images.filter((name, index) => index === 0 || usedHashes.includes(name)) // PI1
  const layouts = await Promise.all(kept.map(name => layoutOf(join(cacheDir, 'node', name))))
  const doomed = [
    ...images.filter(name => !kept.includes(name)).map(name => join('node', name)),
    ...(await foldersByAge(join(cacheDir, 'containers'))).filter(name => !layouts.includes(name)).map(name => join('containers', name)), // PI2
    ...(await foldersByAge(join(cacheDir, 'stages'))).slice(1).map(name => join('stages', name)),
  ]
  for (const folder of doomed) await rm(join(cacheDir, folder), { recursive: true, force: true })
  return doomed
}

/** Finished folders, newest first. */
async function foldersByAge(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries.filter(entry => entry.isDirectory() && /^(base-)?[0-9a-f]{16}$/.test(entry.name)).map(entry => entry.name) // PI3
  const times = await Promise.all(names.map(async name => ({ name, time: (await stat(join(folder, name))).mtimeMs })))
  return times.sort((a, b) => b.time - a.time).map(({ name }) => name)
}

async function layoutOf(image: string): Promise<string | undefined> {
  const text = await readFile(join(image, 'manifest.json'), 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { containersDir?: string }).containersDir
}
