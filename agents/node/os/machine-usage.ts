/**
 * What the machine has of memory and what it uses. A machine that is a container among others (the lab's namespace machines)
 * sees the whole desktop in /proc; what is its own stands in the control group that is the root it sees.
 *
 *   MU1  The control group counts if it has a limit below the memory of the kernel; a machine of its own has none.
 *   MU2  The working set is what is used without the file cache that can be dropped.
 */
import { type ReadText, readOrNothing } from './read-text.ts'

export interface MachineUsage {
  readonly totalBytes: number
  readonly usageBytes: number
  readonly workingSetBytes: number
  readonly rssBytes: number
  /** Since the machine began. */
  readonly cpuNanos: number
}

const root = '/sys/fs/cgroup'

export async function machineUsage(read: ReadText = readOrNothing): Promise<MachineUsage> {
  const [meminfo, stat] = await Promise.all([read('/proc/meminfo'), read('/proc/stat')])
  const kernel = ofKernel(meminfo, stat)
  const own = (await ofUnifiedGroup(read)) ?? (await ofOldGroups(read))
  return own !== undefined && own.totalBytes < kernel.totalBytes ? own : kernel // MU1
}

function ofKernel(meminfo: string, stat: string): MachineUsage {
  const bytes = (name: string): number => field(meminfo, `${name}:`) * 1024
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(/\s+/).map(Number)
  const busyTicks = ticks.reduce((sum, value, index) => (index === 3 || index === 4 || index > 7 ? sum : sum + value), 0) // not idle, not waiting for disks; guests count as user already
  return {
    totalBytes: bytes('MemTotal'), usageBytes: bytes('MemTotal') - bytes('MemFree'), workingSetBytes: bytes('MemTotal') - bytes('MemAvailable'), rssBytes: bytes('AnonPages'),
    cpuNanos: busyTicks * 10_000_000,
  }
}

async function ofUnifiedGroup(read: ReadText): Promise<MachineUsage | undefined> {
  const [limit, current, memory, cpu] = await Promise.all(['memory.max', 'memory.current', 'memory.stat', 'cpu.stat'].map(name => read(`${root}/${name}`)))
  const totalBytes = Number.parseInt(limit!, 10)
  const usageBytes = Number.parseInt(current!, 10)
  if (Number.isNaN(totalBytes) || Number.isNaN(usageBytes)) return undefined
  return { totalBytes, usageBytes, workingSetBytes: Math.max(0, usageBytes - field(memory!, 'inactive_file')), rssBytes: field(memory!, 'anon'), cpuNanos: field(cpu!, 'usage_usec') * 1_000 } // MU2
}

/** Control groups of version 1: a hierarchy for memory and one for processor time. */
async function ofOldGroups(read: ReadText): Promise<MachineUsage | undefined> {
  const [limit, current, memory, ...times] = await Promise.all(['memory/memory.limit_in_bytes', 'memory/memory.usage_in_bytes', 'memory/memory.stat', 'cpuacct/cpuacct.usage', 'cpu,cpuacct/cpuacct.usage'].map(name => read(`${root}/${name}`)))
  const totalBytes = Number.parseInt(limit!, 10)
  const usageBytes = Number.parseInt(current!, 10)
  const cpuNanos = times.map(text => Number.parseInt(text, 10)).find(nanos => !Number.isNaN(nanos))
  if (Number.isNaN(totalBytes) || Number.isNaN(usageBytes) || cpuNanos === undefined) return undefined
  return { totalBytes, usageBytes, workingSetBytes: Math.max(0, usageBytes - field(memory!, 'total_inactive_file')), rssBytes: field(memory!, 'total_rss'), cpuNanos }
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
}
