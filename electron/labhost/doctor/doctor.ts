/**
 * What this machine can do, and the exact command that mends what is missing.
 *
 *   DR1  `missing` stops the default lab, `warning` costs something (speed, one command), `ok` is fine.
 *   DR2  A remedy is one command a user can paste; packages are named for Debian and Ubuntu.
 *   DR3  Nothing is installed unless it was asked for, and then only as root or with sudo that asks no password.
 */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { DoctorFinding } from '../../contract/labs.ts'

export interface DoctorSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly isRoot: boolean
  /** Images that are built already need nothing to build them. */
  readonly hasNodeImage: boolean
  /** The Node.js that runs components and goes onto workers. */
  readonly node: string
  /** What was found by trying, in one plain line; null where QEMU does not work. */
  readonly virtualMachines: { readonly text: string | null; readonly isAccelerated: boolean }
}

interface Tool {
  readonly program: string
  readonly package: string
  readonly purpose: string
  readonly needed: 'always' | 'to-build' | 'as-user' | 'wanted'
}

const tools: readonly Tool[] = [
  { program: 'qemu-system-x86_64', package: 'qemu-system-x86', purpose: 'runs the workers as virtual machines', needed: 'always' },
  { program: 'qemu-img', package: 'qemu-utils', purpose: 'makes the disks of virtual machines', needed: 'always' },
  { program: 'mmdebstrap', package: 'mmdebstrap', purpose: 'builds the image of a worker', needed: 'to-build' },
  { program: 'mkfs.ext4', package: 'e2fsprogs', purpose: 'builds the image of a worker', needed: 'to-build' },
  { program: 'newuidmap', package: 'uidmap', purpose: 'builds the image of a worker without root', needed: 'as-user' },
  { program: 'ssh', package: 'openssh-client', purpose: 'opens shells on workers', needed: 'wanted' },
  { program: 'kubectl', package: 'kubernetes-client', purpose: 'drives the cluster (kubarium kubectl and the kubectl terminal)', needed: 'wanted' },
]

const leastDiskBytes = 4 * 1024 ** 3
const leastMemoryBytes = 3 * 1024 ** 3

export function examine(around: DoctorSurroundings): readonly DoctorFinding[] {
  return [...tools.filter(tool => isRelevant(tool, around)).map(tool => examineTool(tool, around)), examineNode(around), examineDisk(around), examineMemory(), examineAcceleration(around)]
}

/** Packages that would mend what is missing or wanted, in one installation. */
export function packagesToInstall(findings: readonly DoctorFinding[], onlyMissing: boolean): readonly string[] {
  const wanted = findings.filter(finding => finding.state === 'missing' || (!onlyMissing && finding.state === 'warning')).map(finding => finding.check)
  return tools.filter(tool => wanted.includes(tool.program)).map(tool => tool.package)
}

export function installCommand(packages: readonly string[], isRoot: boolean): string {
  return `${isRoot ? '' : 'sudo '}apt-get install -y --no-install-recommends ${packages.join(' ')}`
}

export function isDebian(): boolean {
  return existsSync('/etc/debian_version')
}

function isRelevant(tool: Tool, around: DoctorSurroundings): boolean {
  if (tool.needed === 'to-build') return !around.hasNodeImage
  if (tool.needed === 'as-user') return !around.hasNodeImage && !around.isRoot
  return true
}

function examineTool(tool: Tool, around: DoctorSurroundings): DoctorFinding {
  const named = tool.program === 'kubectl' ? around.environment['KUBARIUM_KUBECTL'] : undefined
  const found = named !== undefined && existsSync(named) ? named : findProgram(tool.program, around.environment['PATH'])
  if (found !== undefined) return { check: tool.program, state: 'ok', text: `${tool.program} is ${found}`, remedy: null }
  const remedy = isDebian() ? installCommand([tool.package], around.isRoot) : `install the package that has ${tool.program} (on Debian: ${tool.package})`
  return { check: tool.program, state: tool.needed === 'wanted' ? 'warning' : 'missing', text: `${tool.program} was not found; it ${tool.purpose}.`, remedy } // DR1, DR2
}

function examineNode(around: DoctorSurroundings): DoctorFinding {
  try {
    accessSync(around.node, constants.X_OK)
    return { check: 'node', state: 'ok', text: `components run on ${around.node}`, remedy: null }
  } catch {
    return { check: 'node', state: 'missing', text: `${around.node}, which runs the components, is not there or cannot be run.`, remedy: 'npm ci' }
  }
}

function examineDisk(around: DoctorSurroundings): DoctorFinding {
  let folder = around.home
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder)
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${gigabytes(free)} free for ${around.home}`
  return free >= leastDiskBytes
    ? { check: 'disk', state: 'ok', text, remedy: null }
    : { check: 'disk', state: 'warning', text: `${text}; images and two workers take about ${gigabytes(leastDiskBytes)}.`, remedy: 'free some space, or set KUBARIUM_HOME to a folder on another disk' }
}

function examineMemory(): DoctorFinding {
  const available = availableMemory()
  const text = `${gigabytes(available)} of ${gigabytes(totalmem())} memory available`
  return available >= leastMemoryBytes
    ? { check: 'memory', state: 'ok', text, remedy: null }
    : { check: 'memory', state: 'warning', text: `${text}; two workers and the control plane take about ${gigabytes(leastMemoryBytes)}.`, remedy: 'close other programs, or use: kubarium up --nodes 1' }
}

/** What a trial found of acceleration, and what may be done about its want. */
function examineAcceleration({ virtualMachines: { text, isAccelerated } }: DoctorSurroundings): DoctorFinding {
  const check = 'acceleration'
  if (text === null) return { check, state: 'warning', text: 'whether virtual machines can be accelerated is not known, since QEMU does not work here.', remedy: null }
  return { check, state: isAccelerated ? 'ok' : 'warning', text, remedy: isAccelerated || !existsSync('/dev/kvm') || mayOpen('/dev/kvm') ? null : 'sudo usermod -aG kvm "$USER", then log in again' }
}

function mayOpen(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

export function findProgram(program: string, path: string | undefined): string | undefined {
  return [...(path ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(folder => folder !== '').map(folder => join(folder, program)).find(file => existsSync(file))
}

function availableMemory(): number {
  try {
    const kibibytes = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1])
    return Number.isNaN(kibibytes) ? freemem() : kibibytes * 1024
  } catch {
    return freemem()
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
