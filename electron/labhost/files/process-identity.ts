/**
 * Who a process is across restarts of the lab host. A process id alone is reused by the system; together with its
 * start time (field 22 of /proc/<pid>/stat, in clock ticks since boot) it names one process for good.
 *
 *   PI1  A process is never signalled on its id alone: its start time must be the recorded one.
 *   PI2  A zombie counts as ended.
 */
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: number
}

export interface ProcessSample {
  readonly identity: ProcessIdentity
  /** Letter of /proc/<pid>/stat: R, S, D, T (stopped by a signal), Z … */
  readonly state: string
  /** User and system time since start, in clock ticks (100 a second on Linux). */
  readonly cpuTicks: number
  readonly residentBytes: number
}

const pageBytes = 4096
export const ticksPerSecond = 100

/**
 * Memory that would be free without this process: what it shares with others (Node.js's own code) counts in parts, so
 * that the figures of several processes may be added up.
 */
export function proportionalBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    return undefined
  }
}

/** undefined where there is no such process (or it has ended and only waits to be collected, PI2). */
export function sampleProcess(pid: number): ProcessSample | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ') // the name in brackets may hold spaces
    const state = fields[0]!
    if (state === 'Z' || state === 'X') return undefined
    return {
      identity: { pid, startTicks: Number(fields[19]) },
      state,
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      residentBytes: Number(fields[21]) * pageBytes,
    }
  } catch {
    return undefined
  }
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  return sampleProcess(pid)?.identity
}

export function isAlive(identity: ProcessIdentity): boolean {
  return sampleProcess(identity.pid)?.identity.startTicks === identity.startTicks
}

/** Sends the signal if the process is still the one that was meant (PI1); false where it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
