/**
 * Puts the lab's container images into the worker's containerd before the worker exists, so that a new machine
 * imports nothing. (What happens inside is in populate-script.ts.)
 *
 *   PC3  As root: in a chroot of its own mount, PID and network namespaces; when it ends nothing runs and nothing is
 *        mounted, whatever happened (the namespaces end with it).
 *   PC4  Without root: the disk is booted once in QEMU with the script in systemd's place, and the archive as its
 *        second disk; the machine powers itself off.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BuildError } from '../../build/build-error.ts'
import { runTool } from '../../build/run-tool.ts'
import { blobPath, type Descriptor } from '../../containers/oci-image.ts'
import { populateScript, type PopulateNames } from './populate-script.ts'

export interface ImageSource {
  /** An OCI layout folder and the same as one archive. */
  readonly layout: string
  readonly archive: string
  readonly signal?: AbortSignal | undefined
}

/** PC3 */
export async function populateContainerd(options: ImageSource & { readonly rootfs: string }): Promise<void> {
  const names = await namesOf(options.layout)
  const output = await runTool('unshare', [
    '--mount', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private', '/bin/sh', '-c', enterScript, 'populate', options.rootfs, options.archive, populateScript(names),
  ], { signal: options.signal })
  expectImages(output, names.references)
}

/** PC4. `initrd` makes a RAM disk that runs the given script from the root file system. */
export async function populateByBoot(options: ImageSource & { readonly rawDisk: string; readonly kernel: string; readonly initrd: (instead: string) => Promise<Uint8Array> }): Promise<void> {
  const names = await namesOf(options.layout)
  const folder = await mkdtemp(join(dirname(options.rawDisk), 'boot-'))
  const initrd = join(folder, 'initrd')
  await writeFile(initrd, await options.initrd(bootScript(populateScript(names))))
  const signal = AbortSignal.any([AbortSignal.timeout(bootTimeoutMs), ...(options.signal === undefined ? [] : [options.signal])])
  const output = await runTool('qemu-system-x86_64', [
    '-machine', 'pc,accel=kvm:tcg', '-cpu', 'max,-cx16,-la57', '-smp', '2', '-m', '1024', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio',
    '-kernel', options.kernel, '-initrd', initrd, '-append', 'console=ttyS0 quiet loglevel=3 mitigations=off lsm=capability,landlock pci=noacpi',
    '-drive', `file=${options.rawDisk},format=raw,if=none,id=d0,cache=unsafe,discard=unmap`, '-device', 'virtio-blk-pci,drive=d0,addr=0x0e',
    '-drive', `file=${options.archive},format=raw,if=none,id=d1,readonly=on`, '-device', 'virtio-blk-pci,drive=d1,addr=0x0f',
    '-device', 'virtio-rng-pci',
  ], { signal }).catch((error: unknown) => {
    if (options.signal?.aborted !== true && signal.aborted) throw new BuildError('failed', 'The worker image did not finish its first boot within five minutes, while the container images were loaded. Try again on a machine that is less busy, or build as root, which needs no boot.')
    throw error
  })
  await rm(folder, { recursive: true })
  expectImages(output.replaceAll('\r', ''), names.references)
}

const bootTimeoutMs = 300_000

function expectImages(output: string, references: readonly string[]): void {
  const lines = output.split('\n')
  const missing = references.filter(name => !lines.includes(name))
  if (missing.length > 0 || !lines.includes('populated')) {
    throw new BuildError('failed', `containerd did not take over the container images (${missing.join(', ') || 'it did not end well'}): ${lines.filter(line => line !== '').slice(-6).join(' | ')}`)
  }
}

async function namesOf(layout: string): Promise<PopulateNames & { readonly references: readonly string[] }> {
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
  const layers = new Set<string>()
  const configs = new Set<string>()
  const visit = async (descriptor: Descriptor): Promise<void> => {
    const body = JSON.parse(await readFile(blobPath(layout, descriptor.digest), 'utf8')) as { manifests?: Descriptor[]; config?: Descriptor; layers?: Descriptor[] }
    for (const next of body.manifests ?? []) if (next.platform?.architecture === 'amd64') await visit(next)
    for (const layer of body.layers ?? []) layers.add(layer.digest)
    if (body.config !== undefined) configs.add(body.config.digest)
  }
  for (const manifest of index.manifests) await visit(manifest)
  return { layers: [...layers], configs: [...configs], references: index.manifests.map(manifest => manifest.annotations?.['io.containerd.image.name'] ?? '') }
}

/** $1 rootfs, $2 archive, $3 script. */
const enterScript = `set -e
root="$1"
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
exec chroot . /usr/bin/busybox sh -c "$3" < "$2"
`

/** Process 1 of the boot; afterwards the files that are the same in root file system and layers become one, as in share-files.ts. */
function bootScript(populate: string): string {
  return `export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tmpfs tmpfs /tmp
modprobe -a overlay br_netfilter
(${populate}) < /dev/vdb
for layer in /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs; do
  cd "$layer" || continue
  busybox find . -type f -size +0 | while read -r file; do
    [ -f "/$file" ] && [ ! -L "/$file" ] && cmp -s "$file" "/$file" && ln -f "$file" "/$file"
  done
done
cd /
rm -rf /var/log/* /var/cache/*
sync
busybox fstrim / # what was removed shall not be packed
mount -o remount,ro /
busybox poweroff -f
`
}
