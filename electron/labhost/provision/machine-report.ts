/**
 * What a machine is and does, read from the texts of its /proc and a few programs. Pure.
 *
 * The text is sections, each "== NAME" and then the file or the program's output as it is.
 *
 *   MR1  Processor time and memory are those of the machine: of the control group where it is a container (machine-usage.ts).
 *   MR2  Uptime is the age of process 1: a container's kernel is older than the container.
 *   MR3  Processes of the kernel (children of 2) and our own question are left out.
 *   MR4  Disks are what the root and devices are mounted from; one that is mounted more than once is told of once, at its
 *        shortest path.
 */
import { machineUsage } from '../../../agents/node/os/machine-usage.ts'
import type { InterfaceCounters, MachineDisk, MachineInterface, MachineProcess, MachineReport } from '../../contract/machines.ts'
import { parseUsage } from './process-usage.ts'

const ticksPerSecond = 100
const ownMark = 'kubarium-machine-report'

export const usageFiles = [
  '/proc/meminfo', '/proc/stat',
  ...['memory.max', 'memory.current', 'memory.stat', 'cpu.stat', 'memory/memory.limit_in_bytes', 'memory/memory.usage_in_bytes', 'memory/memory.stat', 'cpuacct/cpuacct.usage', 'cpu,cpuacct/cpuacct.usage'].map(name => `/sys/fs/cgroup/${name}`),
]

/** Prints reports for ever, each ended by a line with a dot; its argument is the seconds between them. Ends when nobody reads. */
export const reportProgram = `: ${ownMark}
while :; do
  for file in /proc/uptime /proc/loadavg /proc/sys/kernel/osrelease ${usageFiles.join(' ')}; do
    [ -r $file ] && { echo "== $file"; cat $file; }
  done
  echo "== cpus"; nproc
  echo "== processes"; grep -H "" /proc/[0-9]*/stat 2>/dev/null
  echo "== commands"; ps -o pid,args
  echo "== disks"; df -kP 2>/dev/null
  echo "== interfaces"; /sbin/ip -j -s addr show; echo
  echo . || exit 0
  sleep "$1"
done`

export async function readMachineReport(text: string): Promise<MachineReport> {
  const sections = sectionsOf(text)
  const of = (name: string): string => sections.get(name) ?? ''
  const usage = await machineUsage(path => Promise.resolve(of(path))) // MR1
  const bootAge = Number(of('/proc/uptime').split(' ')[0])
  const load = of('/proc/loadavg').split(' ').slice(0, 3).map(Number)
  return {
    at: Math.round((Number(/^btime (\d+)$/m.exec(of('/proc/stat'))?.[1] ?? 0) + bootAge) * 1_000), // finer than `date` is
    kernel: of('/proc/sys/kernel/osrelease').trim(),
    uptimeSeconds: Math.max(0, bootAge - startedAfterBoot(of('processes'))), // MR2
    cpus: Number(of('cpus').trim()),
    cpuSeconds: usage.cpuNanos / 1e9,
    load: [load[0] ?? 0, load[1] ?? 0, load[2] ?? 0],
    memory: { totalBytes: usage.totalBytes, usedBytes: usage.usageBytes, workingSetBytes: usage.workingSetBytes },
    disks: readDisks(of('disks')),
    interfaces: readInterfaces(of('interfaces')),
    processes: readProcesses(of('processes'), of('commands')),
  }
}

function sectionsOf(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(/^== /m).slice(1).map(section => {
    const end = section.indexOf('\n')
    return [section.slice(0, end).trim(), section.slice(end + 1)]
  }))
}

/** Field 22 of process 1: its start in ticks since the kernel began. */
function startedAfterBoot(processes: string): number {
  const first = /^\/proc\/1\/stat:1 \(.*\) (.*)$/m.exec(processes)?.[1]
  return first === undefined ? 0 : Number(first.split(' ')[19]) / ticksPerSecond
}

function readProcesses(stats: string, listed: string): readonly MachineProcess[] {
  const usage = parseUsage(stats)
  const commands = new Map([...listed.matchAll(/^ *(\d+) (.*)$/gm)].map(([, pid, command]) => [Number(pid), command!.trim()]))
  const processes: MachineProcess[] = []
  for (const [, text, name, fields] of stats.matchAll(/^\/proc\/\d+\/stat:(\d+) \((.*)\) (.*)$/gm)) {
    const pid = Number(text)
    const [state = '?', parent = '0'] = fields!.split(' ')
    const command = commands.get(pid) ?? name!
    if (pid === 2 || parent === '2' || command.includes(ownMark)) continue // MR3
    processes.push({ pid, parent: Number(parent), state, command, ...usage.get(pid)! })
  }
  return processes
}

function readDisks(table: string): readonly MachineDisk[] {
  const disks = new Map<string, MachineDisk>()
  for (const [, device, size, used, mount] of table.matchAll(/^(\S+) +(\d+) +(\d+) +\d+ +\S+ +(\S.*)$/gm)) {
    if (mount !== '/' && !device!.startsWith('/dev/')) continue
    const known = disks.get(device!)
    if (known === undefined || mount!.length < known.mount.length) disks.set(device!, { device: device!, mount: mount!, sizeBytes: Number(size) * 1_024, usedBytes: Number(used) * 1_024 }) // MR4
  }
  return [...disks.values()]
}

interface LinkJson {
  readonly ifname: string
  readonly address?: string
  readonly mtu: number
  readonly flags: readonly string[]
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number; readonly family?: string }[]
  readonly stats64?: Readonly<Record<'rx' | 'tx', InterfaceCounters>>
}

function readInterfaces(json: string): readonly MachineInterface[] {
  const links = JSON.parse(json.trim() === '' ? '[]' : json) as readonly LinkJson[]
  const counters = (counted: InterfaceCounters | undefined): InterfaceCounters => ({ bytes: counted?.bytes ?? 0, packets: counted?.packets ?? 0, errors: counted?.errors ?? 0, dropped: counted?.dropped ?? 0 })
  return links.map(link => ({
    name: link.ifname, mac: link.address ?? '', mtu: link.mtu, isUp: link.flags.includes('UP'),
    addresses: (link.addr_info ?? []).filter(({ local }) => local !== undefined).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    received: counters(link.stats64?.rx), sent: counters(link.stats64?.tx),
  }))
}
