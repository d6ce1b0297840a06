/**
 * Gives the files of a volume to the pod's fsGroup. Upstream: pkg/volume/volume_linux.go.
 *
 *   VO1  Everything below belongs to the group, may be read and written by it; folders pass the group on.
 *   VO2  With fsGroupChangePolicy OnRootMismatch nothing is done while the root folder is as it should be.
 *   VO3  Links are given to the group as links; what they point to is not touched.
 */
import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const groupMode = 0o660
const folderMode = 0o2110 // set-group-id, and entering for user and group

export async function giveToGroup(path: string, group: number, policy: string | undefined): Promise<void> {
  if (policy === 'OnRootMismatch') {
    const root = await lstat(path)
    if (root.gid === group && (root.mode & (groupMode | folderMode)) === (groupMode | folderMode)) return // VO2
  }
  await giveOne(path, group)
}

/** Root last, so that an interrupted walk is begun again. */
async function giveOne(path: string, group: number): Promise<void> {
  const info = await lstat(path)
  if (info.isDirectory()) for (const name of await readdir(path)) await giveOne(join(path, name), group)
  await lchown(path, info.uid, group)
  if (!info.isSymbolicLink()) await chmod(path, (info.mode & 0o7777) | groupMode | (info.isDirectory() ? folderMode : 0)) // VO1, VO3
}
