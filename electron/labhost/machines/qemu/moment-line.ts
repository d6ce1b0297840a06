/**
 * What a machine that is restored is told: which time it is, and 32 fresh random bytes. A program waits for that in the guest,
 * at the port that clones are told their identity over (personalise.ts); it is started for each save and ends with the line that the lab
 * host holds meanwhile, so that in the machine that goes on nothing is left of it.
 *
 *   ML1  Sessions of sshd from before are ended: their connections do not exist any more, but they hold the addresses that the
 *        new session is going to publish.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Clock } from '../../../../agents/base/clock.ts'
import type { GuestLine } from '../machine.ts'
import { identityPort } from './personalise.ts'

const startMs = 10_000
const answerMs = 10_000

const script = `for entry in /sys/class/virtio-ports/*; do
  read -r name <"$entry/name" && [ "$name" = ${identityPort} ] && port=/dev/\${entry##*/}
done
exec 3<>"$port" || exit 1
read -r now seed <&3 || exit 0
/usr/bin/date -u -s "@$now" >/dev/null
/usr/bin/perl -e 'open F, "+>", "/dev/urandom"; syswrite F, pack "H*", $ARGV[0]; ioctl F, 0x5207, 0' "$seed"
kill $(pgrep -P "$(cat /run/sshd.pid)") 2>/dev/null
echo done >&3
`

/** Gives whether something waits now. The lab host's end of the port has to be connected. */
export async function awaitMoment(guest: GuestLine): Promise<boolean> {
  const result = await guest.exec(['/bin/sh', '-c', 'umask 077; mkdir -p /run/kubarium; cat >/run/kubarium/await-moment; setsid /bin/busybox sh /run/kubarium/await-moment </dev/null >/dev/null 2>&1 &'], { stdin: script, timeoutMs: startMs }).catch(() => undefined)
  return result?.code === 0
}

/** False when nobody answers. */
export async function tellMoment(socket: Socket, clock: Clock): Promise<boolean> {
  const late = new AbortController()
  using _timer = clock.after(answerMs, () => { late.abort() })
  socket.write(`${(clock.now() / 1000).toFixed(3)} ${randomBytes(32).toString('hex')}\n`)
  try {
    for (let answer = ''; !answer.includes('done\n');) {
      const [chunk] = await Promise.race([once(socket, 'data', { signal: late.signal }), once(socket, 'close', { signal: late.signal })]) as [unknown]
      if (chunk === undefined || typeof chunk === 'boolean') return false
      answer += String(chunk)
    }
    return true
  } catch {
    return false
  }
}
