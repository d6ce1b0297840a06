/**
 * Brings the .deb files of the lock into a folder.
 *
 *   FP1  Each is fetched by its path from the mirror's pool and must have the locked SHA-256; a file of that name with
 *        other bytes is refused, never used.
 *   FP2  What the mirror has no more (a point release replaced it) is replaced by what the same suite offers now, by its
 *        signed lists; everything else stays as locked. The differences are returned, and told by name as they are found.
 *   FP3  When `pinned` is asked for, FP2 is refused with what to do instead.
 *   FP4  Nothing here needs root.
 */
import { rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { BuildError } from '../../build/build-error.ts'
import { fileHash } from '../../build/content-hash.ts'
import type { ReportProgress } from '../../build/progress.ts'
import { runTool } from '../../build/run-tool.ts'
import { differencesText, lockCommand, lockFile, packageDifferences, type LockedPackage, type LockedRecipe, type PackageDifference, type PackagesLock, type PackageSet } from '../packages-lock.ts'
import { resolvePackages } from './apt-lists.ts'
import { writeRepository } from './local-repository.ts'

export interface FetchOptions {
  /** An existing empty folder; .deb files and the indexes of writeRepository end up in it. */
  readonly folder: string
  /** An existing empty folder for apt's own state, removed by the caller. */
  readonly scratch: string
  readonly lock: PackagesLock
  readonly recipe: LockedRecipe
  readonly kernelMetapackage: string
  /** The mirror's line of sources.list. */
  readonly source: string
  readonly pinned: boolean
  readonly report: ReportProgress
  readonly signal?: AbortSignal | undefined
}

export interface FetchedPackages extends PackageSet {
  readonly differences: readonly PackageDifference[]
}

export async function fetchPackages(options: FetchOptions): Promise<FetchedPackages> {
  const { lock, folder, report, signal } = options
  const locked = [...lock.installed, ...lock.unpacked]
  const missing = await download(locked, options, 'downloading Debian packages', [0, 0.8])
  let used: PackageSet = lock
  if (missing.length > 0) {
    const names = missing.map(({ name, version }) => `${name} ${version}`).join(', ')
    if (options.pinned) throw notPinned(names) // FP3
    report({ step: `the mirror no longer has ${names}; looking for what replaced it`, ratio: 0.8 })
    const local = locked.filter(entry => !missing.includes(entry))
    await writeRepository(folder, local, lock.suite, signal)
    used = await resolvePackages({ folder: options.scratch, source: options.source, repository: folder, local, recipe: options.recipe, kernelMetapackage: options.kernelMetapackage, signal })
    const wanted = [...used.installed, ...used.unpacked].filter(entry => !local.includes(entry))
    report({ step: `taking what the suite has instead of what is locked: ${differencesText(packageDifferences(lock, used))}`, ratio: 0.85 }) // FP2
    const gone = await download(wanted, options, 'downloading newer Debian packages', [0.85, 1])
    if (gone.length > 0) throw new BuildError('download-failed', `The mirror lists Debian packages that it does not have: ${gone.map(({ path }) => path).join(', ')}. It is probably being updated; try again in an hour, or set KUBARIUM_DEBIAN_MIRROR to another Debian mirror.`)
  }
  await removeOthers(folder, locked, used)
  await writeRepository(folder, used.installed, lock.suite, signal)
  return { installed: used.installed, unpacked: used.unpacked, differences: packageDifferences(lock, used) }
}

/** FP1. Returns what the mirror does not have. */
async function download(packages: readonly LockedPackage[], options: FetchOptions, step: string, [from, to]: readonly [number, number]): Promise<LockedPackage[]> {
  const base = mirrorOf(options.source)
  const missing: LockedPackage[] = []
  const atOnce = 12
  for (let done = 0; done < packages.length; done += atOnce) {
    options.report({ step, ratio: from + ((to - from) * done) / packages.length })
    const some = packages.slice(done, done + atOnce)
    const said: string[] = []
    const failure = await runTool('/usr/lib/apt/apt-helper', [
      '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3', 'download-file',
      ...some.flatMap(entry => [`${base}/${entry.path}`, fileOf(options.folder, entry), `SHA256:${entry.sha256}`]),
    ], { signal: options.signal, onLine: line => { said.push(line) } }).then(() => undefined, (error: unknown) => error)
    const absent = await absentOf(some, options.folder)
    if (failure !== undefined) refuseOtherFailures(failure, said, absent)
    missing.push(...absent)
  }
  return missing
}

/** Only "it is not there" is a reason to look for another version; a mirror out of reach or with other bytes is not. */
function refuseOtherFailures(failure: unknown, said: readonly string[], absent: readonly LockedPackage[]): void {
  const outcomes = absent.map(entry => ({ entry, outcome: readOutcome(said, entry) }))
  const mismatch = outcomes.find(({ outcome }) => outcome === 'other-bytes')
  if (mismatch !== undefined) throw otherBytes(mismatch.entry)
  if (absent.length === 0 || outcomes.some(({ outcome }) => outcome !== 'not-there')) throw failure
}

/** What apt said about a file; it writes some characters of names as %2b. */
export function readOutcome(said: readonly string[], entry: LockedPackage): 'not-there' | 'other-bytes' | undefined {
  const lines = said.map(line => line.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))).filter(line => line.includes(basename(entry.path)))
  if (lines.some(line => /mismatch|unexpected size/i.test(line))) return 'other-bytes'
  return lines.some(line => /\b404\b|\b410\b|File not found|No such file/.test(line)) ? 'not-there' : undefined
}

