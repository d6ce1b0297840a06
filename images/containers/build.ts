/**
 * The container images a lab carries, made without Docker: pause, busybox, web (v1 and v2) and the cluster DNS.
 *
 *   CI1  Everything is pinned: it comes from the worker's own root file system (busybox, C library), the Node.js binary of
 *        the npm package, and this repository; nothing is downloaded here.
 *   CI2  The node program sits in web and dns at the path it has on the worker, bit for bit, so that the worker's disk
 *        and memory hold it once (see images/node/steps/share-files.ts).
 *   CI3  The DNS image is left out, by name, while its bundle does not exist.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readElfNeeds } from './elf-libraries.ts'
import { imageOf, layerOf, multiPlatformImage, writeLayout, type Image, type Layer, type LayerFile } from './oci-image.ts'
import { renderPauseProgram } from './pause-program.ts'

export interface ContainerSources {
  /** A worker's root file system: busybox and libraries are taken from it. */
  readonly rootfs: string
  /** The Node.js program as it is on the worker. */
  readonly node: Uint8Array
  /** The bundled cluster DNS server, when it exists. */
  readonly dnsBundle?: Uint8Array
}

export const references = {
  pause: 'registry.k8s.io/pause:3.10',
  busybox: 'docker.io/library/busybox:latest',
  web: 'docker.io/library/web:latest',
  webV1: 'docker.io/library/web:v1',
  webV2: 'docker.io/library/web:v2',
  dns: 'docker.io/kubarium/dns:latest',
} as const

/** Makes every image and writes them as one OCI layout into an existing empty folder. */
export async function buildContainerImages(folder: string, sources: ContainerSources): Promise<void> {
  const busybox = await busyboxLayer(sources.rootfs)
  const node = await nodeLayer(sources)
  const web = await layerOf([{ path: 'app/server.mjs', data: Buffer.from(await webProgram()) }])
  const images: Record<string, Image> = {
    [references.pause]: await pauseImage(),
    [references.busybox]: imageOf([busybox], { command: ['sh'], labels: { 'org.opencontainers.image.title': 'busybox' } }),
    [references.web]: webImage([busybox, node, web], 'v1'),
    [references.webV1]: webImage([busybox, node, web], 'v1'),
    [references.webV2]: webImage([busybox, node, web], 'v2'),
  }
  if (sources.dnsBundle !== undefined) { // CI3
    const dns = await layerOf([{ path: 'app/dns.mjs', data: sources.dnsBundle }])
    images[references.dns] = imageOf([busybox, node, dns], {
      entrypoint: ['/usr/local/bin/node', '/app/dns.mjs'], ports: ['53/tcp', '53/udp', '8080/tcp', '8181/tcp'], labels: { 'org.opencontainers.image.title': 'kubarium-dns' },
    })
  }
  await writeLayout(folder, images)
}

async function pauseImage(): Promise<Image> {
  const platforms = (['amd64', 'arm64'] as const).map(async architecture => {
    const layer = await layerOf([{ path: 'pause', data: renderPauseProgram(architecture), mode: 0o755 }])
    return imageOf([layer], { entrypoint: ['/pause'], user: '65535:65535', labels: { 'org.opencontainers.image.title': 'pause' } }, architecture)
  })
  return multiPlatformImage(await Promise.all(platforms))
}

function webImage(layers: readonly Layer[], version: string): Image {
  return imageOf(layers, {
    entrypoint: ['/usr/local/bin/node', '/app/server.mjs'], environment: { WEB_VERSION: version }, ports: ['80/tcp'],
    labels: { 'org.opencontainers.image.title': 'web', 'org.opencontainers.image.version': version },
  })
}

/** Erases the server's types; what is left runs as it stands. */
export async function webProgram(): Promise<string> {
  return stripTypeScriptTypes(await readFile(join(import.meta.dirname, 'web/server.ts'), 'utf8'), { mode: 'strip' })
}

