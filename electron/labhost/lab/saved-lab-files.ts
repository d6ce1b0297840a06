/**
 * The part of a checkpoint that lies in the lab's own folder: how it is copied out while everything stands still, and put back
 * while nothing runs. Ports, logs and checkpoints themselves are not part of it; what drills have found out is the user's and stays.
 *
 *   SF1  Putting back replaces whole folders beside their place and renames, so that doing it again finishes what a crash has cut.
 *   SF2  The store goes on beyond every revision it has given out (agents/control-plane/etcd/restore).
 *   SF3  The audit log ends where it ended then: stories tell of nothing that was undone. The lab's other logs are kept whole.
 */
import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { constants, copyFile, cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { savedParts } from '../checkpoints/checkpoint-files.ts'
import type { FaultEntry } from '../drills/fault-ledger.ts'
import { readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import { runProgram } from '../machines/run-program.ts'
import type { LabFiles } from './lab-files.ts'
import type { DesiredLab, LabMemory, RememberedLab } from './lab-memory.ts'

const names = { desired: 'lab.json', remembered: 'state.json', pki: 'pki', cloud: 'cloud.json', faults: 'faults.json', links: 'links.json', lan: 'lan.json', audit: 'audit.json' } as const
const copyMs = 60_000

/** What the audit log was. */
interface AuditEnd {
  readonly inode: number
  readonly sizeBytes: number
}

const auditLog = 'kube-apiserver-audit'

/** @param lan what the switch knows and holds */
export async function copyLabFiles(files: LabFiles, folder: string, lan: unknown): Promise<void> {
  const own = join(folder, savedParts.lab)
  await Promise.all([savedParts.lab, savedParts.etcd, savedParts.volumes].map(part => mkdir(join(folder, part), { mode: 0o700 })))
  await Promise.all([
    ...([[files.labJson, names.desired], [files.stateJson, names.remembered], [files.cloudJson, names.cloud], [files.faultsJson, names.faults], [files.linksJson, names.links]] as const).map(([from, name]) => copyIfAny(from, join(own, name))),
    cp(files.pkiDir, join(own, names.pki), { recursive: true }),
    copyFolder(files.etcdDir, join(folder, savedParts.etcd)),
    copySparse(files.volumesDir, join(folder, savedParts.volumes)),
  ])
  writePrivateJson(join(own, names.lan), lan)
  const seen = existsSync(files.log(auditLog)) ? statSync(files.log(auditLog)) : undefined
  if (seen !== undefined) writePrivateJson(join(own, names.audit), { inode: seen.ino, sizeBytes: seen.size } satisfies AuditEnd)
}

export interface PutBack {
  readonly files: LabFiles
  readonly memory: LabMemory
  /** Program and its first arguments; two folders follow. */
  readonly etcdRestore: readonly string[]
}

export async function putLabFilesBack(folder: string, { files, memory, etcdRestore }: PutBack): Promise<void> {
  const own = join(folder, savedParts.lab)
  await Promise.all([
    putFolderBack(join(own, names.pki), files.pkiDir, (from, to) => cp(from, to, { recursive: true })),
    putFolderBack(join(folder, savedParts.volumes), files.volumesDir, copySparse),
    ...([[files.cloudJson, names.cloud], [files.linksJson, names.links]] as const).map(async ([to, name]) => {
      await rm(to, { force: true })
      await copyIfAny(join(own, name), to)
    }),
    runProgram(etcdRestore[0]!, [...etcdRestore.slice(1), join(folder, savedParts.etcd), files.etcdDir], { timeoutMs: copyMs }), // SF2
  ])
  cutAuditLog(files.log(auditLog), readJsonIfAny<AuditEnd>(join(own, names.audit)))
  const { spec, off } = readJsonIfAny<DesiredLab>(join(own, names.desired))!
  const { nodeNumbers, simulatedNumbers } = readJsonIfAny<RememberedLab>(join(own, names.remembered))!
  memory.remember({ nodeNumbers, ...(simulatedNumbers === undefined ? {} : { simulatedNumbers }) })
  memory.want({ spec: { ...spec, name: files.lab }, off, run: true })
}

/** Those that were known then, with how they stood. */
export function savedFaults(folder: string): readonly FaultEntry[] {
  return readJsonIfAny<readonly FaultEntry[]>(join(folder, savedParts.lab, names.faults)) ?? []
}

export function savedLan(folder: string): unknown {
  return readJsonIfAny<unknown>(join(folder, savedParts.lab, names.lan)) ?? null
}

/** SF3 */
function cutAuditLog(file: string, end: AuditEnd | undefined): void {
  rmSync(`${file}.1`, { force: true })
  if (!existsSync(file)) return
  const { ino, size } = statSync(file)
  if (end === undefined || ino !== end.inode) rmSync(file)
  else if (size > end.sizeBytes) truncateSync(file, end.sizeBytes)
}

/** SF1 */
async function putFolderBack(from: string, to: string, copy: (from: string, to: string) => Promise<unknown>): Promise<void> {
  const made = `${to}.restored`
  await rm(made, { recursive: true, force: true })
  await mkdir(made, { recursive: true, mode: 0o700 })
  await copy(from, made)
  await rm(to, { recursive: true, force: true })
  await rename(made, to)
}

async function copyIfAny(from: string, to: string): Promise<void> {
  if (existsSync(from)) await copyFile(from, to, constants.COPYFILE_FICLONE)
}

/** The files of a folder that holds no others; a snapshot that the store is just writing into a folder beside them is not part of it. */
async function copyFolder(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true })
  await Promise.all(entries.filter(entry => entry.isFile()).map(({ name }) => copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)))
}

/** Raw images: what was never written takes no room. */
async function copySparse(from: string, to: string): Promise<void> {
  const images = existsSync(from) ? readdirSync(from) : []
  if (images.length === 0) return
  if (process.platform === 'linux') await runProgram('cp', ['--sparse=always', '--reflink=auto', ...images.map(name => join(from, name)), to], { timeoutMs: copyMs })
  else await Promise.all(images.map(name => copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)))
}
