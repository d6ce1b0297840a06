/**
 * From the base system to a finished image folder.
 *
 *   MI1  As root: the tree is made, filled and kept (namespace machines use it), the disk is made from it.
 *   MI2  Without root: the tree is made under fakeroot by this file run as a program, so that the disk gets root's
 *        files; the disk is then filled by booting it once. No tree is kept, because its owners would be wrong.
 *   MI3  What was made is recorded: package versions and where they are not the locked ones, image digests, sizes,
 *        modules that this kernel no longer has.
 */
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { buildOnce } from '../build/build-once.ts'
import type { ReportProgress } from '../build/progress.ts'
import { runTool } from '../build/run-tool.ts'
import { buildContainerImages } from '../containers/build.ts'
import { archiveOf, readLayout } from '../containers/oci-image.ts'
import type { PackageDifference } from './packages-lock.ts'
import * as recipe from './recipe.ts'
import type { BaseSystem } from './steps/base-system.ts'
import { customiseRootfs, takeFiles } from './steps/customise-rootfs.ts'
import { finishDisk, makeRawDisk } from './steps/disk.ts'
import { readSysctls, renderInitrd } from './steps/initrd.ts'
import { trimModules, type TrimmedModules } from './steps/kernel-modules.ts'
import { populateByBoot, populateContainerd } from './steps/populate-containerd.ts'
import { shareFiles } from './steps/share-files.ts'
import { stripElf } from './steps/strip-elf.ts'

/** Plain data: it is also the argument of the program run under fakeroot. */
export interface MakeImageOptions {
  /** An existing empty folder, on the cache's file system. */
  readonly work: string
  readonly cacheDir: string
  readonly hash: string
  readonly base: BaseSystem
  readonly nodeBinary: string
  readonly nodeDigest: string
  readonly dnsBundle: string | undefined
}

export interface NodeImageManifest {
  readonly formatVersion: 1
  readonly hash: string
  readonly suite: string
  readonly architecture: string
  readonly kernelVersion: string
  readonly kernelArguments: string
  /** sha256 of the Node.js program. */
  readonly node: string
  readonly packages: Readonly<Record<string, string>>
  /** Packages whose version is not the locked one. */
  readonly packageDifferences: readonly PackageDifference[]
  /** Full reference to manifest digest. */
  readonly containers: Readonly<Record<string, string>>
  /** Name of the OCI layout below the cache's containers folder. */
  readonly containersDir: string
  readonly missingModules: readonly string[]
  readonly diskBytes: number
}

interface Tree {
  readonly rootfs: string
  readonly containersDir: string
  readonly modules: TrimmedModules
}