async function busyboxLayer(rootfs: string): Promise<Layer> {
  const program = await readFile(join(rootfs, 'usr/bin/busybox'))
  const applets = await listApplets(program)
  const files: LayerFile[] = [
    { path: 'bin', link: 'usr/bin' }, { path: 'sbin', link: 'usr/bin' }, { path: 'lib', link: 'usr/lib' }, { path: 'lib64', link: 'usr/lib64' },
    { path: 'usr/sbin', link: 'bin' }, { path: 'usr/lib/' }, { path: 'usr/lib64/' },
    { path: 'usr/bin/busybox', data: program, mode: 0o755 },
    ...applets.filter(name => name !== 'busybox').map(name => ({ path: `usr/bin/${name}`, link: 'busybox' })),
    { path: 'tmp/', mode: 0o1777 }, { path: 'var/tmp/', mode: 0o1777 }, { path: 'root/', mode: 0o700 }, { path: 'home/' }, { path: 'var/spool/' }, { path: 'var/www/' },
    { path: 'dev/' }, { path: 'proc/' }, { path: 'sys/' }, { path: 'run/' },
    { path: 'etc/passwd', data: text('root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n') },
    { path: 'etc/group', data: text('root:x:0:\ndaemon:x:1:\ntty:x:5:\nnogroup:x:65534:\n') },
    { path: 'etc/shadow', data: text('root:*:::::::\nnobody:*:::::::\n'), mode: 0o640 },
    { path: 'etc/nsswitch.conf', data: text('passwd: files\ngroup: files\nhosts: files dns\n') },
    { path: 'etc/profile', data: text("export PATH=/usr/local/bin:/usr/bin:/bin PS1='\\h:\\w\\$ '\n") },
  ]
  return layerOf(files)
}

/** Asks the static busybox itself which commands it has. */
async function listApplets(program: Uint8Array): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kubarium-busybox-'))
  const path = join(folder, 'busybox')
  await writeFile(path, program, { mode: 0o755 })
  try {
    const { stdout } = await runFresh(path, ['--list'])
    return [...new Set(stdout.split('\n').filter(name => name !== ''))].sort()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The Node.js program and the shared libraries it loads, at the paths they have on the worker. */
async function nodeLayer(sources: ContainerSources): Promise<Layer> {
  const libraryFolder = 'usr/lib/x86_64-linux-gnu'
  const files = new Map<string, LayerFile>([['usr/local/bin/node', { path: 'usr/local/bin/node', data: sources.node, mode: 0o755 }]])
  const add = async (path: string): Promise<void> => {
    if (files.has(path)) return
    const real = (await realpath(join(sources.rootfs, path))).slice((await realpath(sources.rootfs)).length + 1)
    const data = await readFile(join(sources.rootfs, real))
    if (real !== path) files.set(path, { path, link: await linkTarget(join(sources.rootfs, path), real) })
    files.set(real, { path: real, data, mode: 0o755 })
    for (const library of readElfNeeds(data).libraries) await add(join(libraryFolder, library))
  }
  const needs = readElfNeeds(Buffer.from(sources.node))
  for (const library of needs.libraries) await add(join(libraryFolder, library))
  for (const library of ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']) await add(join(libraryFolder, library)).catch(() => undefined)
  const loader = `usr/lib64/${basename(needs.loader ?? 'ld-linux-x86-64.so.2')}`
  files.set(loader, { path: loader, link: '../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' })
  await add(join(libraryFolder, 'ld-linux-x86-64.so.2'))
  return layerOf([...files.values()])
}

async function linkTarget(path: string, real: string): Promise<string> {
  const target = await readlink(path)
  return dirname(target) === '.' ? target : `/${real}`
}

function text(value: string): Buffer {
  return Buffer.from(value)
}

/**
 * Runs a program that has just been written. A process that was being started at that moment may still hold the file open
 * for writing, which Linux answers with ETXTBSY; it lets go within milliseconds.
 */
async function runFresh(path: string, argv: readonly string[]): Promise<{ stdout: string }> {
  const mostTries = 20
  for (let tries = 1; ; tries++) {
    try {
      return await promisify(execFile)(path, argv)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ETXTBSY' || tries === mostTries) throw error
      await new Promise(resolve => setTimeout(resolve, 25))
    }
  }
}
