import { link, rm, symlink } from 'node:fs/promises'

/**
 * Gives a file a second name, so that it stays although its first one is removed. On another file system that is not
 * possible; then the second name points to the first, and the first must stay.
 */
export async function linkOrPoint(existing: string, name: string): Promise<void> {
  await rm(name, { force: true })
  await link(existing, name).catch(() => symlink(existing, name))
}
