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
/** On a desktop that is busy, an emulated guest is slow. */
const answerMs = 60_000

/** It opens the port, or fails, before its start is over; then it waits as one running program, so that nothing has to be started first where a start is slow. 227 and 112: clock_settime. */
const script = String.raw`
my $port;
for (glob "/sys/class/virtio-ports/*/name") {
  open my $name, "<", $_ or next;
  $port = $1 if <$name> eq "PORT\n" && m{([^/]+)/name$};
}
open my $line, "+<", "/dev/$port" or die "$port: $!";
exit 0 if fork;
setsid();
open STDERR, ">", "/dev/null"; # else whoever started it waits for its end
my $setting = (uname())[4] eq "aarch64" ? 112 : 227;
my ($words, $part) = ("");
while ($words !~ /\n/) { sysread($line, $part, 256) or exit 0; $words .= $part }
my ($now, $seed) = split " ", $words;
syscall $setting, 0, pack("qq", int $now, ($now - int $now) * 1e9);
if (open my $random, "+>", "/dev/urandom") { syswrite $random, pack("H*", $seed); ioctl $random, 0x5207, 0 }
if (open my $file, "<", "/run/sshd.pid") {
  my $sshd = int <$file>;
  for (glob "/proc/[0-9]*/stat") {
    open my $stat, "<", $_ or next;
    my ($pid, $parent) = <$stat> =~ /^(\d+) \(.*\) \S (\d+)/ or next;
    kill "KILL", $pid if $parent == $sshd;
  }
}
syswrite $line, "done\n";
`.replace('PORT', identityPort)

/** Gives whether something waits now. The lab host's end of the port has to be connected. */
export async function awaitMoment(guest: GuestLine): Promise<boolean> {
  const result = await guest.exec(['/bin/sh', '-c', 'umask 077; mkdir -p /run/kubarium; cat >/run/kubarium/await-moment; exec /usr/bin/perl -MPOSIX=uname,setsid /run/kubarium/await-moment </dev/null >/dev/null'], { stdin: script, timeoutMs: startMs }).catch(() => undefined)
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
