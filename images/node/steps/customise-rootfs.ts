/**
 * Turns the plain Debian root file system into a worker's: takes away what a virtual machine never needs, decides
 * which units start, puts our files in place.
 *
 *   CR1  No identity: no host keys, authorized keys, machine id, host name, resolver.
 *   CR2  A unit starts at boot only if the recipe names it; generators are gone, so nothing else appears.
 *   CR3  Running it twice gives the same tree.
 */
import { chmod, copyFile, cp, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { enabledUnits, keptCniPlugins, keptTmpfiles, keptUdevRules, keptUnits, keptWants, removedPaths } from '../recipe.ts'

export async function customiseRootfs(rootfs: string, parts: { files: string; node: Uint8Array }): Promise<void> {
  for (const path of removedPaths) await rm(join(rootfs, path), { recursive: true, force: true })
  await keepOnly(join(rootfs, 'usr/lib/cni'), keptCniPlugins)
  await keepOnly(join(rootfs, 'usr/lib/udev/rules.d'), keptUdevRules)
  await keepOnly(join(rootfs, 'usr/lib/tmpfiles.d'), keptTmpfiles)
  await keepOnly(join(rootfs, 'var/lib/dpkg'), ['status'])
  for (const folder of ['usr/lib/systemd/system', 'etc/systemd/system']) await pruneUnits(join(rootfs, folder))
  for (const name of await readdir(join(rootfs, 'etc/ssh'))) if (name.startsWith('ssh_host_')) await rm(join(rootfs, 'etc/ssh', name)) // CR1
  await rm(join(rootfs, 'root/.ssh'), { recursive: true, force: true })
  await rm(join(rootfs, 'etc/systemd/system/sshd.service'), { force: true })

  for (const folder of ['opt/kubarium/agents', 'etc/kubernetes/pki', 'etc/kubernetes/manifests', 'etc/kubarium', 'etc/cni/net.d', 'etc/sv', 'var/lib/kubelet', 'var/lib/containerd', 'var/lib/cni', 'var/cache', 'var/log', 'usr/local/bin']) {
    await mkdir(join(rootfs, folder), { recursive: true, mode: 0o755 })
  }
  await mkdir(join(rootfs, 'root/.ssh'), { mode: 0o700 })
  await cp(parts.files, rootfs, { recursive: true, preserveTimestamps: false })
  await writeFile(join(rootfs, 'etc/machine-id'), '') // CR1: empty means "new on every boot unless one is given", without first-boot work
  await writeFile(join(rootfs, 'etc/resolv.conf'), '# A node has no resolver of its own; pods use the cluster DNS.\n')
  await writeFile(join(rootfs, 'usr/local/bin/node'), parts.node, { mode: 0o755 })

  const units = join(rootfs, 'etc/systemd/system')
  await link('/usr/lib/systemd/system/multi-user.target', join(units, 'default.target'))
  for (const [unit, target] of Object.entries(enabledUnits)) await link(`../${unit.replace(/@.*\./, '@.')}`, join(units, `${target}.wants`, unit))
}

/** Takes the named files of an unpacked package. */
export async function takeFiles(from: string, rootfs: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const target = join(rootfs, path)
    await mkdir(dirname(target), { recursive: true })
    await copyFile(join(from, path), target)
    await chmod(target, 0o755)
  }
}

/** CR2 */
async function pruneUnits(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && /\.(wants|requires|upholds)$/.test(entry.name)) await keepOnly(path, keptWants)
    else if (!keptUnits.some(kept => kept.test(entry.name))) await rm(path, { recursive: true })
  }
}

async function keepOnly(folder: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) if (!names.includes(basename(name))) await rm(join(folder, name), { recursive: true })
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  if ((await lstat(path).catch(() => undefined)) !== undefined) await rm(path) // CR3
  await symlink(target, `${path}.new`)
  await rename(`${path}.new`, path)
}
