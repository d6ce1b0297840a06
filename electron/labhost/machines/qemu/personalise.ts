/**
 * Makes a clone itself. It wakes up with the hostname, machine id, host key, MAC, LAN address, clock and random state
 * of its template; after this it has its own, on disk too, so that it keeps them over a restart. containerd goes on
 * undisturbed.
 *
 * A program that was started in the template waits at a port of the machine (a virtio serial port, which leads to a
 * socket of the machine's directory and nowhere else). So a clone needs no login that it shares with its template, and no
 * key exchange before it has keys of its own.
 *
 *   PE1  One message does everything: a line of words, then a tar of files. The answer is one line.
 *   PE2  The host key counts from then on, and nothing opens the clone but its own login key: the one given to the
 *        template at boot goes with its folder.
 *   PE3  Every clone is given 32 fresh random bytes and reseeds at once, before it is given anything else.
 *   PE4  What waits in the clone for a mark gets it when that is asked for: by then clock, random state, files and
 *        addresses are the clone's.
 *   PE5  The program ends with the connection that it was told over.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { packTar } from 'modern-tar'
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Machine } from '../machine.ts'
import { MachineError, type MachineFailure } from '../machine-error.ts'

/** What preparing a template needs of a line to the machine. */
export interface RemoteRunner {
  exec(argv: readonly string[], options?: { readonly stdin?: string; readonly timeoutMs?: number }): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

export interface CloneFile {
  /** Absolute, without spaces; its folder exists in the template. */
  readonly path: string
  readonly content: string
  /** Permission bits; 0o644 where not given. */
  readonly mode?: number
}

export const identityPort = 'kubarium.identity'
const program = '/run/kubarium/await-identity'
const answerMs = 30_000

/**
 * The line: hostname, LAN MAC, epoch seconds, seed as hex, size of the tar. A port whose other end is not connected reads
 * as ended, so it is asked again. Run by busybox, whose own applets spare a program start each: those are what costs time
 * in emulation.
 */
const script = `for entry in /sys/class/virtio-ports/*; do
  read -r name <"$entry/name" && [ "$name" = ${identityPort} ] && port=/dev/\${entry##*/}
done
exec 3<>"$port"
problem=/run/kubarium/identity-problem
until read -r hostname mac now seed size <&3; do sleep 0.05; done
(
  set -e
  /usr/bin/date -u -s "@$now" >/dev/null
  /usr/bin/perl -e 'open F, "+>", "/dev/urandom"; syswrite F, pack "H*", $ARGV[0]; ioctl F, 0x5207, 0 or die "the kernel did not reseed: $!\\n"' "$seed"
  umount /etc/machine-id 2>/dev/null || true
  head -c "$size" <&3 | tar -x -f - -C /
  umount -l /run/credentials/@system 2>/dev/null || true
  rm -rf /run/credentials/@system
  kill -HUP "$(cat /run/sshd.pid)"
  echo "$hostname" >/proc/sys/kernel/hostname
  ip link set lan0 down
  ip address flush dev lan0
  ip link set lan0 address "$mac"
  /usr/lib/kubarium/nic lan0
) 2>"$problem"
if [ $? -ne 0 ]; then
  echo "failed $(tr '\\n' ' ' <"$problem")" >&3
  exit 1
fi
echo done >&3
while read -r marks <&3; do
  for mark in $marks; do : >"$mark"; done
  echo done >&3
done
`

/** Starts the program in a machine that becomes a template; it does not end with the line that it was started over. */
export async function awaitIdentity(runner: RemoteRunner): Promise<void> {
  const result = await runner.exec(['/bin/sh', '-c', 'umask 077; mkdir -p "${1%/*}"; cat >"$1"; exec systemd-run --quiet --collect --unit=kubarium-identity /bin/busybox sh "$1"', 'sh', program], { stdin: script, timeoutMs: answerMs })
  if (result.code !== 0) throw new MachineError('TemplateFailed', `nothing could be made to wait for an identity: ${result.stderr.trim() || `ended with ${result.code}`}`)
}

/** The lab host's end of the port. */
export class IdentityLine implements Disposable {
  readonly #name: string
  readonly #socket: Socket
  readonly #clock: Clock

  constructor(name: string, socket: Socket, clock: Clock) {
    this.#name = name
    this.#socket = socket
    this.#clock = clock
    socket.on('error', () => {})
    socket.setEncoding('utf8')
  }

  async personalise(machine: Machine, belongings: readonly CloneFile[]): Promise<void> {
    const archive = await archiveOf([...identityFiles(machine), ...belongings])
    const words = [machine.spec.name, machine.spec.lan.mac, (this.#clock.now() / 1000).toFixed(3), randomBytes(32).toString('hex'), archive.length]
    await this.#tell(Buffer.concat([Buffer.from(`${words.join(' ')}\n`), archive]))
  }

  /** PE4: makes these empty files. */
  async mark(paths: readonly string[]): Promise<void> {
    await this.#tell(`${paths.join(' ')}\n`)
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  async #tell(message: string | Uint8Array): Promise<void> {
    const refuse = (why: string, reason: MachineFailure = 'TemplateFailed'): MachineError => new MachineError(reason, `the clone ${this.#name} could not be given its own identity: ${why}`)
    const late = new AbortController()
    using _timer = this.#clock.after(answerMs, () => { late.abort() })
    this.#socket.write(message)
    let answer = ''
    while (!answer.includes('\n')) {
      const [chunk] = await Promise.race([once(this.#socket, 'data', { signal: late.signal }), once(this.#socket, 'close', { signal: late.signal })]).catch(() => { throw refuse(`no answer within ${answerMs / 1_000} s`, 'CloneSilent') }) as [unknown]
      if (typeof chunk !== 'string') throw refuse('the line to it was lost')
      answer += chunk
    }
    if (answer.trim() !== 'done') throw refuse(answer.trim().replace(/^failed /, ''))
  }
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
