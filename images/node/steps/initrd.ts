/**
 * The initial RAM disk: a static busybox, a handful of modules and a shell script. It loads the disk and network
 * drivers, gives the management card its name and address (so that sshd can answer before udev has run), mounts the
 * root file system and hands over to systemd. Debian's own RAM disk does the same in 2.5 s more under emulation.
 */
import { renderCpio, type CpioEntry } from './cpio.ts'

const DIRECTORY = 0o040755
const FILE = 0o100644
const PROGRAM = 0o100755
const LINK = 0o120777

export interface InitrdParts {
  readonly busybox: Uint8Array
  /** In loading order: file name to content. */
  readonly modules: readonly { readonly name: string; readonly data: Uint8Array }[]
}

const applets = ['sh', 'mount', 'umount', 'insmod', 'switch_root', 'ip', 'sleep', 'ln', 'mkdir', 'cat']

export function renderInitrd(parts: InitrdParts): Buffer {
  const entries: CpioEntry[] = [
    ...['bin', 'dev', 'proc', 'sys', 'root', 'modules'].map(name => ({ name, mode: DIRECTORY })),
    { name: 'dev/console', mode: 0o020600, device: [5, 1] },
    { name: 'bin/busybox', mode: PROGRAM, data: parts.busybox },
    ...applets.map(name => ({ name: `bin/${name}`, mode: LINK, data: Buffer.from('busybox') })),
    ...parts.modules.map(({ name, data }) => ({ name: `modules/${name}`, mode: FILE, data })),
    { name: 'init', mode: PROGRAM, data: Buffer.from(initScript(parts.modules.map(({ name }) => name))) },
  ]
  return renderCpio(entries)
}

export function initScript(modules: readonly string[]): string {
  return `#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
mount -t proc proc /proc
for module in ${modules.join(' ')}; do insmod /modules/$module; done
ip link set lo up
ip address add 198.18.0.1/32 dev lo
for pair in 10.0:mgmt0 11.0:lan0; do
  for card in /sys/bus/pci/devices/0000:00:\${pair%%:*}/virtio*/net/*; do
    [ -d "$card" ] && ip link set "\${card##*/}" name "\${pair#*:}"
  done
done
if [ -d /sys/class/net/mgmt0 ]; then
  ip address add 10.0.2.15/24 brd + dev mgmt0
  ip link set mgmt0 up
fi
tries=0
until [ -b /dev/vda ]; do
  tries=$((tries + 1))
  [ $tries -gt 200 ] && { echo 'kubarium: no disk /dev/vda'; exec sh; }
  sleep 0.05
done
mount -t ext4 -o rw,noatime,commit=30 /dev/vda /root || { echo 'kubarium: the root file system cannot be mounted'; exec sh; }
umount /proc
mount -o move /sys /root/sys
mount -o move /dev /root/dev
exec switch_root /root /usr/lib/systemd/systemd
`
}
