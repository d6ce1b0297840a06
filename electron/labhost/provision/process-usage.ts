/**
 * Processor time and memory of processes on a node, in one round trip for all of them.
 *
 *   PU1  When a process has gone in the meantime nothing is told this time; the next reading asks for those that are there.
 *   PU2  Memory is what is resident; time is user and system time since the process began.
 */
import type { ServiceLink } from './service-manager.ts'

export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

const ticksPerSecond = 100
const pageBytes = 4_096
const patienceMs = 10_000

export async function readProcessUsage(link: Pick<ServiceLink, 'run'>, pids: readonly number[]): Promise<ReadonlyMap<number, ProcessUsage>> {
  if (pids.length === 0) return new Map()
  // `grep .` prints every line with its file's name.
  const text = await link.run(['grep', '-s', '.', ...pids.map(pid => `/proc/${pid}/stat`), '/dev/null'], { timeoutMs: patienceMs }).catch(() => '') // PU1
  return parseUsage(text)
}

/** Fields of proc(5)'s stat, after the name in brackets: 14 utime, 15 stime, 24 rss in pages. */
export function parseUsage(text: string): ReadonlyMap<number, ProcessUsage> {
  const usage = new Map<number, ProcessUsage>()
  for (const line of text.split('\n')) {
    const match = /^\/proc\/(\d+)\/stat:\d+ \(.*\) (.*)$/.exec(line)
    if (match === null) continue
    const fields = match[2]!.split(' ')
    usage.set(Number(match[1]), { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, memoryBytes: Number(fields[21]) * pageBytes })
  }
  return usage
}
