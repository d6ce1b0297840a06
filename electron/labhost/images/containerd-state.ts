/**
 * Gives a namespace machine its own /var/lib/containerd with every image of the set in it, in milliseconds.
 *
 *   CS1  Image layers and blobs are never changed by containerd, so they are hard links to the shared copy.
 *   CS2  Databases are changed all the time, so they are real copies.
 *   CS3  On another file system than the image cache hard links are impossible; then everything is copied.
 */
import { chmod, chown, cp, link, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises'
import { join } from 'node:path'

/** `target` must not exist. Ownership and modes are kept when run as root. */
export async function copyContainerdState(source: string, target: string): Promise<void> {
  const copyFolder = async (from: string, to: string): Promise<void> => {
    const { mode, uid, gid } = await lstat(from)
    await mkdir(to)
    await Promise.all((await readdir(from, { withFileTypes: true })).map(async entry => {
      const source = join(from, entry.name)
      const target = join(to, entry.name)
      if (entry.isDirectory()) await copyFolder(source, target)
      else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
      else if (entry.name.endsWith('.db')) await cp(source, target) // CS2
      else await linkOrCopy(source, target)
    }))
    await chown(to, uid, gid).catch(() => undefined)
    await chmod(to, mode & 0o7777)
  }
  await copyFolder(source, target)
}

/** CS1, CS3 */
async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EXDEV' || error.code === 'EMLINK' || error.code === 'EPERM'))) throw error
    await cp(source, target, { preserveTimestamps: true })
  }
}
