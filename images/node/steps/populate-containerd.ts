/**
 * Puts the lab's container images into the worker's containerd before the worker exists, so that a new machine
 * imports nothing. As root: containerd of the new root file system runs for a moment in a chroot of its own mount,
 * PID and network namespaces.
 *
 *   PC1  The images are in namespace k8s.io, unpacked, and known to the CRI plugin under name and id.
 *   PC2  Layer blobs are dropped once unpacked; a later pull finds the snapshots and asks for no layer.
 *   PC3  When it ends nothing runs and nothing is mounted, whatever happened (the namespaces end with it).
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildError } from '../../build/build-error.ts'
import { runTool } from '../../build/run-tool.ts'
import { blobPath, type Descriptor } from '../../containers/oci-image.ts'

export interface PopulateOptions {
  readonly rootfs: string
  /** An OCI layout folder and the same as one archive. */
  readonly layout: string
  readonly archive: string
  readonly signal?: AbortSignal | undefined
}

export async function populateContainerd(options: PopulateOptions): Promise<void> {
  const index = JSON.parse(await readFile(join(options.layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
  const names = index.manifests.map(manifest => manifest.annotations?.['io.containerd.image.name'] ?? '')
  const { layers, configs } = await blobsOf(options.layout, index.manifests)
  const output = await runTool('unshare', ['--mount', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private', '/bin/sh', '-c', script, 'populate', options.rootfs, options.archive, layers.join(' '), configs.join(' ')], { signal: options.signal })
  const missing = names.filter(name => !output.split('\n').includes(name))
  if (missing.length > 0) throw new BuildError('failed', `containerd did not take over these images: ${missing.join(', ')}`)
  const state = join(options.rootfs, 'var/lib/containerd')
  for (const digest of layers) await rm(blobPath(join(state, 'io.containerd.content.v1.content'), digest), { force: true }) // PC2: its own collector would do so later
  await rm(join(state, 'io.containerd.grpc.v1.introspection'), { recursive: true, force: true }) // an identity; each worker makes its own
}

/** Digests of the layers this machine unpacks, and of the configs by which the CRI plugin knows the images. */
async function blobsOf(layout: string, manifests: readonly Descriptor[]): Promise<{ layers: string[]; configs: string[] }> {
  const layers = new Set<string>()
  const configs = new Set<string>()
  const visit = async (descriptor: Descriptor): Promise<void> => {
    const body = JSON.parse(await readFile(blobPath(layout, descriptor.digest), 'utf8')) as { manifests?: Descriptor[]; config?: Descriptor; layers?: Descriptor[] }
    for (const next of body.manifests ?? []) if (next.platform?.architecture === 'amd64') await visit(next)
    for (const layer of body.layers ?? []) layers.add(layer.digest)
    if (body.config !== undefined) configs.add(body.config.digest)
  }
  for (const manifest of manifests) await visit(manifest)
  return { layers: [...layers], configs: [...configs] }
}

/** $1 rootfs, $2 archive, $3 layer digests, $4 config digests (image ids). Prints the image names. */
const script = `set -e
root="$1"
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
exec 3< "$2"
chroot . /usr/bin/busybox ip link set lo up
chroot . /usr/bin/containerd --config /etc/containerd/config-namespace.toml > run/containerd.log 2>&1 &
daemon=$!
fail() { echo "$1" >&2; tail -n 5 run/containerd.log >&2; exit 1; }
tries=0
until chroot . /usr/bin/ctr version > /dev/null 2>&1; do
  tries=$((tries + 1)); [ $tries -gt 300 ] && fail 'containerd did not start'
  kill -0 $daemon 2> /dev/null || fail 'containerd ended'
  sleep 0.1
done
chroot . /usr/bin/ctr -n k8s.io images import --snapshotter overlayfs - <&3 >&2 || fail 'the import failed'
tries=0
for id in $4; do
  until chroot . /usr/bin/ctr -n k8s.io images ls -q | grep -qx "$id"; do
    tries=$((tries + 1)); [ $tries -gt 300 ] && fail "the CRI plugin did not take over $id"
    sleep 0.1
  done
done
for digest in $3; do chroot . /usr/bin/ctr -n k8s.io content rm "$digest" > /dev/null; done
chroot . /usr/bin/ctr -n k8s.io images ls -q
kill $daemon
wait $daemon || true
`
