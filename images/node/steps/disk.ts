/**
 * A directory tree as a bootable disk: one ext4 file system with a journal (overlays must survive a power cut), no
 * partition table, as qcow2.
 */
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../../build/run-tool.ts'
import { diskBytes } from '../recipe.ts'

export interface DiskOptions {
  readonly compress: boolean
  /** Command put before mkfs so that it sees files as root's (fakeroot), or nothing. */
  readonly asRoot: readonly string[]
  readonly signal?: AbortSignal | undefined
}

export async function makeDisk(rootfs: string, work: string, target: string, options: DiskOptions): Promise<{ bytes: number }> {
  const raw = join(work, 'disk.raw')
  const file = await open(raw, 'w')
  await file.truncate(diskBytes)
  await file.close()
  const [tool, ...args] = [
    ...options.asRoot, 'mkfs.ext4', '-q', '-F', '-d', rootfs, '-L', 'kubarium', '-m', '0', '-N', '786432', '-J', 'size=32',
    '-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed=6b756261-7269-756d-0000-000000000001', '-U', '6b756261-7269-756d-0000-000000000000', raw,
  ]
  await runTool(tool ?? '', args, { signal: options.signal, env: { SOURCE_DATE_EPOCH: '1735689600' } })
  await runTool('qemu-img', ['convert', '-W', '-m', '8', '-f', 'raw', '-O', 'qcow2', ...(options.compress ? ['-c', '-o', 'compression_type=zstd'] : []), raw, target], { signal: options.signal })
  await rm(raw)
  return { bytes: (await stat(target)).blocks * 512 }
}
