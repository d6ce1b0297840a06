/**
 * What the desktop's kernel says about a process. Linux is asked through /proc; elsewhere `ps` answers what it can.
 *
 *   LP1  A process id alone proves nothing, because ids are used again: identity is the id plus the folder it runs in.
 *   LP2  A zombie is not alive.
 */
import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Clock } from '../../../agents/base/clock.ts'
import { sleep } from '../../../agents/base/clock.ts'
import type { MachineUsage } from './machine.ts'

/** The unit of times in /proc/PID/stat; fixed in the kernel's interface to programs. */
const ticksPerSecond = 100
const pageBytes = 4096

interface ProcessStat {
  readonly state: string
  readonly parent: number
  readonly userTicks: number
  readonly systemTicks: number
  readonly startTicks: number
  readonly residentPages: number
}

export function readProcessStat(text: string): ProcessStat | undefined {
  const close = text.lastIndexOf(')') // the name before it may hold anything
  const fields = text.slice(close + 2).split(' ')
  if (close < 0 || fields.length < 22) return undefined
  const at = (number: number) => Number(fields[number - 3]) // numbered as in proc(5)
  return { state: fields[0]!, parent: at(4), userTicks: at(14), systemTicks: at(15), startTicks: at(22), residentPages: at(24) }
}

async function statOf(pid: number): Promise<ProcessStat | undefined> {
  try {
    return readProcessStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

export async function isAlive(pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const stat = await statOf(pid)
    return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X' // LP2
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Tells two processes with the same id apart; stable while the process lives. undefined when there is none. */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await statOf(pid)
    return stat === undefined || stat.state === 'Z' ? undefined : String(stat.startTicks)
  }
  const text = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).then(result => result.stdout.trim(), () => '')
  return text === '' ? undefined : text
}

/** Whether this process runs in this folder (LP1). Only Linux can tell; elsewhere the command line is searched for the folder. */
export async function runsIn(pid: number, folder: string): Promise<boolean> {
  if (process.platform === 'linux') return await readlink(`/proc/${pid}/cwd`).catch(() => '') === folder
  const text = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).then(result => result.stdout, () => '')
  return text.includes(folder)
}

export async function processUsage(pid: number): Promise<MachineUsage> {
  const stat = await statOf(pid)
  if (stat === undefined) return { cpuSeconds: 0, memoryBytes: 0 }
  return { cpuSeconds: (stat.userTicks + stat.systemTicks) / ticksPerSecond, memoryBytes: stat.residentPages * pageBytes }
}

/** True when it was gone within timeoutMs. */
export async function waitForEnd(pid: number, timeoutMs: number, clock: Clock): Promise<boolean> {
  const deadline = clock.monotonic() + timeoutMs
  while (await isAlive(pid)) {
    if (clock.monotonic() >= deadline) return false
    await sleep(clock, 20)
  }
  return true
}

/** Sends a signal; a process that is already gone is fine. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
