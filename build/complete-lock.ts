/**
 * Completes package-lock.json after `npm install`: adds the packages of other platforms that the registry in use does not
 * carry. They are optional and never fetched here, but `npm ci` refuses a lock file in which they are not named.
 *
 *   node build/complete-lock.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const systems = ['darwin', 'win32', 'android', 'freebsd', 'openharmony', 'linux', 'netbsd', 'openbsd', 'sunos', 'aix']
const processors: Readonly<Record<string, string>> = { arm64: 'arm64', aarch64: 'arm64', armv7: 'arm', arm: 'arm', x64: 'x64', ia32: 'ia32', ppc64: 'ppc64', riscv64: 'riscv64', s390x: 's390x', loong64: 'loong64' }

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> }
const added: string[] = []

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isThere(path, name)) continue
    const os = systems.find(system => name.includes(system))
    const cpu = Object.keys(processors).find(processor => name.includes(processor))
    if (os === undefined || cpu === undefined) throw new Error(`${name}, which ${path} may use, is not in the lock file and does not look like a package of another platform`)
    const libc = name.includes('musl') ? 'musl' : name.endsWith('-gnu') ? 'glibc' : undefined
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[^\d]*/, ''),
      cpu: [processors[cpu]!],
      ...(entry.dev === true ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      os: [os],
    } as LockEntry
    added.push(name)
  }
}

if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
process.stdout.write(`${added.length} packages of other platforms added to the lock file\n`)

/** As Node.js would look for it from there. */
function isThere(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
  }
}
