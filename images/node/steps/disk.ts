/**
 * A directory tree as a bootable disk: one ext4 file system with a journal (overlays must survive a power cut), no
 * partition table, as qcow2.
 */
import { open, rm, stat } from 'node:fs/promises'
import { runTool } from '../../build/run-tool.ts'
import { diskBytes } from '../recipe.ts'

/** The tree as a raw ext4 disk; owners are those the calling process sees (root's, under root or fakeroot). */
export async function makeRawDisk(rootfs: string, raw: string, signal?: AbortSignal): Promise<void> {
  const file = await open(raw, 'w')
  await file.truncate(diskBytes)
  await file.close()
  await runTool('mkfs.ext4', [
    '-q', '-F', '-d', rootfs, '-L', 'kubarium', '-m', '0', '-N', '786432', '-J', 'size=32',
    '-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed=6b756261-7269-756d-0000-000000000001', '-U', '6b756261-7269-756d-0000-000000000000', raw,
  ], { signal, env: { SOURCE_DATE_EPOCH: '1735689600' } })
}

/** The raw disk as qcow2; the raw one is removed. Returns the bytes it takes. */
export async function finishDisk(raw: string, target: string, compress: boolean, signal?: AbortSignal): Promise<number> {
  await runTool('qemu-img', ['convert', '-W', '-m', '8', '-f', 'raw', '-O', 'qcow2', ...(compress ? ['-c', '-o', 'compression_type=zstd'] : []), raw, target], { signal })
  await rm(raw)
  return (await stat(target)).blocks * 512
}
