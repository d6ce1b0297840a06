/**
 * Makes a clone itself. It wakes up with the hostname, machine id, host key, MAC, LAN address, clock and random state
 * of its template; after this it has its own, on disk too, so that it keeps them over a restart. containerd goes on
 * undisturbed.
 *
 *   PE1  One program run over the first SSH connection does everything; running it again changes nothing.
 *   PE2  The new host key counts from the next connection on.
 *   PE3  Every clone is given 32 fresh random bytes and told to reseed at once.
 *   PE4  What waits in the clone for a mark is given it last: by then clock, random state, files and addresses are the clone's.
 *   PE5  From then on only the clone's own login key opens it: the one given to the template at boot goes with its folder.
 */
import { randomBytes } from 'node:crypto'
import { packTar } from 'modern-tar'
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Machine } from '../machine.ts'
import { MachineError } from '../machine-error.ts'

/** What personalising needs of a line to the machine. */
export interface RemoteRunner {
  exec(argv: readonly string[], options?: { readonly stdin?: Uint8Array; readonly timeoutMs?: number }): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

export interface CloneFile {
  /** Absolute; its folder exists in the template. */
  readonly path: string
  readonly content: string
  /** Permission bits; 0o644 where not given. */
  readonly mode?: number
}

/** What a clone is given beside its identity. */
export interface CloneBelongings {
  readonly files: readonly CloneFile[]
  /** Empty files that something in the clone waits for. */
  readonly marks: readonly string[]
}

/**
 * Arguments: hostname, LAN MAC, epoch seconds, marks. Input: the seed as hex, then a tar of files. Run by busybox, whose
 * own applets spare a program start each: those are what costs time in emulation.
 */
const script = `set -e
hostname=$1 mac=$2 now=$3
shift 3
/usr/bin/date -u -s "@$now" >/dev/null
read -r seed
/usr/bin/perl -e 'open F, "+>", "/dev/urandom"; syswrite F, pack "H*", $ARGV[0]; ioctl F, 0x5207, 0 or die "the kernel did not reseed: $!\\n"' "$seed"
umount /etc/machine-id 2>/dev/null || true
tar -x -f - -C /
umount -l /run/credentials/@system 2>/dev/null || true
rm -rf /run/credentials/@system
kill -HUP "$(cat /run/sshd.pid)"
echo "$hostname" >/proc/sys/kernel/hostname
ip link set lan0 down
ip address flush dev lan0
ip link set lan0 address "$mac"
/usr/lib/kubarium/nic lan0
for mark in "$@"; do : >"$mark"; done
`

export async function personaliseClone(machine: Machine, runner: RemoteRunner, clock: Clock, belongings: CloneBelongings = { files: [], marks: [] }): Promise<void> {
  const { name, lan } = machine.spec
  const archive = await archiveOf([...identityFiles(machine), ...belongings.files])
  const result = await runner.exec(['/bin/busybox', 'sh', '-c', script, 'sh', name, lan.mac, (clock.now() / 1000).toFixed(3), ...belongings.marks], {
    stdin: Buffer.concat([Buffer.from(`${randomBytes(32).toString('hex')}\n`), archive]),
    timeoutMs: 30_000,
  })
  if (result.code !== 0) throw new MachineError('TemplateFailed', `the clone ${name} could not be given its own identity: ${result.stderr.trim() || `ended with ${result.code}`}`)
}

function identityFiles({ spec: { name, identity, lan } }: Machine): readonly CloneFile[] {
  return [
    { path: '/etc/ssh/ssh_host_ed25519_key', content: identity.hostKeyPrivate, mode: 0o600 },
    { path: '/root/.ssh/authorized_keys', content: `${identity.authorizedKey}\n`, mode: 0o600 },
    { path: '/etc/hostname', content: `${name}\n` },
    { path: '/etc/machine-id', content: `${identity.machineId}\n`, mode: 0o444 },
    { path: '/etc/kubarium/lan', content: `${lan.address}/${lan.prefix}\n` },
  ]
}

function archiveOf(files: readonly CloneFile[]): Promise<Uint8Array> {
  return packTar(files.map(({ path, content, mode = 0o644 }) => {
    const body = Buffer.from(content)
    return { header: { name: path.slice(1), size: body.length, mode, type: 'file', uid: 0, gid: 0, mtime: new Date(0) }, body }
  }))
}

/** A machine that stood still (paused, made into a template) has a clock that is late by that time; this sets it right. */
export async function setMachineClock(runner: RemoteRunner, clock: Clock): Promise<void> {
  const result = await runner.exec(['/usr/bin/date', '-u', '-s', `@${(clock.now() / 1000).toFixed(3)}`], { timeoutMs: 15_000 })
  if (result.code !== 0) throw new MachineError('TemplateFailed', `the machine's clock could not be set: ${result.stderr.trim()}`)
}
