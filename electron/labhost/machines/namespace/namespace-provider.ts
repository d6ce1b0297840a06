/**
 * Namespace machines: the node image's root file system in namespaces of the desktop's own kernel. Linux and root only;
 * up in a fraction of a second. Real containers, real kernel networking; kernel, clock and hardware are the desktop's.
 *
 *   NP1  Everything is done by unshare, nsenter, mount and ip with argument arrays, and one fixed script (init-script.ts).
 *   NP2  A process counts as the machine's process 1 only if both its id and its start time are the recorded ones.
 *   NP3  Mounts live in the machine's own mount namespace and go with it; control groups and bridge ports are named by
 *        the machine's directory and are removed whether or not anything is recorded.
 */
import { spawn, type SpawnOptions } from 'node:child_process'
import { access, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Clock } from '../../../../agents/base/clock.ts'
import type { Log } from '../../../../agents/base/log.ts'
import type { DoctorFinding } from '../../../contract/labs.ts'
import { readProcessStat, sendSignal, startMark, waitForEnd } from '../local-process.ts'
import type { Machine, MachineProvider } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { createMachineDirectory, machineFiles, writeRunRecord, writeWhole } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'
import { MachineCgroups, readHierarchies } from './cgroups.ts'
import { LabBridge } from './lab-bridge.ts'
import { LabUplink } from './lab-uplink.ts'
import { NamespaceMachine, portName } from './namespace-machine.ts'
import { releaseDisks } from './namespace-disks.ts'
import { namespaceFiles, prepareRoot } from './prepare-root.ts'

export interface NamespaceProviderOptions {
  readonly clock: Clock
  readonly log: Log
  /** The lab's run folder: holds the LAN's network namespace. One provider a lab. */
  readonly runDirectory: string
}

export interface NamespaceProvider extends MachineProvider {
  readonly bridge: LabBridge
  start(machine: Machine): Promise<NamespaceMachine>
  adopt(machine: Machine): Promise<NamespaceMachine | null>
}

const startTimeoutMs = 20_000

