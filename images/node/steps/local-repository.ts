/**
 * A folder of .deb files as an apt repository: what mmdebstrap and apt choose from, so that they cannot choose anything
 * else. `Packages` holds each file's own control fields with its size and SHA-256, `Release` the suite's name (mmdebstrap
 * finds the essential packages by it).
 *
 *   LR1  The SHA-256 in `Packages` is the locked one, so apt refuses a file that is not what the lock says.
 */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runTool } from '../../build/run-tool.ts'
import type { LockedPackage } from '../packages-lock.ts'

/** The .deb files are in the folder already, each under the last part of its path. */
export async function writeRepository(folder: string, packages: readonly LockedPackage[], suite: string, signal?: AbortSignal): Promise<void> {
  const stanzas: string[] = []
  for (const entry of packages) {
    const control = await runTool('dpkg-deb', ['-f', join(folder, basename(entry.path))], { signal })
    stanzas.push(`${control.trim()}\nFilename: ./${basename(entry.path)}\nSize: ${entry.sizeBytes}\nSHA256: ${entry.sha256}\n`) // LR1
  }
  const index = stanzas.join('\n')
  await writeFile(join(folder, 'Packages'), index)
  await writeFile(join(folder, 'Release'), renderRelease(suite, index))
}

export function renderRelease(suite: string, index: string): string {
  const sha256 = createHash('sha256').update(index).digest('hex')
  return `Origin: Kubarium\nSuite: ${suite}\nCodename: ${suite}\nSHA256:\n ${sha256} ${Buffer.byteLength(index)} Packages\n`
}
