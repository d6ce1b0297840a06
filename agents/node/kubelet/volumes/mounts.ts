/** File-system mounts of the node, as the kubelet needs them: memory file systems, and taking down what it left. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Mounts {
  /** Mounts a memory file system; 0 is the kernel's own limit (half of the memory). Nothing happens when one is there. */
  ensureTmpfs(folder: string, sizeBytes: number): Promise<void>
  /** Mount points at or below the folder, deepest first. */
  below(folder: string): Promise<readonly string[]>
  unmount(folder: string): Promise<void>
}

export const linuxMounts: Mounts = {
  async ensureTmpfs(folder, sizeBytes) {
    if ((await mountPoints()).includes(folder)) return
    await run('mount', ['-t', 'tmpfs', '-o', sizeBytes > 0 ? `size=${sizeBytes}` : 'rw', 'tmpfs', folder], { timeout: 30_000 })
  },
  async below(folder) {
    return (await mountPoints()).filter(point => point === folder || point.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)
  },
  async unmount(folder) {
    await run('umount', [folder], { timeout: 30_000 }).catch(() => run('umount', ['-l', folder], { timeout: 30_000 }))
  },
}

async function mountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  return text.split('\n').flatMap(line => {
    const point = line.split(' ')[4]
    return point === undefined ? [] : [point.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))]
  })
}
