/**
 * What services of a machine are doing, told every few seconds by one small program that stays on the machine.
 *
 * Asking afresh each time (a session, a shell, systemctl, a walk through /proc) costs an emulated machine a tenth of its
 * processor, day and night. Here a busybox shell does nothing but its own built-in reads; systemctl or sv is asked only
 * when a service has been started, stopped or has ended.
 *
 *   SW1  The first report comes at once and is whole; each later one comes after intervalMs.
 *   SW2  A change is recognised by a mark that differs for every run of a service (systemd's invocation id, runit's pid
 *        and state); then the service manager is asked again, and while a service is neither up nor down for good.
 *   SW3  Ends with its signal; when the line is lost it throws, and the next watch starts from the beginning.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseUsage, type ProcessUsage } from './process-usage.ts'
import type { ServiceStatus } from './service.ts'
import type { InitSystem, ServiceLink, ServiceManager } from './service-manager.ts'

export interface ServiceReport {
  readonly status: ServiceStatus
  /** null while it does not run. */
  readonly usage: ProcessUsage | null
}

/**
 * Arguments: seconds between reports, then names. Input: lines of process ids to report on. Output, each time:
 * "mark NAME TEXT" for each service, "/proc/PID/stat:…" for each process, and a line with a dot. Ends with its input.
 */
const marks: Record<InitSystem, string> = {
  systemd: `mark="$(readlink "/run/systemd/units/invocation:$name.service")"
    read -r any 2>/dev/null <"/sys/fs/cgroup/system.slice/$name.service/cgroup.procs" && mark="$mark up"`,
  runit: `read -r mark 2>/dev/null <"/etc/sv/$name/supervise/pid"
    read -r any 2>/dev/null <"/etc/sv/$name/supervise/stat" && mark="$mark $any"`,
}

/** busybox's read answers the same to "nothing came in time" and to "nothing will ever come"; only the second comes early. */
function script(init: InitSystem): string {
  return `interval=$1
shift
pids=
while :; do
  for name in "$@"; do
    mark= any=
    ${marks[init]}
    echo "mark $name $mark"
  done
  for pid in $pids; do
    read -r line 2>/dev/null <"/proc/$pid/stat" && echo "/proc/$pid/stat:$line"
  done
  echo . || exit 0
  read -r before _ </proc/uptime
  if read -r -t "$interval" line; then pids=$line; continue; fi
  read -r after _ </proc/uptime
  [ $((\${after%.*} - \${before%.*})) -ge $((interval - 1)) ] || exit 0
done`
}

export interface ServiceWatchOptions {
  readonly link: ServiceLink
  readonly manager: ServiceManager
  readonly names: readonly string[]
  readonly intervalSeconds: number
  readonly signal: AbortSignal
}

export async function* watchServices(options: ServiceWatchOptions): AsyncGenerator<readonly ServiceReport[]> {
  const { manager, names, signal } = options
  signal.throwIfAborted()
  const remote = await options.link.open(['/bin/busybox', 'sh', '-c', script(manager.init), 'sh', String(Math.max(2, Math.round(options.intervalSeconds))), ...names])
  const lines = createInterface({ input: remote.stdout })
  const onAbort = () => { remote.close() }
  signal.addEventListener('abort', onAbort, { once: true })
  remote.stdin.on('error', () => {})
  remote.stderr.resume()
  let known: readonly ServiceStatus[] = []
  let knownMarks = ''
  let block: string[] = []
  try {
    for await (const line of lines) {
      if (line !== '.') {
        block.push(line)
        continue
      }
      const seen = block
      block = []
      const seenMarks = seen.filter(text => text.startsWith('mark ')).join('\n')
      const isSettled = known.every(status => status.state !== 'starting' && status.state !== 'failed')
      if (seenMarks !== knownMarks || !isSettled) { // SW2
        known = await manager.status(names)
        knownMarks = seenMarks
        if (!remote.stdin.write(`${known.flatMap(status => status.pid ?? []).join(' ')}\n`)) await once(remote.stdin, 'drain', { signal })
      }
      const usage = parseUsage(seen.join('\n'))
      yield known.map(status => ({ status, usage: usage.get(status.pid ?? 0) ?? null }))
    }
    signal.throwIfAborted()
    await remote.exited // SW3
  } finally {
    signal.removeEventListener('abort', onAbort)
    lines.close()
    remote.close()
  }
}
