/**
 * The shell script that puts container images into containerd, run by the busybox of the new root file system, with
 * that as its root. The archive comes on stdin; the names of the images go to stdout, then "populated".
 *
 *   PC1  The images are in namespace k8s.io, unpacked, and known to the CRI plugin under name and id.
 *   PC2  Layer blobs are dropped once unpacked; a later pull finds the snapshots and asks for no layer.
 */
export interface PopulateNames {
  /** Digests of the layers that this machine unpacks. */
  readonly layers: readonly string[]
  /** Digests of the configs, by which the CRI plugin knows images. */
  readonly configs: readonly string[]
}

export function populateScript({ layers, configs }: PopulateNames): string {
  return `
ctr() { /usr/bin/ctr -n k8s.io "$@"; }
fail() { echo "populate: $1"; tail -n 5 /run/containerd.log; kill $daemon 2> /dev/null; exit 1; }
exec 3<&0
/usr/bin/busybox ip link set lo up
/usr/bin/containerd --config /etc/containerd/config-namespace.toml > /run/containerd.log 2>&1 &
daemon=$!
tries=0
until ctr version > /dev/null 2>&1; do
  tries=$((tries + 1)); [ $tries -gt 600 ] && fail 'containerd did not start'
  kill -0 $daemon 2> /dev/null || fail 'containerd ended'
  sleep 0.1
done
ctr images import --snapshotter overlayfs - <&3 > /run/import.log 2>&1 || { tail -n 3 /run/import.log; fail 'the import failed'; }
tries=0
for id in ${configs.join(' ')}; do
  until ctr images ls -q | grep -qx "$id"; do
    tries=$((tries + 1)); [ $tries -gt 600 ] && fail "the CRI plugin did not take over $id"
    sleep 0.1
  done
done
for digest in ${layers.join(' ')}; do
  ctr content rm "$digest" > /dev/null
  rm -f "/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256/\${digest#sha256:}" # its own collector would do so later
done
ctr images ls -q
kill $daemon
wait $daemon
rm -rf /var/lib/containerd/io.containerd.grpc.v1.introspection # an identity; each worker makes its own
echo populated
`
}
