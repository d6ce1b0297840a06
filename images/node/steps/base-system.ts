/**
 * The base system: Debian packages resolved, downloaded and configured by mmdebstrap, kept as one tar file, with
 * the kernel and the extracted packages beside it. The only step that needs a network.
 *
 *   BS1  Works as root, and without root where mmdebstrap can (user namespaces, else fakechroot).
 *   BS2  The mirror is $KUBARIUM_DEBIAN_MIRROR, else the one this host's own apt uses when it is Debian, else
 *        mmdebstrap's default.
 *   BS3  Every package and its version is recorded.
 */
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from '../../build/run-tool.ts'
import type { ReportProgress } from '../../build/progress.ts'
import { architecture, excludedPaths, extractedPackages, includedPaths, kernelPackage, packages, suite } from '../recipe.ts'

export interface BaseSystem {
  readonly tar: string
  /** The .deb files that are unpacked rather than installed. */
  readonly debs: readonly string[]
  /** Package name to version. */
  readonly packages: Readonly<Record<string, string>>
}

export const baseFiles = { tar: 'base.tar', debs: 'debs', packages: 'packages.json' } as const

export async function readBaseSystem(folder: string): Promise<BaseSystem> {
  const versions = JSON.parse(await readFile(join(folder, baseFiles.packages), 'utf8')) as Record<string, string>
  const debs = (await readdir(join(folder, baseFiles.debs))).sort().map(name => join(folder, baseFiles.debs, name))
  return { tar: join(folder, baseFiles.tar), debs, packages: versions }
}

/** Makes the base system in an existing folder. */
export async function makeBaseSystem(folder: string, options: { mirror: string | undefined; mode: string; report: ReportProgress; signal?: AbortSignal | undefined }): Promise<void> {
  const tar = join(folder, baseFiles.tar)
  const args = [
    `--variant=essential`, `--mode=${options.mode}`, `--architectures=${architecture}`, '--format=tar',
    `--include=${packages.join(',')}`,
    '--aptopt=Acquire::Languages "none"', '--aptopt=Acquire::Retries "3"',
    ...(await inheritedAptOptions(options.signal)).map(option => `--aptopt=${option}`),
    ...excludedPaths.map(path => `--dpkgopt=path-exclude=${path}`),
    ...includedPaths.map(path => `--dpkgopt=path-include=${path}`),
    `--customize-hook=${fetchHook}`,
    ...(options.mode === 'fakechroot' ? ['--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr', '--include=usr-is-merged'] : []),
    suite, tar, ...(options.mirror === undefined ? [] : [options.mirror]),
  ]
  let ratio = 0
  await runTool('mmdebstrap', args, {
    signal: options.signal, cwd: folder, env: { SOURCE_DATE_EPOCH: '1735689600' },
    onLine: line => {
      const mark = milestones.find(([pattern]) => pattern.test(line))
      if (mark === undefined || mark[1] <= ratio) return
      ratio = mark[1]
      options.report({ step: mark[2], ratio })
    },
  })
  await mkdir(join(folder, baseFiles.debs))
  await runTool('tar', ['-xf', tar, '-C', join(folder, baseFiles.debs), '--no-same-owner', '--strip-components=2', './kubarium-debs'], { signal: options.signal })
  await rename(join(folder, baseFiles.debs, 'versions'), join(folder, 'versions.txt'))
  await writeFile(join(folder, baseFiles.packages), JSON.stringify(readVersions(await readFile(join(folder, 'versions.txt'), 'utf8')), null, 1)) // BS3
}

/** Runs inside mmdebstrap with the new root as $1, after configuration, while its apt is still at hand. */
const fetchHook = `set -e
mkdir -p "$1/kubarium-debs"
cd "$1/kubarium-debs"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
kernel=$(apt-cache depends --important ${kernelPackage} | sed -n 's/^ *Depends: *\\(linux-image-[0-9][^ ]*\\).*/\\1/p' | head -n 1)
apt-get -q -o APT::Sandbox::User=root download "$kernel" ${Object.keys(extractedPackages).join(' ')} >&2
dpkg-query --admindir="$1/var/lib/dpkg" -W -f '\${Package} \${Version}\\n' > versions
for deb in *.deb; do dpkg-deb -W --showformat='\${Package} \${Version}\\n' "$deb" >> versions; done`

const milestones: readonly (readonly [RegExp, number, string])[] = [
  [/running apt-get update/, 0.02, 'reading the Debian package lists'],
  [/downloading packages/, 0.1, 'downloading Debian packages'],
  [/extracting archives/, 0.3, 'unpacking Debian packages'],
  [/installing essential/, 0.4, 'configuring the base system'],
  [/installing remaining/, 0.5, 'installing the node\'s packages'],
  [/running --customize-hook/, 0.85, 'downloading the kernel'],
  [/creating tarball/, 0.93, 'packing the base system'],
]

export function readVersions(text: string): Record<string, string> {
  const pairs = text.split('\n').filter(line => line !== '').map(line => line.split(' ') as [string, string])
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
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

/** A host that lives with a frozen clock or behind a proxy has told its apt so; the new system is fetched the same way. */
async function inheritedAptOptions(signal: AbortSignal | undefined): Promise<string[]> {
  const dump = await runTool('apt-config', ['dump', '--format', '%f "%v";%n', 'Acquire'], { signal }).catch(() => '')
  return dump.split('\n').map(line => line.replace(/;$/, '')).filter(line => /^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy) "./.test(line))
}

/** How mmdebstrap can run here. */
export function baseMode(isRoot: boolean, has: { uidmap: boolean; fakechroot: boolean }): 'root' | 'unshare' | 'fakechroot' | undefined {
  if (isRoot) return 'root' // BS1
  if (has.uidmap) return 'unshare'
  return has.fakechroot ? 'fakechroot' : undefined
}