/** Our own look at every file, whatever apt has checked. */
async function absentOf(packages: readonly LockedPackage[], folder: string): Promise<LockedPackage[]> {
  const absent: LockedPackage[] = []
  for (const entry of packages) {
    const file = fileOf(folder, entry)
    if ((await stat(file).catch(() => undefined)) === undefined) absent.push(entry)
    else if ((await fileHash(file)) !== entry.sha256) throw otherBytes(entry) // FP1
  }
  return absent
}

function otherBytes(entry: LockedPackage): BuildError {
  return new BuildError('download-failed', `The mirror's file for ${entry.name} ${entry.version} is not the one that images/node/${lockFile} names: its SHA-256 should be ${entry.sha256}. Either something on the way damaged or exchanged it, or the lock is wrong. Set KUBARIUM_DEBIAN_MIRROR to another Debian mirror and run the command again; nothing of it was used.`)
}

function notPinned(names: string): BuildError {
  return new BuildError('not-pinned', `This mirror no longer has the pinned version of: ${names}. With --pinned nothing else is taken. Set KUBARIUM_DEBIAN_MIRROR to a snapshot mirror that still has them, or pin what the suite has now with: ${lockCommand} — or leave --pinned out to build with the newer versions.`)
}

/** Locked files that are not used after all would be one more choice for mmdebstrap. */
async function removeOthers(folder: string, locked: readonly LockedPackage[], used: PackageSet): Promise<void> {
  const kept = new Set([...used.installed, ...used.unpacked].map(entry => basename(entry.path)))
  for (const entry of locked) if (!kept.has(basename(entry.path))) await rm(fileOf(folder, entry), { force: true })
}

function fileOf(folder: string, entry: LockedPackage): string {
  return join(folder, basename(entry.path))
}

/** "deb [options] URI suite components" */
export function mirrorOf(source: string): string {
  const uri = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/.exec(source)?.[1]
  if (uri === undefined) throw new BuildError('failed', `This is not a source of Debian packages: "${source}". Set KUBARIUM_DEBIAN_MIRROR to the address of a Debian mirror and run the command again.`)
  return uri.replace(/^file:/, 'copy:').replace(/\/$/, '') // a fetched file is ours to move
}
