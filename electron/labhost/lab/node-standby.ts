/**
 * Agents that stand by in a template, and what makes them go on in its clones.
 *
 *   NS1  They are started in a machine whose clock has been set back, so that a copy's random state counts for nothing
 *        (agents/base/standby.ts). The template's clock stays behind; each clone is given the right one.
 *   NS2  A clone has the services as they are meant to be on its disk before any agent goes on: whatever restarts one
 *        later starts it as on any other machine.
 *   NS3  Telling them to go on can be repeated, and does nothing on a machine where nobody stands by.
 *   NS4  Of the cluster that they rehearse in (rehearsal-api.ts) nothing stays but code that has been run: its credentials,
 *        its devices, routes and CNI configuration are taken away before the template is made.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { clockBehindMs, standbyFiles } from '../../../agents/base/standby.ts'
import type { CloneFile } from '../machines/qemu/personalise.ts'
import type { RemoteFile } from '../provision/remote-file.ts'
import type { Service } from '../provision/service.ts'
import { type ServiceLink, serviceManager } from '../provision/service-manager.ts'
import { type SshLink, connectTcp } from '../provision/ssh-link.ts'
import { unitFiles } from '../provision/systemd.ts'
import { removeFiles, uploadFiles } from '../provision/upload.ts'
import { type AgentSurroundings, type NodeAgent, nodeAgents, nodeServicesOf, standbyFolder, standbyWordsFiles } from './node-software.ts'
import { nodeLocal } from './node-local.ts'
import { RehearsalApi } from './rehearsal-api.ts'

const waitMs = 120_000

/** Arguments: files that are awaited. It ends with the line that it runs over. */
const awaitScript = `for file in "$@"; do
  while [ ! -e "$file" ]; do sleep 0.2; done
done`

/** Arguments: folder, agents. */
const goOnScript = `cd "$1" 2>/dev/null || exit 0
shift
for agent in "$@"; do
  [ ! -e "$agent.json" ] || : >"$agent.go"
done
[ ! -e reloaded ] || exit 0
systemctl daemon-reload
: >reloaded
sync`

/** What the overlay made. iproute2, by its path: busybox's own `ip` knows no protocol and would flush every route. */
const overlayLeftovers = [['/usr/sbin/ip', 'link', 'del', 'vxlan.kubarium'], ['/usr/sbin/ip', 'route', 'flush', 'proto', '73'], ['rm', '-f', '/etc/cni/net.d/10-kubarium.conflist']] as const

export interface Rehearsal {
  /** Words and credentials of those who rehearse. */
  readonly files: readonly RemoteFile[]
  /** What the API server of the rehearsal serves with. */
  readonly serving: { readonly certificate: string; readonly key: string }
}

const fileOf = (agent: string) => standbyFiles(`${standbyFolder}/${agent}`)

/** For a machine that becomes a template. */
export async function putOnStandby(link: SshLink, services: readonly Service[], rehearsal: Rehearsal | undefined, clock: Clock, signal: AbortSignal): Promise<void> {
  const manager = serviceManager(link, 'systemd')
  const run = (...argv: readonly string[]) => link.run(argv, { timeoutMs: waitMs, signal })
  const awaitFiles = (files: readonly string[]) => run('/bin/busybox', 'sh', '-c', awaitScript, 'sh', ...files)
  await run('/usr/bin/date', '-u', '-s', `@${Math.floor((clock.now() - clockBehindMs) / 1_000)}`) // NS1
  await run('mkdir', '-p', '-m', '0700', standbyFolder)
  const files = rehearsal?.files ?? []
  await uploadFiles(link, [...files, ...services.flatMap(service => manager.filesOf(service))], { signal })
  const names = services.map(service => service.name)
  await manager.enable(names)
  if (rehearsal !== undefined) {
    using api = await RehearsalApi.open(rehearsal.serving)
    using _published = link.publish({ address: nodeLocal.address, port: nodeLocal.apiPort }, connectTcp('127.0.0.1', api.port))
    await withTimeout(api.over, clock, signal)
    await run('touch', ...names.map(name => fileOf(name).rehearsed))
    await awaitFiles(names.map(name => fileOf(name).ready))
  } else await awaitFiles(names.map(name => fileOf(name).ready))
  if (rehearsal !== undefined) { // NS4
    await removeFiles(link, files.map(file => file.path), { signal })
    for (const argv of overlayLeftovers) await link.exec(argv, { timeoutMs: waitMs, signal })
  }
  await run('sync')
}

/** What a clone must be given before its agents go on (NS2). */
export function standbyBelongings(around: AgentSurroundings, identity: readonly RemoteFile[]): readonly CloneFile[] {
  const units = nodeServicesOf(nodeAgents, around).flatMap(unitFiles)
  return [...identity, ...units, ...standbyWordsFiles(nodeAgents, around)].map(({ path, content, mode }) => {
    if (typeof content !== 'string') throw new Error(`${path} is not a text`)
    return { path, content, ...(mode === undefined ? {} : { mode }) }
  })
}

/** What these agents wait for. */
export function goMarks(agents: readonly NodeAgent[]): readonly string[] {
  return agents.map(agent => fileOf(agent).go)
}

/** NS3 */
export async function tellToGoOn(link: ServiceLink, agents: readonly NodeAgent[]): Promise<void> {
  await link.run(['/bin/busybox', 'sh', '-c', goOnScript, 'sh', standbyFolder, ...agents], { timeoutMs: waitMs })
}

async function withTimeout(done: Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  const late = new AbortController()
  try {
    await Promise.race([done, sleep(clock, waitMs, AbortSignal.any([signal, late.signal])).then(() => { throw new Error(`the rehearsal did not bring its node to Ready within ${waitMs / 1_000} s`) })])
  } finally {
    late.abort()
  }
}
