/**
 * The lock of the worker's Debian packages, `packages.lock.json`: everything that enters the image from a mirror, with
 * its exact version and the SHA-256 of its .deb. One package a line, sorted, so that a new lock reads as the list of
 * what changed:
 *
 *   {"name":"zlib1g","version":"1:1.3-1","path":"pool/main/z/zlib/zlib1g_1.3-1_amd64.deb","sizeBytes":88912,"sha256":"015be7…"}
 *
 *   PL1  A lock that does not fit the recipe (suite, architecture, a package that the recipe names) is refused with the
 *        command that writes a new one.
 *   PL2  A lock that is damaged, names a package twice, or has a path that leaves the mirror's pool, is refused.
 *   PL3  Two sets of packages differ in what has another version, what came, and what is gone.
 *   PL4  It is written by `node images/node/lock-packages.ts`, never by hand, and holds the name of no mirror.
 */
import { BuildError } from '../build/build-error.ts'

export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** Below the mirror's own folder. */
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** What is configured in the root file system, and what only gives some of its files (the kernel among it). */
export interface PackageSet {
  readonly installed: readonly LockedPackage[]
  readonly unpacked: readonly LockedPackage[]
}

export interface PackagesLock extends PackageSet {
  readonly suite: string
  readonly architecture: string
}

/** What a lock must fit. */
export interface LockedRecipe {
  readonly suite: string
  readonly architecture: string
  readonly installed: readonly string[]
  /** Without the kernel, whose name carries its version. */
  readonly unpacked: readonly string[]
}

/** A package whose version is not the locked one; a side that lacks it has no version. */
export interface PackageDifference {
  readonly name: string
  readonly locked?: string
  readonly used?: string
}

export const lockFile = 'packages.lock.json'
export const lockCommand = 'node images/node/lock-packages.ts'
const formatVersion = 1

export function readLock(text: string, recipe: LockedRecipe): PackagesLock {
  const lock = parse(text)
  if (lock.suite !== recipe.suite || lock.architecture !== recipe.architecture) throw unfit(`it is for ${lock.suite} on ${lock.architecture}, and the recipe is for ${recipe.suite} on ${recipe.architecture}`) // PL1
  for (const [wanted, locked] of [[recipe.installed, lock.installed], [recipe.unpacked, lock.unpacked]] as const) {
    const missing = wanted.filter(name => !locked.some(entry => entry.name === name))
    if (missing.length > 0) throw unfit(`it lacks ${missing.join(', ')}, which the recipe names`)
  }
  if (!lock.unpacked.some(entry => isKernel(entry.name))) throw unfit('it lacks a kernel')
  return lock
}

/** What a lock says, also one that the recipe has outgrown: what changes in it can then be told. */
export function readOldLock(text: string): PackagesLock {
  return parse(text)
}

export function isKernel(name: string): boolean {
  return name.startsWith('linux-image-')
}

export function renderLock(lock: PackagesLock): string {
  const lines = (list: readonly LockedPackage[]): string => [...list].sort(byName)
    .map(({ name, version, path, sizeBytes, sha256 }) => `  ${JSON.stringify({ name, version, path, sizeBytes, sha256 })}`).join(',\n')
  return `{
 "formatVersion": ${formatVersion},
 "suite": ${JSON.stringify(lock.suite)},
 "architecture": ${JSON.stringify(lock.architecture)},
 "installed": [
${lines(lock.installed)}
 ],
 "unpacked": [
${lines(lock.unpacked)}
 ]
}
`
}

/** PL3, sorted by name. */
export function packageDifferences(locked: PackageSet, used: PackageSet): PackageDifference[] {
  const before = versionsOf(locked)
  const after = versionsOf(used)
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap(name => {
    const [was, is] = [before.get(name), after.get(name)]
    return was === is ? [] : [{ name, ...(was === undefined ? {} : { locked: was }), ...(is === undefined ? {} : { used: is }) }]
  })
}

/** "libc6 2.41-12 → 2.41-13, libnew0 (new) 1.0, libold0 (gone)" */
export function differencesText(differences: readonly PackageDifference[]): string {
  return differences.map(({ name, locked, used }) => {
    if (used === undefined) return `${name} (gone)`
    return locked === undefined ? `${name} (new) ${used}` : `${name} ${locked} → ${used}`
  }).join(', ')
}

function versionsOf(set: PackageSet): Map<string, string> {
  return new Map([...set.installed, ...set.unpacked].map(({ name, version }) => [name, version]))
}

/** PL2 */
function parse(text: string): PackagesLock {
  let found: Record<string, unknown>
  try {
    found = JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    throw unfit(`it is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  const { suite, architecture, installed, unpacked } = found
  if (found['formatVersion'] !== formatVersion || typeof suite !== 'string' || typeof architecture !== 'string' || !Array.isArray(installed) || !Array.isArray(unpacked)) {
    throw unfit(`it is not a list of packages of format ${formatVersion}`)
  }
  const names = new Set<string>()
  for (const entry of [...installed, ...unpacked] as unknown[]) {
    if (!isLockedPackage(entry)) throw unfit(`this entry of it is damaged: ${JSON.stringify(entry)}`)
    if (names.has(entry.name)) throw unfit(`it names ${entry.name} twice`)
    names.add(entry.name)
  }
  return { suite, architecture, installed: installed as LockedPackage[], unpacked: unpacked as LockedPackage[] }
}

function isLockedPackage(value: unknown): value is LockedPackage {
  if (typeof value !== 'object' || value === null) return false
  const { name, version, path, sizeBytes, sha256 } = value as Record<string, unknown>
  const matches = (text: unknown, pattern: RegExp): boolean => typeof text === 'string' && pattern.test(text)
  return matches(name, /^[a-z0-9][a-z0-9+.-]+$/) && matches(version, /^[0-9][A-Za-z0-9.+~:-]*$/) && matches(sha256, /^[0-9a-f]{64}$/)
    && matches(path, /^pool\/[A-Za-z0-9/+.~_%-]+\.deb$/) && !(path as string).split('/').includes('..') && Number.isInteger(sizeBytes)
}

function unfit(why: string): BuildError {
  return new BuildError('failed', `The list of pinned Debian packages, images/node/${lockFile}, cannot be used: ${why}. Write a new one with: ${lockCommand} — and look at what changed in it.`)
}

function byName(a: LockedPackage, b: LockedPackage): number {
  return a.name < b.name ? -1 : 1
}
