/**
 * The base system: the locked Debian packages, fetched and configured by mmdebstrap, kept as one tar file, with the kernel
 * and the extracted packages beside it. The only step that needs a network.
 *
 *   BS1  Works as root, and without root where mmdebstrap can (user namespaces, else fakechroot).
 *   BS2  The mirror is $KUBARIUM_DEBIAN_MIRROR, else the one this host's own apt uses when it is Debian, else
 *        mmdebstrap's default. Of that, only the suite itself counts.
 *   BS3  mmdebstrap sees the fetched packages and no mirror, so that it can take nothing that is not locked or told.
 *   BS4  Every package and its version is recorded as dpkg has it in the end, and what differs from the lock.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { BuildError } from '../../build/build-error.ts'
import { slice, type ReportProgress } from '../../build/progress.ts'
import { runTool } from '../../build/run-tool.ts'
import type { LockedRecipe, PackageDifference, PackagesLock } from '../packages-lock.ts'
import { architecture, excludedPaths, extractedPackages, includedPaths, kernelPackage, packages, rootlessPackages, suite } from '../recipe.ts'
import { readStanzas } from './apt-lists.ts'
import { fetchPackages } from './fetch-packages.ts'

export interface BaseSystem {
  readonly tar: string
  /** The .deb files that are unpacked rather than installed. */
  readonly debs: readonly string[]
  /** Package name to version. */
  readonly packages: Readonly<Record<string, string>>
  /** Where they are not what is locked. */
  readonly differences: readonly PackageDifference[]
}

export type BaseMode = 'root' | 'unshare' | 'fakechroot'

/** What the lock must name. */
export const lockedRecipe: LockedRecipe = { suite, architecture, installed: [...packages, ...rootlessPackages], unpacked: Object.keys(extractedPackages) }

export const baseFiles = { tar: 'base.tar', debs: 'debs', packages: 'packages.json' } as const

type BaseRecord = Pick<BaseSystem, 'packages' | 'differences'>

export async function readBaseSystem(folder: string): Promise<BaseSystem> {
  const record = JSON.parse(await readFile(join(folder, baseFiles.packages), 'utf8')) as BaseRecord
  const debs = (await readdir(join(folder, baseFiles.debs))).sort().map(name => join(folder, baseFiles.debs, name))
  return { tar: join(folder, baseFiles.tar), debs, ...record }
}

export interface MakeBaseOptions {
  readonly mirror: string | undefined
  readonly mode: BaseMode
  readonly lock: PackagesLock
  readonly pinned: boolean
  readonly report: ReportProgress
  readonly signal?: AbortSignal | undefined
}

/** Makes the base system in an existing folder. */
export async function makeBaseSystem(folder: string, options: MakeBaseOptions): Promise<void> {
  const { mode, lock, pinned, report, signal } = options
  const [fetched, scratch, debs] = ['fetched', 'apt', baseFiles.debs].map(name => join(folder, name)) as [string, string, string]
  for (const path of [fetched, scratch, debs]) await mkdir(path)
  const source = await sourceOf(options.mirror, mode, signal)
  const found = await fetchPackages({ folder: fetched, scratch, lock, recipe: lockedRecipe, kernelMetapackage: kernelPackage, source, pinned, report: slice(report, 0, 0.4), signal })
  for (const entry of found.unpacked) await rename(join(fetched, basename(entry.path)), join(debs, basename(entry.path)))
  const tar = join(folder, baseFiles.tar)
  await bootstrap(fetched, tar, mode, report, signal)
  const status = await runTool('tar', ['-xOf', tar, './var/lib/dpkg/status'], { signal })
  const record: BaseRecord = { packages: versionsOf(status, found.unpacked), differences: found.differences } // BS4
  await writeFile(join(folder, baseFiles.packages), JSON.stringify(record, null, 1))
  for (const path of [fetched, scratch]) await rm(path, { recursive: true })
}

