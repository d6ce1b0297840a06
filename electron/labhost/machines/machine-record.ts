/**
 * What a machine's directory says about it: `machine.json` (the specification, written once) and `run.json` (the process
 * that runs it, rewritten at each start and removed at each orderly end). Both are 0600 and replaced atomically.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Machine, MachineSpec } from './machine.ts'
import { MachineError } from './machine-error.ts'

export const machineFiles = {
  spec: 'machine.json',
  run: 'run.json',
  knownHosts: 'known_hosts',
} as const

export async function createMachineDirectory(spec: MachineSpec, directory: string): Promise<Machine> {
  requireValidSpec(spec)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeJson(join(directory, machineFiles.spec), spec)
  return { spec, directory }
}

/** null when the directory holds no (whole) machine. */
export async function readMachine(directory: string): Promise<Machine | null> {
  const spec = await readJson<MachineSpec>(join(directory, machineFiles.spec))
  return spec === null ? null : { spec, directory }
}

export function readRunRecord<T>(machine: Machine): Promise<T | null> {
  return readJson<T>(join(machine.directory, machineFiles.run))
}

export function writeRunRecord(machine: Machine, record: object): Promise<void> {
  return writeJson(join(machine.directory, machineFiles.run), record)
}

export function removeRunRecord(machine: Machine): Promise<void> {
  return rm(join(machine.directory, machineFiles.run), { force: true })
}

/** Replaces the file in one step and makes sure it is on the disk before it returns. */
export async function writeJson(path: string, value: object): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`)
}

export async function writeWhole(path: string, text: string | Uint8Array, mode = 0o600): Promise<void> {
  const half = `${path}.${process.pid}.new`
  const file = await open(half, 'w', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, path)
}

async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch {
    return null
  }
}

const rules: readonly [field: string, holds: (spec: MachineSpec) => boolean, want: string][] = [
  ['name', spec => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(spec.name), 'a DNS label'],
  ['cpus', spec => Number.isInteger(spec.cpus) && spec.cpus >= 1 && spec.cpus <= 64, '1 to 64'],
  ['memoryMiB', spec => Number.isInteger(spec.memoryMiB) && spec.memoryMiB >= 256, 'at least 256'],
  ['diskMiB', spec => Number.isInteger(spec.diskMiB) && spec.diskMiB >= 1024, 'at least 1024'],
  ['lan.address', spec => /^\d{1,3}(\.\d{1,3}){3}$/.test(spec.lan.address), 'an IPv4 address'],
  ['lan.prefix', spec => Number.isInteger(spec.lan.prefix) && spec.lan.prefix >= 8 && spec.lan.prefix <= 30, '8 to 30'],
  ['lan.mac', spec => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(spec.lan.mac), 'six lower-case hex pairs'],
  ['identity.machineId', spec => /^[0-9a-f]{32}$/.test(spec.identity.machineId), '32 hex digits'],
  ['identity.authorizedKey', spec => /^ssh-ed25519 [A-Za-z0-9+/=]+( [^\n]*)?$/.test(spec.identity.authorizedKey), 'one ssh-ed25519 line'],
  ['identity.hostKeyPublic', spec => /^ssh-ed25519 [A-Za-z0-9+/=]+( [^\n]*)?$/.test(spec.identity.hostKeyPublic), 'one ssh-ed25519 line'],
]

export function requireValidSpec(spec: MachineSpec): void {
  const broken = rules.find(([, holds]) => !holds(spec))
  if (broken !== undefined) throw new MachineError('SpecInvalid', `machine "${spec.name}": ${broken[0]} must be ${broken[2]}`)
}
