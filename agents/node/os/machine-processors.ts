/**
 * How many processors the machine may use. A machine that is a container among others (the lab's namespace machines) sees
 * all of the desktop's in /proc/cpuinfo; what it was given stands in the control group that is the root it sees.
 *
 *   MP1  The least of: what the kernel has, what the root group's cpuset names, what its quota lets run at once.
 *   MP2  A quota counts in whole processors, rounded down, at least one: what is promised to pods must be there.
 *   MP3  A machine of its own has neither file with a limit; then the kernel's number counts.
 */
import { type ReadText, readOrNothing } from './read-text.ts'

const root = '/sys/fs/cgroup'

export async function machineProcessors(kernelCount: number, read: ReadText = readOrNothing): Promise<number> {
  const [unified, set, ...old] = await Promise.all(['cpu.max', 'cpuset.cpus.effective', 'cpuset/cpuset.effective_cpus', 'cpu/cpu.cfs_quota_us', 'cpu/cpu.cfs_period_us', 'cpu,cpuacct/cpu.cfs_quota_us', 'cpu,cpuacct/cpu.cfs_period_us'].map(name => read(`${root}/${name}`)))
  const [oldSet, ...times] = old as [string, ...string[]]
  const [quota, period] = unified!.trim() === '' ? times.filter(text => text.trim() !== '') : unified!.trim().split(' ')
  return Math.min(kernelCount, ...[inSet(set!), inSet(oldSet), inQuota(quota, period)].filter(count => count > 0)) // MP1 MP3
}

/** "0-2,7" is 4; 0 for none said. */
function inSet(text: string): number {
  return text.trim().split(',').filter(part => part !== '').reduce((sum, part) => {
    const [first, last = first] = part.split('-')
    return sum + Number(last) - Number(first) + 1
  }, 0)
}

/** MP2. 0 for no limit: "max", or -1. */
function inQuota(quota = '', period = ''): number {
  const share = Number.parseInt(quota, 10) / Number.parseInt(period, 10)
  return share > 0 ? Math.max(1, Math.floor(share)) : 0
}
