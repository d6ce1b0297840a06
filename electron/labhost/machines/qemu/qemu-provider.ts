/**
 * Virtual machines by QEMU: no root, any desktop system.
 *
 *   QP1  QEMU runs detached, in the machine's directory, with a umask of 077: it outlives the lab host, and its sockets
 *        and files are its owner's alone.
 *   QP2  The run record is written before QEMU starts and QEMU writes its own pid file, so that however the lab host dies
 *        the machine is found again. A process counts as the machine's only if it runs in the machine's directory.
 *   QP3  A start that fails leaves no process behind and tells QEMU's own last words.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chmod, open, readFile, rename, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import type { Log } from '../../../../agents/base/log.ts'
import type { DoctorFinding } from '../../../contract/labs.ts'
import { linkOrPoint } from '../link-or-point.ts'
import { isAlive, runsIn, sendSignal, waitForEnd } from '../local-process.ts'
import type { Machine, MachineProvider, MachineSpec } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { createMachineDirectory, machineFiles, readRunRecord, removeRunRecord, writeRunRecord, writeWhole } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'
import { connectUnix } from '../unix-path.ts'
import { type AccelerationVerdict, findAcceleration, qemuProgram, verdictFile } from './acceleration.ts'
import { type QemuStart, qemuArguments } from './command-line.ts'
import { topmostLayer } from './disk-layers.ts'
import { credentialsOf } from './credentials.ts'
import { type CloneFile, IdentityLine } from './personalise.ts'
import { qemuFiles } from './qemu-files.ts'
import { QemuMachine, type QemuRunRecord } from './qemu-machine.ts'
import { QmpClient } from './qmp-client.ts'
import { savedMachines } from './saved-machines.ts'
import { hasTemplate, loadDeviceState, requireTemplate, saveTemplate } from './template.ts'

export interface QemuProviderOptions {
  readonly clock: Clock
  readonly log: Log
  /** Where the verdict of the acceleration trial is kept; null: tried anew by each provider. */
  readonly cacheDirectory: string | null
}

export interface FreshClone extends Disposable {
  readonly running: QemuMachine
  /** Makes empty files that something in the clone waits for; until it is disposed. */
  mark(paths: readonly string[]): Promise<void>
}

export interface QemuProvider extends MachineProvider {
  start(machine: Machine, options?: { readonly templateCandidate?: boolean }): Promise<QemuMachine>
  adopt(machine: Machine): Promise<QemuMachine | null>
  saveTemplate(running: QemuMachine, templateDirectory: string): Promise<void>
  /** The clone has an identity of its own, and these files, when it is handed over. */
  startFromTemplate(machine: Machine, templateDirectory: string, belongings: readonly CloneFile[]): Promise<FreshClone>
  hasTemplate(templateDirectory: string): Promise<boolean>
  acceleration(): Promise<AccelerationVerdict>
}

const monitorTimeoutMs = 20_000

