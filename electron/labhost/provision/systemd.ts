/** Services as systemd units. */
import { removeFiles } from './upload.ts'
import type { RemoteFile } from './remote-file.ts'
import type { Service, ServiceState, ServiceStatus } from './service.ts'
import type { ServiceLink, ServiceManager } from './service-manager.ts'

const unitFolder = '/etc/systemd/system'
const actionTimeoutMs = 90_000
const properties = ['Id', 'LoadState', 'ActiveState', 'SubState', 'MainPID', 'NRestarts', 'ExecMainStartTimestamp'] as const

/** What `systemctl enable --now` does, with one reload instead of two: each costs half a second in an emulated machine. */
const enableScript = `set -e
wants=${unitFolder}/multi-user.target.wants
mkdir -p "$wants"
for unit in "$@"; do ln -sf "../$unit" "$wants/$unit"; done
systemctl daemon-reload
exec systemctl start --no-block "$@"`

export function systemdManager(link: ServiceLink): ServiceManager {
  const systemctl = (...args: readonly string[]) => link.run(['systemctl', '--no-ask-password', ...args], { timeoutMs: actionTimeoutMs })
  return {
    init: 'systemd',
    filesOf: unitFiles,
    async reload() {
      await systemctl('daemon-reload')
    },
    async enable(names) {
      if (names.length > 0) await link.run(['/bin/sh', '-c', enableScript, 'sh', ...names.map(unitName)], { timeoutMs: actionTimeoutMs })
    },
    async start(name) {
      await systemctl('start', unitName(name))
    },
    async stop(name) {
      await systemctl('stop', unitName(name))
    },
    async restart(names) {
      if (names.length > 0) await systemctl('restart', '--no-block', ...names.map(unitName))
    },
    async kill(name, signal) {
      await systemctl('kill', '--kill-whom=main', `--signal=${signal}`, unitName(name))
    },
    async status(names) {
      if (names.length === 0) return []
      return readShow(await systemctl('show', '--timestamp=unix', `--property=${properties.join(',')}`, ...names.map(unitName)))
    },
    logs: (name, { tail, follow }) => link.open(['journalctl', '--no-pager', '--quiet', '--output=cat', `--unit=${unitName(name)}`, `--lines=${tail}`, ...(follow ? ['--follow'] : [])]),
    async remove(name) {
      await link.exec(['systemctl', 'disable', '--quiet', '--now', unitName(name)], { timeoutMs: actionTimeoutMs })
      await removeFiles(link, [`${unitFolder}/${name}.service`])
      await systemctl('daemon-reload')
    },
  }
}

function unitName(name: string): string {
  return `${name}.service`
}

export function unitFiles(service: Service): readonly RemoteFile[] {
  return [{ path: `${unitFolder}/${unitName(service.name)}`, content: unitText(service) }]
}

export function unitText(service: Service): string {
  const after = (service.after ?? []).map(unitName)
  const lines = [
    '[Unit]',
    `Description=${service.description}`,
    ...(after.length > 0 ? [`After=${after.join(' ')}`, `Wants=${after.join(' ')}`] : []),
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    ...Object.entries(service.environment ?? {}).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`),
    `ExecStart=${service.command.map(quote).join(' ')}`,
    'Restart=always',
    `RestartSec=${service.restartDelayMs ?? 1_000}ms`,
    ...(service.keepsChildren === true ? ['KillMode=process', 'Delegate=yes'] : []),
    'TimeoutStopSec=20',
    'LimitNOFILE=1048576',
    'OOMScoreAdjust=-900',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ]
  return lines.join('\n')
}

/** systemd's own quoting: %, $ and \ mean something to it even inside quotes. */
function quote(word: string): string {
  const safe = word.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[A-Za-z0-9_@+=:,./%$-]+$/.test(safe) ? safe : `"${safe.replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** Blocks of Name=value lines, an empty line between units, in the order asked for. */
export function readShow(text: string): readonly ServiceStatus[] {
  return text.trim().split(/\n\n+/).map(block => {
    const values = new Map(block.split('\n').map(line => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)] as const
    }))
    const startedAt = /^@(\d+)/.exec(values.get('ExecMainStartTimestamp') ?? '')
    const pid = Number(values.get('MainPID') ?? 0)
    return {
      name: (values.get('Id') ?? '').replace(/\.service$/, ''),
      state: stateOf(values.get('LoadState') ?? '', values.get('ActiveState') ?? '', values.get('SubState') ?? ''),
      pid: pid === 0 ? null : pid,
      restarts: Number(values.get('NRestarts') ?? 0),
      startedAt: startedAt === null || pid === 0 ? null : new Date(Number(startedAt[1]) * 1000).toISOString().replace('.000Z', 'Z'),
    }
  })
}

function stateOf(load: string, active: string, sub: string): ServiceState {
  if (load === 'not-found') return 'absent'
  if (active === 'active' || active === 'reloading') return 'running'
  if (active === 'activating') return sub === 'auto-restart' ? 'failed' : 'starting'
  return active === 'failed' ? 'failed' : 'stopped'
}
