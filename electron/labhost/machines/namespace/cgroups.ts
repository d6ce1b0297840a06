/**
 * A machine's place in the desktop's control groups: one folder in every v1 hierarchy, or one in the unified one.
 *
 *   CG1  Folders are named by the machine's directory, so that they are found without any record.
 *   CG2  Under v2 a group with controllers may hold no processes itself: the machine's own live in its leaf `init`.
 *   CG3  A machine has the processors and the memory of its specification, and kubelet (agents/node/os) reads them back here.
 *        Under v1 processors are a set of the desktop's, those that the fewest machines have: a quota would refuse pods
 *        with a larger limit, which a machine of its own takes. A desktop with fewer gives what it has.
 *   CG4  Removing waits for the last processes to be gone, deepest folders first.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Clock, sleep } from '../../../../agents/base/clock.ts'
import type { Machine, MachineUsage } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { chooseProcessors, readProcessorList } from './choose-processors.ts'

export interface CgroupHierarchy {
  readonly version: 1 | 2
  /** Where the desktop has it mounted. */
  readonly path: string
  /** Mount options that name it: "cpu,cpuacct", "none,name=systemd"; empty for v2. */
  readonly options: string
}

const groupPrefix = 'kubarium-'
const v1Controllers: ReadonlySet<string> = new Set(['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'hugetlb', 'net_cls', 'net_prio', 'perf_event', 'rdma', 'misc'])

/** Reads /proc/self/mountinfo. A desktop with any v1 controller counts as v1, as container runtimes see it. */
export function readHierarchies(mountInfo: string): readonly CgroupHierarchy[] {
  const all = mountInfo.split('\n').flatMap((line): CgroupHierarchy[] => {
    const [before, after] = line.split(' - ')
    const path = before?.split(' ')[4]
    const [type, , options = ''] = after?.split(' ') ?? []
    if (path === undefined) return []
    if (type === 'cgroup2') return [{ version: 2, path, options: '' }]
    if (type !== 'cgroup') return []
    const named = options.split(',').filter(option => v1Controllers.has(option) || option.startsWith('name='))
    const wanted = named.some(option => option.startsWith('name=')) ? ['none', ...named] : named
    return [{ version: 1, path, options: wanted.join(',') }]
  })
  const v1 = all.filter(hierarchy => hierarchy.version === 1)
  const distinct = (list: readonly CgroupHierarchy[]) => list.filter((item, index) => list.findIndex(other => other.options === item.options) === index)
  return distinct(v1.some(hierarchy => !hierarchy.options.startsWith('none,')) ? v1 : all.filter(hierarchy => hierarchy.version === 2))
}

export class MachineCgroups {
  readonly hierarchies: readonly CgroupHierarchy[]
  readonly #name: string

  constructor(hierarchies: readonly CgroupHierarchy[], machine: Machine) {
    this.hierarchies = hierarchies
    this.#name = `${groupPrefix}${machine.spec.name}-${createHash('sha256').update(machine.directory).digest('hex').slice(0, 12)}`
  }

  static async of(machine: Machine): Promise<MachineCgroups> {
    const hierarchies = readHierarchies(await readFile('/proc/self/mountinfo', 'utf8'))
    if (hierarchies.length === 0) throw new MachineError('HostNotReady', 'no control groups are mounted on this machine')
    return new MachineCgroups(hierarchies, machine)
  }

  get version(): 1 | 2 {
    return this.hierarchies[0]!.version
  }

  /** Files to which a process writes its id to become part of the machine. */
  get procsFiles(): readonly string[] {
    return this.version === 2 ? [this.leafFile] : this.rootProcsFiles
  }

  /** The same for the very first process, which makes these groups the roots that the machine sees. */
  get rootProcsFiles(): readonly string[] {
    return this.#folders().map(folder => join(folder, 'cgroup.procs'))
  }

  /** CG2; of no meaning under v1. */
  get leafFile(): string {
    return join(this.#folders()[0]!, 'init', 'cgroup.procs')
  }

  /** Name and mount options of each v1 hierarchy, for the inside. */
  get mounts(): readonly string[] {
    return this.version === 2 ? [] : this.hierarchies.flatMap(hierarchy => [basename(hierarchy.path), hierarchy.options])
  }

  async create(): Promise<void> {
    for (const hierarchy of this.hierarchies) {
      const folder = join(hierarchy.path, this.#name)
      await mkdir(folder, { recursive: true })
      if (hierarchy.options.split(',').includes('cpuset')) {
        for (const file of ['cpuset.cpus', 'cpuset.mems']) await writeFile(join(folder, file), await readFile(join(hierarchy.path, file)))
      }
    }
    if (this.version === 1) return
    await mkdir(dirname(this.leafFile), { recursive: true })
    for (const controller of ['cpuset', 'cpu', 'io', 'memory', 'pids']) { // what of these the desktop's init has not given out yet
      await writeFile(join(this.hierarchies[0]!.path, 'cgroup.subtree_control'), `+${controller}`).catch(() => {})
    }
  }

  /** CG3. Only what the desktop's kernel can do; a missing controller is no failure. */
  async limit(machine: Machine): Promise<void> {
    const bytes = String(machine.spec.memoryMiB * 1024 * 1024)
    if (this.version === 2) {
      await this.#write('memory.max', bytes)
      await this.#write('cpu.max', `${machine.spec.cpus * 100_000} 100000`)
    } else {
      await this.#write('memory.limit_in_bytes', bytes, 'memory')
      this.#chooseSet(machine.spec.cpus)
    }
  }

  /** In one go, so that machines which start together see each other's choice. */
  #chooseSet(count: number): void {
    const hierarchy = this.hierarchies.find(({ options }) => options.split(',').includes('cpuset'))
    if (hierarchy === undefined) return
    const setOf = (folder: string): readonly number[] => readProcessorList(readFileSync(join(hierarchy.path, folder, 'cpuset.cpus'), 'utf8'))
    const others = readdirSync(hierarchy.path).filter(name => name.startsWith(groupPrefix) && name !== this.#name).flatMap(name => {
      try {
        return [setOf(name)]
      } catch {
        return [] // it went in between
      }
    })
    try {
      writeFileSync(join(hierarchy.path, this.#name, 'cpuset.cpus'), chooseProcessors(setOf('.'), others, count).join(','))
    } catch {
      // the desktop does not let us: the machine has all of its processors, and kubelet says so
    }
  }

  async freeze(frozen: boolean): Promise<void> {
    const written = this.version === 2
      ? await this.#write('cgroup.freeze', frozen ? '1' : '0')
      : await this.#write('freezer.state', frozen ? 'FROZEN' : 'THAWED', 'freezer')
    if (!written) throw new MachineError('HostNotReady', 'this machine\'s kernel has no freezer, so namespace machines cannot be paused')
  }

  async usage(): Promise<MachineUsage> {
    if (this.version === 2) {
      const cpu = /^usage_usec (\d+)/m.exec(await this.#read('cpu.stat'))
      const cached = /^inactive_file (\d+)/m.exec(await this.#read('memory.stat'))
      return { cpuSeconds: Number(cpu?.[1] ?? 0) / 1e6, memoryBytes: Math.max(0, Number(await this.#read('memory.current')) - Number(cached?.[1] ?? 0)) }
    }
    const cached = /^total_inactive_file (\d+)/m.exec(await this.#read('memory.stat', 'memory'))
    return {
      cpuSeconds: Number(await this.#read('cpuacct.usage', 'cpuacct')) / 1e9,
      memoryBytes: Math.max(0, Number(await this.#read('memory.usage_in_bytes', 'memory')) - Number(cached?.[1] ?? 0)),
    }
  }

  /** Every process of the machine, in the desktop's numbers. */
  async processes(): Promise<readonly number[]> {
    const found = new Set<number>()
    for (const root of this.#folders()) {
      for (const folder of await foldersBelow(root)) {
        const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
        for (const line of text.split('\n')) if (line !== '' && line !== '0') found.add(Number(line))
      }
    }
    return [...found]
  }

  async remove(clock: Clock, timeoutMs: number): Promise<void> {
    const deadline = clock.monotonic() + timeoutMs
    for (;;) {
      let left: string | undefined
      for (const root of this.#folders()) {
        for (const folder of (await foldersBelow(root)).toReversed()) {
          await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== 'ENOENT') left = folder
          })
        }
      }
      if (left === undefined) return
      if (clock.monotonic() > deadline) throw new MachineError('CleanupFailed', `the control group ${left} could not be removed: processes ${(await this.processes()).join(', ')} are still in it`)
      for (const pid of await this.processes()) { // whatever was started from outside, like a shell of ours
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // it ended in between
        }
      }
      await sleep(clock, 25)
    }
  }

  #folders(): readonly string[] {
    return this.hierarchies.map(hierarchy => join(hierarchy.path, this.#name))
  }

  #folderOf(controller: string | undefined): string | undefined {
    const hierarchy = controller === undefined ? this.hierarchies[0] : this.hierarchies.find(candidate => candidate.options.split(',').includes(controller))
    return hierarchy === undefined ? undefined : join(hierarchy.path, this.#name)
  }

  async #write(file: string, value: string, controller?: string): Promise<boolean> {
    const folder = this.#folderOf(controller)
    return folder !== undefined && await writeFile(join(folder, file), value).then(() => true, () => false)
  }

  async #read(file: string, controller?: string): Promise<string> {
    const folder = this.#folderOf(controller)
    return folder === undefined ? '' : readFile(join(folder, file), 'utf8').catch(() => '')
  }
}

/** The folder and all below it, parents before children. */
async function foldersBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return []
  const below = await Promise.all(entries.filter(entry => entry.isDirectory()).map(entry => foldersBelow(join(root, entry.name))))
  return [root, ...below.flat()]
}
