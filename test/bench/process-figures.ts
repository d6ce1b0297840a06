/** What a process has used, read from /proc, and tables of figures. */
import { readFileSync } from 'node:fs'

const clockTicks = 100

/** Of all threads of a process. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / clockTicks
}

export function residentBytes(pid: number): number {
  return statusBytes(pid, /^VmRSS:\s+(\d+) kB/m)
}

/** At any time so far. */
export function mostResidentBytes(pid: number): number {
  return statusBytes(pid, /^VmHWM:\s+(\d+) kB/m)
}

function statusBytes(pid: number, line: RegExp): number {
  return Number(line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

/** What the processes of a benchmark used between two moments, and how much of the machine others took away from them meanwhile. */
export class ProcessorUse {
  readonly #ours: ReadonlyMap<string, number>
  readonly #before: ReadonlyMap<string, number>
  readonly #machine = machineSeconds()

  /** By name; the benchmark itself is one of them as "client". */
  constructor(pids: Readonly<Record<string, number>>) {
    this.#ours = new Map([...Object.entries(pids), ['client', process.pid]])
    this.#before = this.#read()
  }

  /** Seconds since then. */
  used(name: string): number {
    return cpuSeconds(this.#ours.get(name)!) - this.#before.get(name)!
  }

  get all(): number {
    return [...this.#ours.keys()].reduce((sum, name) => sum + this.used(name), 0)
  }

  /** Of all processors of the machine, 0 to 1: a benchmark beside which others worked says so. */
  get shareOfOthers(): number {
    const { busy, idle } = machineSeconds()
    const taken = busy - this.#machine.busy
    return Math.max(0, (taken - this.all) / Math.max(0.01, taken + idle - this.#machine.idle))
  }

  #read(): ReadonlyMap<string, number> {
    return new Map([...this.#ours].map(([name, pid]) => [name, cpuSeconds(pid)]))
  }
}

function machineSeconds(): { readonly busy: number; readonly idle: number } {
  const [user, nice, system, idle, waiting, hard, soft, stolen] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1]!.split(' ').map(ticks => Number(ticks) / clockTicks)
  return { busy: user! + nice! + system! + hard! + soft! + stolen!, idle: idle! + waiting! }
}

/** Rows under a head; the first and the last column stand left, the others right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map(row => row[column]?.length ?? 0)))
  return table.map(row => row.map((cell, column) => (column === 0 || column === head.length - 1 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd()).join('\n')
}