export async function makeImage(options: MakeImageOptions, report: ReportProgress, signal?: AbortSignal): Promise<void> {
  const scratch = join(options.work, 'scratch')
  const raw = join(scratch, 'disk.raw')
  const archive = join(scratch, 'images.oci.tar')
  const isRoot = process.getuid?.() === 0
  await mkdir(scratch)
  const tree = isRoot ? await makeTree(options, report, signal) : await makeTreeUnderFakeroot(options, raw, report, signal)

  report({ step: 'loading the container images', ratio: 0.6 })
  const layout = join(options.cacheDir, 'containers', tree.containersDir)
  await archiveOf(layout).pipeTo(Writable.toWeb(createWriteStream(archive)), { signal })
  if (isRoot) {
    await populateContainerd({ rootfs: tree.rootfs, layout, archive, signal })
    await shareFiles(tree.rootfs)
    report({ step: 'making the disk', ratio: 0.75 })
    await makeRawDisk(tree.rootfs, raw, signal)
  } else {
    const initrd = (instead: string): Promise<Uint8Array> => initrdOf(tree, instead)
    await populateByBoot({ rawDisk: raw, kernel: join(options.work, 'vmlinuz'), initrd, layout, archive, signal })
  }
  report({ step: 'packing the disk', ratio: 0.85 })
  const diskBytes = await finishDisk(raw, join(options.work, 'disk.qcow2'), recipe.compressDisk, signal)
  if (isRoot) { // MI1
    await rename(join(tree.rootfs, 'var/lib/containerd'), join(options.work, 'containerd'))
    await mkdir(join(tree.rootfs, 'var/lib/containerd'), { mode: 0o711 })
  } else {
    await rm(tree.rootfs, { recursive: true })
  }
  await rm(scratch, { recursive: true })

  const manifest: NodeImageManifest = { // MI3
    formatVersion: 1, hash: options.hash, suite: recipe.suite, architecture: recipe.architecture, kernelVersion: tree.modules.kernelVersion,
    kernelArguments: recipe.kernelArguments, node: options.nodeDigest, packages: options.base.packages,
    packageDifferences: options.base.differences,
    containers: await readLayout(layout), containersDir: tree.containersDir, missingModules: tree.modules.missing, diskBytes,
  }
  await writeFile(join(options.work, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
}

/** Root file system, kernel, RAM disk and container images, as whoever this process believes to be. */
async function makeTree(options: MakeImageOptions, report: ReportProgress, signal?: AbortSignal): Promise<Tree> {
  const rootfs = join(options.work, 'rootfs')
  const unpacked = join(options.work, 'scratch/debs')
  await mkdir(rootfs)
  await mkdir(unpacked)
  report({ step: 'unpacking the root file system', ratio: 0 })
  await runTool('tar', ['-xpf', options.base.tar, '-C', rootfs, '--exclude=./dev/*'], { signal })
  for (const deb of options.base.debs) await runTool('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --no-same-owner', 'sh', deb, unpacked], { signal })

  report({ step: 'fitting it to a worker', ratio: 0.2 })
  const node = stripElf(await readFile(options.nodeBinary))
  await takeFiles(unpacked, rootfs, Object.values(recipe.extractedPackages).flat())
  await customiseRootfs(rootfs, { files: join(import.meta.dirname, 'files'), node })
  const modules = await trimModules(unpacked, rootfs, recipe.kernelModules, recipe.initrdModules, signal)
  await copyFile(join(unpacked, 'boot', `vmlinuz-${modules.kernelVersion}`), join(options.work, 'vmlinuz'))

  report({ step: 'making the container images', ratio: 0.4 })
  const tree: Tree = { rootfs, modules, containersDir: options.hash }
  await buildOnce(join(options.cacheDir, 'containers', tree.containersDir), async folder => {
    await buildContainerImages(folder, { rootfs, node, ...(options.dnsBundle === undefined ? {} : { dnsBundle: await readFile(options.dnsBundle) }) })
  }, { signal })
  await writeFile(join(options.work, 'initrd'), await initrdOf(tree))
  return tree
}

async function initrdOf(tree: Tree, instead?: string): Promise<Uint8Array> {
  const modules = await Promise.all(tree.modules.initrd.map(async path => ({ name: basename(path), data: await readFile(join(tree.rootfs, path)) })))
  const sysctls = readSysctls(await readFile(join(tree.rootfs, 'etc/sysctl.d/90-kubarium.conf'), 'utf8'))
  return renderInitrd({ busybox: await readFile(join(tree.rootfs, 'usr/bin/busybox')), modules, sysctls, ...(instead === undefined ? {} : { instead }) })
}

/** MI2. The tree and the raw disk are made by another process, whose calls fakeroot answers as if root made them. */
async function makeTreeUnderFakeroot(options: MakeImageOptions, raw: string, report: ReportProgress, signal?: AbortSignal): Promise<Tree> {
  const output = await runTool('fakeroot', ['--', process.execPath, '--disable-warning=ExperimentalWarning', import.meta.filename], {
    signal, input: JSON.stringify({ options, raw }),
    onLine: line => { if (line.startsWith('{"step"')) report(JSON.parse(line) as Parameters<ReportProgress>[0]) },
  })
  return JSON.parse(output) as Tree
}

async function mainUnderFakeroot(): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  const { options, raw } = JSON.parse(Buffer.concat(parts).toString()) as { options: MakeImageOptions; raw: string }
  const report: ReportProgress = progress => { process.stderr.write(`${JSON.stringify(progress)}\n`) }
  const tree = await makeTree(options, report)
  report({ step: 'making the disk', ratio: 0.5 })
  await makeRawDisk(tree.rootfs, raw)
  process.stdout.write(JSON.stringify(tree))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await mainUnderFakeroot()
