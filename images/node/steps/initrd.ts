/**
 * The initial RAM disk: a static busybox, a handful of modules and a shell script. It loads the disk and network
 * drivers, gives the management card its name and address (so that sshd can answer before udev has run), mounts the
 * root file system and hands over to systemd. Debian's own RAM disk does the same in 2.5 s more under emulation.
 *
 *   IR1  What CNI remembers of pods' networks (cached results, reserved addresses) lies in memory: it describes network
 *        namespaces, which end with the boot. On the disk, a power cut leaves empty files there that no sandbox of the
 *        last boot can be removed with, and addresses that are never given back.
 */
import { renderCpio, type CpioEntry } from './cpio.ts'

const DIRECTORY = 0o040755
const FILE = 0o100644
const PROGRAM = 0o100755
const LINK = 0o120777

export interface InitrdParts {
  /** A shell script run from the root file system instead of systemd. */
  readonly instead?: string
  /** Name with slashes to value: net/ipv4/ip_forward to 1. */
  readonly sysctls: Readonly<Record<string, string>>
  readonly busybox: Uint8Array
  /** In loading order: file name to content. */
  readonly modules: readonly { readonly name: string; readonly data: Uint8Array }[]
}

const applets = ['sh', 'mount', 'umount', 'insmod', 'switch_root', 'ip', 'sleep', 'ln', 'mkdir', 'mknod', 'sed', 'cp']

export function renderInitrd(parts: InitrdParts): Buffer {
  const entries: CpioEntry[] = [
    ...['bin', 'dev', 'proc', 'sys', 'root', 'modules'].map(name => ({ name, mode: DIRECTORY })),
    { name: 'dev/console', mode: 0o020600, device: [5, 1] },
    { name: 'bin/busybox', mode: PROGRAM, data: parts.busybox },
    ...applets.map(name => ({ name: `bin/${name}`, mode: LINK, data: Buffer.from('busybox') })),
    ...parts.modules.map(({ name, data }) => ({ name: `modules/${name}`, mode: FILE, data })),
    ...(parts.instead === undefined ? [] : [{ name: 'instead', mode: PROGRAM, data: Buffer.from(parts.instead) }]),
    { name: 'init', mode: PROGRAM, data: Buffer.from(initScript(parts.modules.map(({ name }) => name), parts.sysctls)) },
  ]
  return renderCpio(entries)
}

/** Settings are written here, by the shell itself, because a unit of their own would cost ten times as much. */
export function initScript(modules: readonly string[], sysctls: Readonly<Record<string, string>>): string {
  return `#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
mount -t proc proc /proc
mkdir -p /dev/net
[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
for module in ${modules.join(' ')}; do insmod /modules/$module; done
${Object.entries(sysctls).map(([name, value]) => `echo ${value} > /proc/sys/${name}`).join('\n')}
tries=0
until [ -b /dev/vda ]; do
  tries=$((tries + 1))
  [ $tries -gt 200 ] && { echo 'kubarium: no disk /dev/vda'; exec sh; }
  sleep 0.05
done
mount -t ext4 -o rw,noatime,commit=30 /dev/vda /root || { echo 'kubarium: the root file system cannot be mounted'; exec sh; }
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
if [ -d /sys/class/net/lan0 ]; then
  address=$(sed -n 's/.*io\\.systemd\\.credential:kubarium\\.lan=\\([0-9.]*\\/[0-9]*\\).*/\\1/p' /sys/firmware/dmi/entries/11-0/raw)
  [ -r /root/etc/kubarium/lan ] && read -r address < /root/etc/kubarium/lan
  [ -n "$address" ] && ip address add "$address" brd + dev lan0
  ip link set lan0 up
fi
umount /proc
mount -o move /sys /root/sys
mount -o move /dev /root/dev
mount -t tmpfs -o mode=0755,nosuid,nodev,size=20% run /root/run
mkdir /root/run/sshd /root/run/lock
mount -t tmpfs -o mode=0755,nosuid,nodev,noexec,size=5% cni /root/var/lib/cni
[ -r /instead ] && { cp /instead /root/run/instead; exec switch_root /root /usr/bin/busybox sh /run/instead; }
exec switch_root /root /usr/lib/systemd/systemd
`
}

/** Reads a sysctl.d file. */
export function readSysctls(text: string): Record<string, string> {
  const lines = text.split('\n').map(line => /^\s*([\w.\-/]+)\s*=\s*(.*?)\s*$/.exec(line)).filter(match => match !== null)
  return Object.fromEntries(lines.map(match => [(match[1] ?? '').replaceAll('.', '/'), match[2] ?? '']))
}
