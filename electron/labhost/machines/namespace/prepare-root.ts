/**
 * The machine's own files over the image's root file system: identity, and the service that runs containerd.
 *
 *   PR1  The lower layer is never written. What a machine changes lies in its `upper` and stays over restarts.
 *   PR2  containerd's folder is a real one, because an overlay cannot stand on an overlay. Blobs and snapshots, which
 *        containerd never writes again, share the image's files by hard links; its databases are copied.
 */
import { access, chmod, cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Machine } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { writeWhole } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'
import { initScript } from './init-script.ts'

export const namespaceFiles = {
  lower: 'lower',
  upper: 'upper',
  work: 'work',
  root: 'root',
  containerd: 'containerd',
  script: 'init.sh',
  stat: 'init.stat',
  log: 'start.log',
} as const

const containerdRun = `#!/bin/sh
mkdir -p /var/log/kubarium
exec >>/var/log/kubarium/containerd.log 2>&1 </dev/null
exec containerd --config /etc/containerd/config-namespace.toml
`

export async function prepareRoot(machine: Machine): Promise<void> {
  const { spec, directory } = machine
  if (spec.image.rootfs === null) throw new MachineError('ImageMissing', 'the node image has no root file system folder; build it with "kubarium images build"')
  await access(spec.image.rootfs).catch((error: unknown) => {
    throw new MachineError('ImageMissing', `the node image is not there: ${spec.image.rootfs} cannot be read; build it with "kubarium images build"`, { cause: error })
  })
  for (const folder of [namespaceFiles.upper, namespaceFiles.work, namespaceFiles.root]) await mkdir(join(directory, folder), { recursive: true, mode: 0o755 })
  await rm(join(directory, namespaceFiles.lower), { force: true })
  await symlink(spec.image.rootfs, join(directory, namespaceFiles.lower))
  await writeWhole(join(directory, namespaceFiles.script), initScript, 0o700)
  await writeUpper(machine, [
    ['etc/hostname', `${spec.name}\n`, 0o644],
    ['etc/machine-id', `${spec.identity.machineId}\n`, 0o444],
    ['etc/kubarium/lan', `${spec.lan.address}/${spec.lan.prefix}\n`, 0o644],
    ['etc/ssh/ssh_host_ed25519_key', spec.identity.hostKeyPrivate, 0o600],
    ['root/.ssh/authorized_keys', `${spec.identity.authorizedKey}\n`, 0o600],
    ['etc/sv/containerd/run', containerdRun, 0o755],
  ])
  await chmod(join(directory, namespaceFiles.upper, 'root'), 0o700)
  await prepareContainerd(machine)
}

async function writeUpper(machine: Machine, files: readonly (readonly [path: string, content: string, mode: number])[]): Promise<void> {
  for (const [path, content, mode] of files) {
    const file = join(machine.directory, namespaceFiles.upper, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o755 })
    await writeWhole(file, content, mode)
    await chmod(file, mode)
  }
}

async function prepareContainerd(machine: Machine): Promise<void> {
  const folder = join(machine.directory, namespaceFiles.containerd)
  if (await access(folder).then(() => true, () => false)) return
  const source = machine.spec.image.containerd
  if (source === null || !await access(source).then(() => true, () => false)) {
    await mkdir(folder, { mode: 0o711 })
    return
  }
  const half = `${folder}.new`
  await rm(half, { recursive: true, force: true })
  await runProgram('cp', ['-al', '--', source, half]).catch(async () => { // another file system
    await rm(half, { recursive: true, force: true })
    await runProgram('cp', ['-a', '--reflink=auto', '--', source, half], { timeoutMs: 120_000 })
  })
  for (const plugin of await readdir(half)) {
    for (const name of await readdir(join(half, plugin)).catch(() => [] as string[])) {
      if (!name.endsWith('.db')) continue
      await rm(join(half, plugin, name))
      await cp(join(source, plugin, name), join(half, plugin, name), { preserveTimestamps: true })
    }
  }
  await rename(half, folder)
}
