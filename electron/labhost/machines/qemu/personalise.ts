/**
 * Makes a clone itself. It wakes up with the hostname, machine id, host key, MAC, LAN address, clock and random state
 * of its template; after this it has its own, on disk too, so that it keeps them over a restart. containerd goes on
 * undisturbed.
 *
 *   PE1  One program run over the first SSH connection does everything; running it again changes nothing.
 *   PE2  The new host key counts from the next connection on.
 *   PE3  Every clone is given 32 fresh random bytes and told to reseed at once.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Machine } from '../machine.ts'
import { MachineError } from '../machine-error.ts'

/** What personalising needs of a line to the machine. */
export interface RemoteRunner {
  exec(argv: readonly string[], options?: { readonly stdin?: string; readonly timeoutMs?: number }): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/**
 * Arguments: hostname, machine id, LAN address/prefix, LAN MAC, epoch seconds. Input: the seed as hex, an empty line, the
 * host key. Run by busybox, whose own applets spare a program start each: those are what costs time in emulation.
 */
const script = `set -e
hostname=$1 machine_id=$2 lan=$3 mac=$4 now=$5
/usr/bin/date -u -s "@$now" >/dev/null
read -r seed
read -r _
umask 077
cat >/etc/ssh/ssh_host_ed25519_key.new
mv -f /etc/ssh/ssh_host_ed25519_key.new /etc/ssh/ssh_host_ed25519_key
umask 022
kill -HUP "$(cat /run/sshd.pid)"
/usr/bin/perl -e 'open F, "+>", "/dev/urandom"; syswrite F, pack "H*", $ARGV[0]; ioctl F, 0x5207, 0' "$seed" 2>/dev/null || echo "$seed" >/dev/urandom
echo "$hostname" >/etc/hostname
echo "$hostname" >/proc/sys/kernel/hostname
umount /etc/machine-id 2>/dev/null || true
echo "$machine_id" >/etc/machine-id
mkdir -p /etc/kubarium
echo "$lan" >/etc/kubarium/lan
ip link set lan0 down
ip address flush dev lan0
ip link set lan0 address "$mac"
/usr/lib/kubarium/nic lan0
`

export async function personaliseClone(machine: Machine, runner: RemoteRunner, clock: Clock): Promise<void> {
  const { name, identity, lan } = machine.spec
  const result = await runner.exec(['/bin/busybox', 'sh', '-c', script, 'sh', name, identity.machineId, `${lan.address}/${lan.prefix}`, lan.mac, (clock.now() / 1000).toFixed(3)], {
    stdin: `${randomBytes(32).toString('hex')}\n\n${identity.hostKeyPrivate}`,
    timeoutMs: 30_000,
  })
  if (result.code !== 0) throw new MachineError('TemplateFailed', `the clone ${name} could not be given its own identity: ${result.stderr.trim() || `ended with ${result.code}`}`)
}

/** A machine that stood still (paused, made into a template) has a clock that is late by that time; this sets it right. */
export async function setMachineClock(runner: RemoteRunner, clock: Clock): Promise<void> {
  const result = await runner.exec(['/usr/bin/date', '-u', '-s', `@${(clock.now() / 1000).toFixed(3)}`], { timeoutMs: 15_000 })
  if (result.code !== 0) throw new MachineError('TemplateFailed', `the machine's clock could not be set: ${result.stderr.trim()}`)
}
