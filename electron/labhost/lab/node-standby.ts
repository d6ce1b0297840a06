/**
 * Agents that stand by in a template, and what makes them go on in its clones.
 *
 *   NS1  They are started in a machine whose clock has been set back, so that a copy's random state counts for nothing
 *        (agents/base/standby.ts). The template's clock stays behind; each clone is given the right one.
 *   NS2  A clone has the services as they are meant to be on its disk before any agent goes on: whatever restarts one
 *        later starts it as on any other machine.
 *   NS3  Telling them to go on can be repeated, and does nothing on a machine where nobody stands by.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { clockBehindMs, standbyFiles } from '../../../agents/base/standby.ts'
import type { CloneFile } from '../machines/qemu/personalise.ts'
import type { RemoteFile } from '../provision/remote-file.ts'
import type { Service } from '../provision/service.ts'
import { type ServiceLink, serviceManager } from '../provision/service-manager.ts'
import { unitFiles } from '../provision/systemd.ts'
import { uploadFiles } from '../provision/upload.ts'
import { type AgentSurroundings, type NodeAgent, nodeAgents, nodeServicesOf, standbyFolder, standbyWordsFiles } from './node-software.ts'

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

const fileOf = (agent: string) => standbyFiles(`${standbyFolder}/${agent}`)

/** For a machine that becomes a template. */
export async function putOnStandby(link: ServiceLink, services: readonly Service[], clock: Clock, signal: AbortSignal): Promise<void> {
  const manager = serviceManager(link, 'systemd')
  await link.run(['/usr/bin/date', '-u', '-s', `@${Math.floor((clock.now() - clockBehindMs) / 1_000)}`], { timeoutMs: waitMs, signal }) // NS1
  await link.run(['mkdir', '-p', '-m', '0700', standbyFolder], { timeoutMs: waitMs, signal })
  await uploadFiles(link, services.flatMap(service => manager.filesOf(service)), { signal })
  const names = services.map(service => service.name)
  await manager.enable(names)
  await link.run(['/bin/busybox', 'sh', '-c', awaitScript, 'sh', ...names.map(name => fileOf(name).ready)], { timeoutMs: waitMs, signal })
  await link.run(['sync'], { timeoutMs: waitMs, signal })
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
