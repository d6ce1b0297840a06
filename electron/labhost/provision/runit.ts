/**
 * Services under runit: /etc/sv/<name>/{run,finish}, supervised by `runsvdir /etc/sv`, which looks for new folders every
 * five seconds.
 *
 *   RN1  Output is appended to /var/log/kubarium/<name>.log; at a start a log above 8 MiB becomes <name>.log.1.
 *   RN2  runit does not count restarts, so `finish` adds a byte to /run/kubarium/<name>.ends for each end.
 *   RN3  `run` is brought last: a folder without it is tried again every second, so nothing is ever started half made.
 */
import { commandLine } from './argv.ts'
import { ProvisionError } from './provision-error.ts'
import type { Service, ServiceStatus } from './service.ts'
import type { ServiceLink, ServiceManager } from './service-manager.ts'

const serviceFolder = '/etc/sv'
const actionTimeoutMs = 90_000

export function runitLogFile(name: string): string {
  return `/var/log/kubarium/${name}.log`
}

/**
 * Waits until runsvdir has taken the service up, then asks for it to run. Arguments: names. runsvdir looks every five
 * seconds, or when something is written to its standard error; and at once only if the folder's time is not the current second.
 */
const enableScript = `set -e
cd ${serviceFolder}
for name in "$@"; do
  left=100
  touch -d "$((left / 10)) seconds ago" .
  while ! [ -p "$name/supervise/ok" ] || ! sv status "./$name" >/dev/null 2>&1; do
    [ $left -gt 0 ] || { echo "runsvdir does not take up $name" >&2; exit 1; }
    [ -p /proc/1/fd/2 ] && echo . >/proc/1/fd/2
    left=$((left - 1)); sleep 0.1
  done
  sv up "./$name" >/dev/null
done`

/** Prints for each name: name, TAB, first line of sv status, TAB, epoch of its last change, TAB, number of ends. */
const statusScript = `cd ${serviceFolder}
for name in "$@"; do
  if [ -d "$name" ]; then
    printf '%s\\t%s\\t%s\\t%s\\n' "$name" "$(sv status "./$name" 2>&1 | head -n 1)" "$(stat -c %Y "$name/supervise/pid" 2>/dev/null)" "$(stat -c %s "/run/kubarium/$name.ends" 2>/dev/null)"
  else
    printf '%s\\tabsent\\t\\t\\n' "$name"
  fi
done`

const removeScript = `cd ${serviceFolder}
[ -d "$1" ] || exit 0
sv -w 20 force-shutdown "./$1" >/dev/null 2>&1
rm -rf "$1" "/run/kubarium/$1.ends"`

export function runitManager(link: ServiceLink): ServiceManager {
  const script = (text: string, names: readonly string[]) => link.run(['/bin/sh', '-c', text, 'sh', ...names], { timeoutMs: actionTimeoutMs })
  const sv = async (action: readonly string[], name: string) => {
    const result = await link.exec(['sv', ...action, `${serviceFolder}/${name}`], { timeoutMs: actionTimeoutMs })
    if (result.code !== 0) throw new ProvisionError('ServiceFailed', `${name} on ${link.name}: ${(result.stdout || result.stderr).trim()}`)
  }
  return {
    init: 'runit',
    filesOf: service => [
      { path: `${serviceFolder}/${service.name}/finish`, content: finishText(service), mode: 0o755 },
      { path: `${serviceFolder}/${service.name}/run`, content: runText(service), mode: 0o755 },
    ],
    reload: () => Promise.resolve(),
    async enable(names) {
      if (names.length > 0) await script(enableScript, names)
    },
    start: name => sv(['-w', '20', 'start'], name),
    stop: name => sv(['-w', '20', 'force-stop'], name),
    async restart(names) {
      for (const name of names) await sv(['-w', '20', 'force-restart'], name)
    },
    async kill(name, signal) {
      const pid = (await this.status([name]))[0]?.pid ?? null
      if (pid === null) throw new ProvisionError('ServiceFailed', `${name} does not run on ${link.name}`)
      await link.run(['kill', `-${signal}`, String(pid)], { timeoutMs: actionTimeoutMs })
    },
    async status(names) {
      return names.length === 0 ? [] : readStatus(await script(statusScript, names))
    },
    logs: (name, { tail, follow }) => link.open(['tail', '-n', String(tail), ...(follow ? ['-F'] : []), '--', runitLogFile(name)]),
    async remove(name) {
      await script(removeScript, [name])
    },
  }
}

export function runText(service: Service): string {
  const log = runitLogFile(service.name)
  return [
    '#!/bin/sh',
    `# ${service.description}`,
    'mkdir -p /var/log/kubarium /run/kubarium',
    `[ "$(stat -c %s ${log} 2>/dev/null || echo 0)" -gt 8388608 ] && mv -f ${log} ${log}.1`,
    `exec >>${log} 2>&1 </dev/null`,
    ...Object.entries(service.environment ?? {}).map(([name, value]) => `export ${commandLine([`${name}=${value}`])}`),
    `exec ${commandLine(service.command)}`,
    '',
  ].join('\n')
}

/** runsv itself leaves a second between two starts. */
export function finishText(service: Service): string {
  const beyondMs = (service.restartDelayMs ?? 1_000) - 1_000
  return [
    '#!/bin/sh',
    `printf x >>/run/kubarium/${service.name}.ends`,
    ...(beyondMs > 0 ? [`exec sleep ${beyondMs / 1_000}`] : []),
    '',
  ].join('\n')
}

export function readStatus(text: string): readonly ServiceStatus[] {
  return text.split('\n').filter(line => line !== '').map(line => {
    const [name = '', said = '', since = '', ends = ''] = line.split('\t')
    const running = /^run: .*\(pid (\d+)\)/.exec(said)
    const state = said === 'absent' ? 'absent'
      : running !== null ? 'running'
        : /^down: .*want up/.test(said) || said.startsWith('finish:') ? 'failed' : 'stopped'
    return {
      name,
      state,
      pid: running === null ? null : Number(running[1]),
      restarts: Number(ends || 0),
      startedAt: running === null || since === '' ? null : new Date(Number(since) * 1000).toISOString().replace('.000Z', 'Z'),
    }
  })
}
