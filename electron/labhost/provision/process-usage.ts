/**
 * Processor time and memory of processes, read from lines of `/proc/<pid>/stat` with the file's name before each.
 *
 *   PU1  Lines that are not of that form are passed over: a process may have gone in the meantime.
 *   PU2  Memory is what is resident; time is user and system time since the process began.
 */
export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

const ticksPerSecond = 100
const pageBytes = 4_096

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
