/**
 * Completes package-lock.json after `npm install`: adds the packages of other platforms that the registry in use does not
 * carry. They are optional and never fetched here, but `npm ci` refuses a lock file in which they are not named.
 *
 *   node build/complete-lock.ts
 *
 *   CL1  An optional dependency is there when Node.js, looking from its dependent upwards, would find an entry of its name.
 *   CL2  One that is not there is named with the platform its name tells; a name that tells none is an error.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export type LockPackages = Readonly<Record<string, LockEntry>>

export interface MissingPackage {
  readonly name: string
  readonly range: string
  /** The entry that may use it. */
  readonly wantedBy: string
}

const systems = ['darwin', 'win32', 'android', 'freebsd', 'openharmony', 'linux', 'netbsd', 'openbsd', 'sunos', 'aix']
const processors: Readonly<Record<string, string>> = { arm64: 'arm64', aarch64: 'arm64', armv7: 'arm', arm: 'arm', x64: 'x64', ia32: 'ia32', ppc64: 'ppc64', riscv64: 'riscv64', s390x: 's390x', loong64: 'loong64' }

/** What `npm ci` would miss. */
export function missingPackages(packages: LockPackages): MissingPackage[] {
  return Object.entries(packages).flatMap(([wantedBy, entry]) =>
    Object.entries({ ...entry.dependencies, ...entry.optionalDependencies }).filter(([name]) => !isThere(packages, wantedBy, name)).map(([name, range]) => ({ name, range, wantedBy })),
  )
}

/** CL2 */
export function platformEntry({ name, range, wantedBy }: MissingPackage, packages: LockPackages): LockEntry {
  const os = systems.find(system => name.includes(system))
  const cpu = Object.keys(processors).find(processor => name.includes(processor))
  if (os === undefined || cpu === undefined) throw new Error(`${name}, which ${wantedBy} may use, is not in the lock file and does not look like a package of another platform`)
  const libc = name.includes('musl') ? 'musl' : name.endsWith('-gnu') ? 'glibc' : undefined
  return {
    version: range.replace(/^[^\d]*/, ''),
    cpu: [processors[cpu]!],
    ...(packages[wantedBy]?.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os],
  } as LockEntry
}

export const lockPath = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json')

/** CL1 */
function isThere(packages: LockPackages, from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
  }
}

function complete(): number {
  const lock = JSON.parse(readFileSync(lockPath, 'utf8')) as { packages: LockPackages }
  const missing = missingPackages(lock.packages)
  const added = missing.map(wanted => [`node_modules/${wanted.name}`, platformEntry(wanted, lock.packages)] as const)
  if (added.length > 0) {
    const packages = Object.fromEntries([...Object.entries(lock.packages), ...added].sort(([a], [b]) => (a < b ? -1 : 1)))
    writeFileSync(lockPath, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
  }
  return added.length
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(`${complete()} packages of other platforms added to the lock file\n`)
