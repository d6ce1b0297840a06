/**
 * Joins the bridge of a lab's namespace machines to the userspace switch, so that they and virtual machines share one LAN.
 *
 * There is no small standard program that carries frames between a tap and a stream. QEMU without a machine does: a hub
 * with a tap on one side and a `stream` netdev, listening as a virtual machine's does, on the other.
 *
 *   LU1  Only labs with both kinds of machine pay for it; it is opened by whoever composes the lab.
 *   LU2  It runs detached in the bridge's network namespace, outlives the lab host, and ends with the bridge.
 *   LU3  A process counts as the uplink only if it runs in the lab's run folder.
 */
import { spawn } from 'node:child_process'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import { isAlive, runsIn, sendSignal, waitForEnd } from '../local-process.ts'
import { MachineError } from '../machine-error.ts'
import { runProgram } from '../run-program.ts'
import { connectUnix } from '../unix-path.ts'

const files = { socket: 'uplink.sock', pid: 'uplink.pid', log: 'uplink.log' } as const
const program = 'qemu-system-x86_64'
/** The bridge's port for it. */
export const uplinkDevice = 'uplink'
const startTimeoutMs = 10_000

/** Relative paths: it runs in the lab's run folder. */
export const uplinkArguments: readonly string[] = [
  '-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none',
  '-netdev', `tap,id=tap,ifname=${uplinkDevice},script=no,downscript=no,vnet_hdr=off`,
  '-netdev', 'hubport,id=port-tap,hubid=0,netdev=tap',
  '-netdev', `stream,id=stream,server=on,addr.type=unix,addr.path=${files.socket}`,
  '-netdev', 'hubport,id=port-stream,hubid=0,netdev=stream',
  '-pidfile', files.pid,
]

export class LabUplink {
  readonly #folder: string
  readonly #clock: Clock

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  /** The socket for the switch to dial. The namespace and the bridge in it must exist. */
  async open(namespaceFile: string, bridge: string): Promise<string> {
    const socketPath = join(this.#folder, files.socket)
    if (await this.#pid() !== undefined) return socketPath
    for (const file of [files.socket, files.pid]) await rm(join(this.#folder, file), { force: true })
    const log = await open(join(this.#folder, files.log), 'w', 0o600)
    const before = process.umask(0o077)
    const child = (() => {
      try {
        return spawn('nsenter', [`--net=${namespaceFile}`, '--', program, ...uplinkArguments], { cwd: this.#folder, detached: true, stdio: ['ignore', log.fd, log.fd] })
      } finally {
        process.umask(before)
      }
    })()
    child.on('error', () => {})
    child.unref()
    await log.close()
    try {
      await this.#untilItListens(child.pid, socketPath)
      await runProgram('nsenter', [`--net=${namespaceFile}`, 'ip', 'link', 'set', 'dev', uplinkDevice, 'master', bridge, 'up'])
      return socketPath
    } catch (error) {
      if (child.pid !== undefined) sendSignal(child.pid, 'SIGKILL')
      throw error
    }
  }

  async close(): Promise<void> {
    const pid = await this.#pid()
    if (pid !== undefined) {
      sendSignal(pid, 'SIGKILL')
      await waitForEnd(pid, 5_000, this.#clock)
    }
    for (const file of Object.values(files)) await rm(join(this.#folder, file), { force: true })
  }

  async #untilItListens(pid: number | undefined, socketPath: string): Promise<void> {
    const said = async () => (await readFile(join(this.#folder, files.log), 'utf8').catch(() => '')).trim()
    for (const deadline = this.#clock.monotonic() + startTimeoutMs; this.#clock.monotonic() < deadline; await sleep(this.#clock, 15)) {
      if (pid === undefined || !await isAlive(pid)) break
      const socket = await connectUnix(socketPath).catch(() => undefined)
      if (socket === undefined) continue
      socket.destroy() // it goes on listening: a switch may come and go
      return
    }
    throw new MachineError('HostNotReady', `namespace machines could not be joined to the virtual machines' network: ${await said() || `${program} did not start`}`)
  }

  async #pid(): Promise<number | undefined> {
    const pid = Number(await readFile(join(this.#folder, files.pid), 'utf8').catch(() => ''))
    return Number.isInteger(pid) && pid > 1 && await isAlive(pid) && await runsIn(pid, this.#folder) ? pid : undefined // LU3
  }
}