export function createNamespaceProvider(options: NamespaceProviderOptions): NamespaceProvider {
  const { clock, log } = options
  const bridge = new LabBridge(join(options.runDirectory, 'lan.netns'), new LabUplink(options.runDirectory, clock))

  async function hold(machine: Machine, pid: number): Promise<NamespaceMachine> {
    return new NamespaceMachine({ machine, pid, cgroups: await MachineCgroups.of(machine), bridge, clock, log, startAgain: () => launch(machine) })
  }

  async function launch(machine: Machine): Promise<number> {
    const cgroups = await MachineCgroups.of(machine)
    await prepareRoot(machine)
    await releaseDisks(machine)
    await rm(join(machine.directory, namespaceFiles.stat), { force: true })
    await cgroups.create()
    await cgroups.limit(machine)
    const errors = await open(join(machine.directory, namespaceFiles.log), 'w', 0o600)
    const child = spawn('/bin/sh', [
      join(machine.directory, namespaceFiles.script), 'enter', machine.directory, machine.spec.name, String(cgroups.version), cgroups.leafFile,
      ...cgroups.rootProcsFiles, '--', ...cgroups.mounts,
    ], { detached: true, stdio: ['ignore', 'pipe', errors.fd], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } } as SpawnOptions)
    child.on('error', () => {})
    child.unref()
    await errors.close()
    const said = async () => (await readFile(join(machine.directory, namespaceFiles.log), 'utf8').catch(() => '')).trim()
    let pid: number | undefined
    let ready = false
    let plugged: Promise<void> | undefined
    using _timer = clock.after(startTimeoutMs, () => { child.kill('SIGKILL') })
    for await (const line of createInterface({ input: child.stdout! })) {
      const match = /^pid (\d+)$/.exec(line)
      if (match !== null) {
        pid = Number(match[1])
        plugged = bridge.plug(portName(machine), pid, machine.spec.lan)
        plugged.catch(() => {})
      }
      ready = line === 'ready'
      if (ready) break // the process that waits for process 1 keeps its end of the pipe open
    }
    child.stdout!.destroy()
    try {
      if (pid === undefined || !ready) throw new MachineError('StartFailed', `${machine.spec.name} did not start: ${await said() || 'it said nothing'}`)
      await plugged
      await writeRunRecord(machine, { pid })
      await writeWhole(join(machine.directory, machineFiles.knownHosts), `${machine.spec.name} ${machine.spec.identity.hostKeyPublic.split(' ').slice(0, 2).join(' ')}\n`)
      return pid
    } catch (error) {
      if (pid !== undefined) sendSignal(pid, 'SIGKILL')
      await cgroups.remove(clock, 5_000).catch(() => {})
      await bridge.unplug(portName(machine))
      throw error
    }
  }

  return {
    name: 'namespace',
    saved: null,
    bridge,
    check: checkNamespaces,
    create: (spec, directory) => createMachineDirectory(spec, directory),

    async start(machine) {
      if (await livePid(machine) !== undefined) throw new MachineError('AlreadyRunning', `${machine.spec.name} is already running`)
      return hold(machine, await launch(machine))
    },

    async adopt(machine) {
      const pid = await livePid(machine)
      return pid === undefined ? null : hold(machine, pid)
    },

    async delete(machine) {
      const pid = await livePid(machine)
      const cgroups = await MachineCgroups.of(machine)
      if (pid !== undefined) {
        await cgroups.freeze(false).catch(() => {})
        sendSignal(pid, 'SIGKILL')
        await waitForEnd(pid, 10_000, clock)
      }
      await cgroups.remove(clock, 5_000)
      await bridge.unplug(portName(machine))
      await bridge.removeIfUnused()
      await releaseDisks(machine)
      await rm(machine.directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** NP2 */
async function livePid(machine: Machine): Promise<number | undefined> {
  const text = await readFile(join(machine.directory, namespaceFiles.stat), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  const recorded = readProcessStat(text.trim())
  if (recorded === undefined || !Number.isInteger(pid) || pid <= 1) return undefined
  return await startMark(pid) === String(recorded.startTicks) ? pid : undefined
}

async function checkNamespaces(): Promise<readonly DoctorFinding[]> {
  if (process.platform !== 'linux') return [{ check: 'namespaces', state: 'missing', text: 'namespace machines need Linux', remedy: null }]
  if (process.getuid?.() !== 0) return [{ check: 'namespaces', state: 'missing', text: 'namespace machines need root', remedy: 'run kubarium as root, or use provider "qemu"' }]
  const findings: DoctorFinding[] = []
  for (const [program, from] of [['unshare', 'util-linux'], ['nsenter', 'util-linux'], ['mount', 'mount'], ['pivot_root', 'util-linux'], ['ip', 'iproute2']] as const) {
    const places = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map(folder => join(folder, program))
    const found = (await Promise.all(places.map(place => access(place).then(() => true, () => false)))).includes(true)
    if (!found) findings.push({ check: program, state: 'missing', text: `the program ${program} is not installed`, remedy: `sudo apt-get install -y ${from}` })
  }
  if (findings.length > 0) return findings
  const trial = await runProgram('unshare', ['--fork', '--mount', '--net', '--pid', '--uts', '--ipc', '--cgroup', 'ip', 'link', 'add', 'name', 'trial0', 'type', 'veth', 'peer', 'name', 'trial1'], { timeoutMs: 10_000 }).then(() => undefined, (error: Error) => error.message)
  const filesystems = await readFile('/proc/filesystems', 'utf8').catch(() => '')
  const hierarchies = readHierarchies(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''))
  if (trial !== undefined) findings.push({ check: 'namespaces', state: 'missing', text: `this kernel does not let namespaces be made: ${trial}`, remedy: null })
  if (!/\boverlay\b/.test(filesystems)) findings.push({ check: 'overlayfs', state: 'missing', text: 'the kernel has no overlay file system', remedy: 'sudo modprobe overlay' })
  if (hierarchies.length === 0) findings.push({ check: 'control groups', state: 'missing', text: 'no control groups are mounted', remedy: null })
  return findings.length > 0 ? findings : [{ check: 'namespaces', state: 'ok', text: `namespace machines work (control groups version ${hierarchies[0]!.version})`, remedy: null }]
}