/** BS3. The repository is copied into the new root, where mmdebstrap's apt can read it in every mode. */
async function bootstrap(repository: string, tar: string, mode: BaseMode, report: ReportProgress, signal: AbortSignal | undefined): Promise<void> {
  const args = [
    `--variant=essential`, `--mode=${mode}`, `--architectures=${architecture}`, '--format=tar',
    `--include=${packages.join(',')}`, '--aptopt=Acquire::Languages "none"',
    ...excludedPaths.map(path => `--dpkgopt=path-exclude=${path}`),
    ...includedPaths.map(path => `--dpkgopt=path-include=${path}`),
    '--setup-hook=mkdir "$1/kubarium-repository"',
    `--setup-hook=sync-in ${repository} /kubarium-repository`,
    '--setup-hook=echo "deb [trusted=yes] copy:$1/kubarium-repository ./" > "$1/etc/apt/sources.list"',
    '--customize-hook=rm -r "$1/kubarium-repository"',
    ...(mode === 'fakechroot' ? ['--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr', `--include=${rootlessPackages.join(',')}`] : []),
    suite, tar, `deb [trusted=yes] copy:${repository} ./`,
  ]
  let ratio = 0
  await runTool('mmdebstrap', args, {
    signal, env: { SOURCE_DATE_EPOCH: '1735689600' },
    onLine: line => {
      const mark = milestones.find(([pattern]) => pattern.test(line))
      if (mark === undefined || mark[1] <= ratio) return
      ratio = mark[1]
      report({ step: mark[2], ratio })
    },
  }).catch((error: unknown) => { throw mode === 'fakechroot' && error instanceof Error && error.message.includes('symbol lookup error') ? otherLibc() : error })
}

/** fakechroot runs the host's programs with the new system's C library, which works only where the two are alike. */
function otherLibc(): BuildError {
  return new BuildError('unsupported', `fakechroot cannot set up ${suite} on this system, because their C libraries differ too much. Install the package uidmap and give yourself a range of user numbers (apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 YOU), or run the command as root.`)
}

/** BS2: one line of sources.list. Where mmdebstrap has to choose, or knows which keys to name, its own word is taken: a hook shows what it would use and ends it. */
export async function sourceOf(mirror: string | undefined, mode: BaseMode, signal: AbortSignal | undefined): Promise<string> {
  const mark = 'kubarium-source:'
  const lines: string[] = []
  await runTool('mmdebstrap', [
    '--variant=custom', `--mode=${mode}`, `--architectures=${architecture}`, `--setup-hook=sed "s/^/${mark}/" "$1/etc/apt/sources.list" >&2; exit 1`, suite, '/dev/null', ...(mirror === undefined ? [] : [mirror]),
  ], { signal, onLine: line => { lines.push(line) } }).catch((error: unknown) => {
    if (error instanceof BuildError && error.reason !== 'failed') throw error
  })
  const source = lines.filter(line => line.startsWith(`${mark}deb `)).map(line => line.slice(mark.length))[0]
  if (source === undefined) throw new BuildError('failed', `mmdebstrap did not say where it would take ${suite} from. Set KUBARIUM_DEBIAN_MIRROR to the address of a Debian mirror and run the command again. It said: ${lines.slice(-4).join(' | ')}`)
  return source
}

const milestones: readonly (readonly [RegExp, number, string])[] = [
  [/extracting archives/, 0.42, 'unpacking Debian packages'],
  [/installing essential/, 0.5, 'configuring the base system'],
  [/installing remaining/, 0.6, 'installing the node\'s packages'],
  [/creating tarball/, 0.93, 'packing the base system'],
]

/** dpkg's own list of what is installed, and what is only unpacked; sorted by package. */
export function versionsOf(dpkgStatus: string, unpacked: readonly { readonly name: string; readonly version: string }[]): Record<string, string> {
  const installed = readStanzas(dpkgStatus).map(stanza => [stanza.get('Package') ?? '', stanza.get('Version') ?? ''] as const)
  return Object.fromEntries([...installed, ...unpacked.map(({ name, version }) => [name, version] as const)].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** BS2. Returns undefined when mmdebstrap's own default should be used. */
export async function debianMirror(environment: Readonly<Record<string, string | undefined>>, readText: (path: string) => Promise<string>): Promise<string | undefined> {
  const named = environment['KUBARIUM_DEBIAN_MIRROR']
  if (named !== undefined && named !== '') return named
  for (const path of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    const mirror = mirrorIn(await readText(path).catch(() => ''))
    if (mirror !== undefined) return mirror
  }
  return undefined
}

/** The first http(s) source whose path ends in /debian, in either of apt's two formats. */
export function mirrorIn(sources: string): string | undefined {
  const uris = sources.split('\n').flatMap(line => /^(?:URIs:|deb(?:\s+\[[^\]]*\])?\s)\s*(.*)$/.exec(line.trim())?.[1]?.split(/\s+/) ?? [])
  return uris.find(uri => /^https?:\/\/.*\/debian\/?$/.test(uri))
}

/** How mmdebstrap can run here. */
export function baseMode(isRoot: boolean, has: { uidmap: boolean; fakechroot: boolean }): BaseMode | undefined {
  if (isRoot) return 'root' // BS1
  if (has.uidmap) return 'unshare'
  return has.fakechroot ? 'fakechroot' : undefined
}