export function createQemuProvider(options: QemuProviderOptions): QemuProvider {
  const { clock, log } = options
  let verdict: ReturnType<typeof findAcceleration> | undefined
  const judged = () => verdict ??= findAcceleration(options.cacheDirectory === null ? null : join(options.cacheDirectory, verdictFile), clock)

  let known: Promise<string> | undefined
  const version = () => known ??= programVersion().catch((error: unknown) => {
    known = undefined
    throw error
  })

  async function acceleration(): Promise<AccelerationVerdict> {
    const found = await judged()
    if (!('broken' in found)) return found
    verdict = undefined
    throw new MachineError('HostNotReady', `QEMU does not work here: ${found.broken}. ${installText}`)
  }

  async function wakeClone(machine: Machine, templateDirectory: string, belongings: readonly CloneFile[]): Promise<FreshClone> {
    const template = await requireTemplate(templateDirectory, machine.spec, (await acceleration()).accelerator)
    await rm(join(machine.directory, qemuFiles.disk), { force: true })
    await linkOrPoint(template.image, join(machine.directory, qemuFiles.image))
    await ensureDisk(machine, template.disk)
    const running = await launch(machine, { type: 'private', file: template.memory }, true)
    let line: IdentityLine | undefined
    try {
      line = await openIdentityLine(machine, clock)
      await loadDeviceState(running, template.devices, clock)
      await running.resume()
      await line.personalise(machine, belongings)
      return freshClone(running, line)
    } catch (error) {
      line?.[Symbol.dispose]()
      await running.powerOff()
      for (const file of [qemuFiles.disk, qemuFiles.base, qemuFiles.image]) await rm(join(machine.directory, file), { force: true }) // it may boot instead
      throw error
    }
  }

  async function adopt(machine: Machine): Promise<QemuMachine | null> {
    const record = await readRunRecord<QemuRunRecord>(machine)
    const pid = await livePid(machine)
    if (pid === undefined) {
      if (record !== null) await removeRunRecord(machine)
      return null
    }
    if (record === null) return null
    const monitor = await QmpClient.connect(join(machine.directory, qemuFiles.monitor), clock)
    const status = await monitor.ask<{ status: string }>('query-status')
    if (status.status === 'inmigrate') { // a clone that was being made when the lab host died: not a machine yet
      monitor.close()
      await endProcess(pid, clock)
      await removeRunRecord(machine)
      return null
    }
    const running = new QemuMachine({ machine, pid, record, monitor, clock, log })
    if (['paused', 'postmigrate', 'finish-migrate'].includes(status.status)) await running.pause() // the latter two: a save was cut off
    return running
  }

  async function launch(machine: Machine, memory: QemuStart['memory'], incoming: boolean): Promise<QemuMachine> {
    if (await livePid(machine) !== undefined) throw new MachineError('AlreadyRunning', `${machine.spec.name} is already running`)
    const { accelerator, sandbox } = await acceleration()
    await prepareStart(machine)
    for (let attempt = 1; ; attempt++) {
      const sshPort = await freePort()
      const record: QemuRunRecord = { sshPort, accelerator, sandbox, templateCandidate: memory.type === 'shared' }
      await writeKnownHosts(machine, sshPort)
      await writeRunRecord(machine, record) // QP2
      const process = await spawnQemu(machine, qemuArguments(machine.spec, { accelerator, programVersion: await version(), sandbox, sshPort, memory, incoming, disk: await topmostLayer(machine.directory) }))
      const started = await waitForMonitor(machine, process, clock)
      if ('monitor' in started) return new QemuMachine({ machine, pid: process.pid!, record, monitor: started.monitor, clock, log })
      await removeRunRecord(machine) // QP3
      if (attempt < 5 && started.said.includes('hostfwd')) continue // somebody took the port in between
      throw new MachineError('StartFailed', `${machine.spec.name} did not start: ${started.said || 'QEMU said nothing'}`)
    }
  }

  return {
    name: 'qemu',
    saved: savedMachines({
      clock,
      accelerator: async () => (await acceleration()).accelerator,
      version,
      end: async machine => {
        const pid = await livePid(machine)
        if (pid !== undefined) await endProcess(pid, clock)
      },
      launch: (machine, memory) => launch(machine, memory, true),
    }),
    check: () => checkQemu(judged),
    acceleration,
    adopt,
    hasTemplate,

    async create(spec, directory) {
      await requireImage(spec)
      const machine = await createMachineDirectory(spec, directory)
      for (const credential of credentialsOf(spec)) await writeWhole(join(directory, credential.file), credential.text)
      return machine
    },

    async start(machine, how = {}) {
      await ensureDisk(machine, machine.spec.image.disk)
      const shared = how.templateCandidate === true
      if (shared) await rm(join(machine.directory, qemuFiles.memory), { force: true })
      return launch(machine, shared ? { type: 'shared', file: qemuFiles.memory } : { type: 'anonymous' }, false)
    },

    async saveTemplate(running, templateDirectory) {
      using _line = await openIdentityLine(running.machine, clock) // so that clones wake up with a port that is connected
      await saveTemplate(running, templateDirectory, clock)
    },

    async startFromTemplate(machine, templateDirectory, belongings) {
      try {
        return await wakeClone(machine, templateDirectory, belongings)
      } catch (error) {
        if (!(error instanceof MachineError) || error.reason !== 'CloneSilent') throw error
        log.warn('a clone is made again', { machine: machine.spec.name, error: error.message })
        return wakeClone(machine, templateDirectory, belongings)
      }
    },

    async delete(machine) {
      const pid = await livePid(machine)
      if (pid !== undefined) await endProcess(pid, clock)
      await rm(machine.directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

async function openIdentityLine(machine: Machine, clock: Clock): Promise<IdentityLine> {
  return new IdentityLine(machine.spec.name, await connectUnix(join(machine.directory, qemuFiles.identity)), clock)
}

function freshClone(running: QemuMachine, line: IdentityLine): FreshClone {
  return { running, mark: paths => line.mark(paths), [Symbol.dispose]: () => { line[Symbol.dispose]() } }
}

async function requireImage(spec: MachineSpec): Promise<void> {
  for (const file of [spec.image.kernel, spec.image.initrd, spec.image.disk]) {
    await access(file, constants.R_OK).catch((error: unknown) => {
      throw new MachineError('ImageMissing', `the node image is not there: ${file} cannot be read; build it with "kubarium images build"`, { cause: error })
    })
  }
}

/** The overlay is made once; a machine that has one keeps it over all its starts. */
async function ensureDisk(machine: Machine, backing: string): Promise<void> {
  const disk = join(machine.directory, await topmostLayer(machine.directory))
  if (await access(disk).then(() => true, () => false)) return
  await linkOrPoint(backing, join(machine.directory, qemuFiles.base))
  const half = `${qemuFiles.disk}.new`
  const { 'virtual-size': baseBytes } = JSON.parse(await runProgram('qemu-img', ['info', '--output=json', qemuFiles.base], { directory: machine.directory })) as { 'virtual-size': number }
  const sizeBytes = Math.max(baseBytes, machine.spec.diskMiB * 1024 * 1024)
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', qemuFiles.base, half, String(sizeBytes)], { directory: machine.directory })
  await chmod(join(machine.directory, half), 0o600)
  await rename(join(machine.directory, half), disk)
}

async function prepareStart(machine: Machine): Promise<void> {
  for (const file of [qemuFiles.pid, qemuFiles.monitor, qemuFiles.lan, qemuFiles.console, qemuFiles.identity]) await rm(join(machine.directory, file), { force: true })
}

async function writeKnownHosts(machine: Machine, port: number): Promise<void> {
  const key = machine.spec.identity.hostKeyPublic.split(' ').slice(0, 2).join(' ')
  await writeWhole(join(machine.directory, machineFiles.knownHosts), `[127.0.0.1]:${port} ${key}\n`)
}

async function spawnQemu(machine: Machine, args: readonly string[]): Promise<ChildProcess> {
  const log = await open(join(machine.directory, qemuFiles.log), 'w', 0o600)
  const before = process.umask(0o077) // QP1: inherited at fork, which happens inside spawn
  try {
    const child = spawn(qemuProgram, [...args], { cwd: machine.directory, detached: true, stdio: ['ignore', log.fd, log.fd] })
    child.on('error', () => {})
    child.unref()
    return child
  } finally {
    process.umask(before)
    await log.close()
  }
}

async function waitForMonitor(machine: Machine, child: ChildProcess, clock: Clock): Promise<{ readonly monitor: QmpClient } | { readonly said: string }> {
  const deadline = clock.monotonic() + monitorTimeoutMs
  const said = async () => (await readFile(join(machine.directory, qemuFiles.log), 'utf8').catch(() => '')).trim()
  if (child.pid === undefined) return { said: `the program ${qemuProgram} could not be started. ${installText}` }
  while (clock.monotonic() < deadline) {
    if (!await isAlive(child.pid)) return { said: await said() }
    const monitor = await QmpClient.connect(join(machine.directory, qemuFiles.monitor), clock).catch(() => undefined)
    if (monitor !== undefined) return { monitor }
    await sleep(clock, 15)
  }
  await endProcess(child.pid, clock) // QP3
  return { said: `QEMU's monitor did not answer within ${monitorTimeoutMs / 1000} s. ${await said()}` }
}

async function livePid(machine: Machine): Promise<number | undefined> {
  const pid = Number(await readFile(join(machine.directory, qemuFiles.pid), 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  return await isAlive(pid) && await runsIn(pid, machine.directory) ? pid : undefined
}

async function endProcess(pid: number, clock: Clock): Promise<void> {
  sendSignal(pid, 'SIGKILL')
  if (!await waitForEnd(pid, 10_000, clock)) throw new MachineError('CleanupFailed', `process ${pid} does not end although it was killed`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => { resolve(port) })
    })
  })
}

const installCommands: Partial<Record<NodeJS.Platform, string>> = { linux: 'sudo apt-get install -y qemu-system-x86 qemu-utils', darwin: 'brew install qemu' }
const installText = `Install it${installCommands[process.platform] === undefined ? '' : ` with: ${installCommands[process.platform]}`}`

async function programVersion(): Promise<string> {
  return /version (\d+\.\d+\.\d+)/.exec(await runProgram(qemuProgram, ['--version']))?.[1] ?? 'of an unknown version'
}

async function checkQemu(judged: () => ReturnType<typeof findAcceleration>): Promise<readonly DoctorFinding[]> {
  const remedy = installCommands[process.platform] ?? null
  const image = await runProgram('qemu-img', ['--version']).then(text => text.split('\n')[0]!, () => undefined)
  const findings: DoctorFinding[] = [image === undefined
    ? { check: 'qemu-img', state: 'missing', text: 'qemu-img is not installed', remedy }
    : { check: 'qemu-img', state: 'ok', text: image, remedy: null }]
  const verdict = await judged()
  if ('broken' in verdict) findings.push({ check: 'qemu', state: 'missing', text: `QEMU does not work here: ${verdict.broken}`, remedy })
  else findings.push({ check: 'qemu', state: verdict.accelerator === 'tcg' ? 'warning' : 'ok', text: verdict.text, remedy: null })
  return findings
}
