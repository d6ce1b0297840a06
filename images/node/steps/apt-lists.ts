/**
 * Asks apt, in a state of its own that leaves the host's alone, which packages a worker would be made of today.
 *
 *   AL1  The mirror's lists are read with their signatures, as the host's apt and mmdebstrap would.
 *   AL2  Packages that are already here (`local`) win over the mirror's, whatever their version; where their
 *        dependencies forbid it, apt says so by choosing another.
 *   AL3  The essential packages of the suite, the named ones and what they depend on; recommendations are left out.
 *   AL4  A metapackage stands for the one versioned kernel that it depends on.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildError } from '../../build/build-error.ts'
import { runTool } from '../../build/run-tool.ts'
import { isKernel, type LockedPackage, type LockedRecipe, type PackageSet } from '../packages-lock.ts'
import { inheritedAptOptions } from './apt-options.ts'

export interface AptListsOptions {
  /** An existing empty folder for apt's state. */
  readonly folder: string
  /** A line of sources.list, the mirror's. */
  readonly source: string
  /** A folder laid out by writeRepository with packages that are already here. */
  readonly repository: string
  readonly local: readonly LockedPackage[]
  readonly recipe: LockedRecipe
  readonly kernelMetapackage: string
  readonly signal?: AbortSignal | undefined
}

export async function resolvePackages(options: AptListsOptions): Promise<PackageSet> {
  const { signal } = options
  const apt = await privateApt(options)
  await runTool('apt-get', [...apt, '-q', 'update', '-o', 'APT::Update::Error-Mode=any'], { signal }) // AL1
  const { suite, architecture, installed } = options.recipe
  const essential = `?narrow(?or(?archive(^${suite}$),?codename(^${suite}$)),?architecture(${architecture}),?essential)`
  const plan = readPlan(await runTool('apt-get', [...apt, '-qq', '--simulate', 'install', essential, ...installed], { signal })) // AL3
  const kernel = await kernelOf(options, apt)
  return {
    installed: await describe(plan.map(({ name, version }) => `${name}=${version}`), options, apt),
    unpacked: await describe([kernel, ...options.recipe.unpacked], options, apt),
  }
}

/** "Inst libc6 (2.41-12 Debian:13.0/stable [amd64]) []" */
export function readPlan(simulation: string): { name: string; version: string }[] {
  return simulation.split('\n').flatMap(line => {
    const match = /^Inst (\S+) \((\S+) /.exec(line)
    return match === null ? [] : [{ name: match[1]!.replace(/:.*$/, ''), version: match[2]! }]
  })
}

/** Control stanzas, as apt-cache shows them. */
export function readStanzas(text: string): Map<string, string>[] {
  return text.split(/\n\n+/).filter(part => part.trim() !== '').map(part => {
    const fields = part.split('\n').flatMap((line): [string, string][] => {
      const match = /^([A-Za-z0-9-]+): ?(.*)$/.exec(line)
      return match === null ? [] : [[match[1]!, match[2]!]]
    })
    return new Map(fields)
  })
}

/** AL4. A kernel that is already here is taken as it is. */
async function kernelOf(options: AptListsOptions, apt: readonly string[]): Promise<string> {
  const here = options.local.find(entry => isKernel(entry.name))
  if (here !== undefined) return here.name
  const [stanza] = readStanzas(await runTool('apt-cache', [...apt, '--no-all-versions', 'show', options.kernelMetapackage], { signal: options.signal }))
  const name = /(?:^|, )(linux-image-[0-9][^ ,]*)/.exec(stanza?.get('Depends') ?? '')?.[1]
  if (name === undefined) throw new BuildError('failed', `The mirror's package ${options.kernelMetapackage} does not name a kernel. Choose another Debian mirror with KUBARIUM_DEBIAN_MIRROR and run the command again.`)
  return name
}

async function describe(wanted: readonly string[], options: AptListsOptions, apt: readonly string[]): Promise<LockedPackage[]> {
  const stanzas = readStanzas(await runTool('apt-cache', [...apt, '--no-all-versions', 'show', ...wanted], { signal: options.signal }))
  const found = new Map<string, LockedPackage>()
  for (const stanza of stanzas) {
    const [name, version, path, sha256] = ['Package', 'Version', 'Filename', 'SHA256'].map(field => stanza.get(field) ?? '') as [string, string, string, string]
    const local = options.local.find(entry => entry.name === name && entry.version === version) // AL2: the path is the lock's, not that of our own repository
    found.set(name, local ?? { name, version, path, sizeBytes: Number(stanza.get('Size')), sha256 })
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function privateApt(options: AptListsOptions): Promise<string[]> {
  const { folder, recipe } = options
  for (const part of ['lists/partial', 'cache/archives/partial', 'preferences.d', 'none']) await mkdir(join(folder, part), { recursive: true })
  await writeFile(join(folder, 'status'), '')
  await writeFile(join(folder, 'sources.list'), `${options.source}\ndeb [trusted=yes] copy:${options.repository} ./\n`)
  await writeFile(join(folder, 'preferences'), options.local.map(({ name, version }) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`).join('\n')) // AL2
  const settings = {
    'Dir::Etc::main': '/dev/null', 'Dir::Etc::parts': join(folder, 'none'), 'Dir::Etc::sourcelist': join(folder, 'sources.list'), 'Dir::Etc::sourceparts': join(folder, 'none'),
    'Dir::Etc::preferences': join(folder, 'preferences'), 'Dir::Etc::preferencesparts': join(folder, 'preferences.d'), 'Dir::State': folder, 'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'), 'Dir::Cache': join(folder, 'cache'), 'APT::Architecture': recipe.architecture, 'APT::Architectures': recipe.architecture,
    'APT::Sandbox::User': 'root', 'pkgCacheGen::ForceEssential': ',', 'APT::Install-Recommends': 'false', 'Acquire::Languages': 'none', 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false', 'Acquire::Retries': '3',
  }
  const inherited = await inheritedAptOptions(options.signal)
  return [...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]), ...inherited.flatMap(({ name, value }) => ['-o', `${name}=${value}`])]
}
