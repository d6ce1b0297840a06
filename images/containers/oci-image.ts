/**
 * OCI images as values: layers from lists of files, a config, a manifest; and the OCI layout folder that holds them.
 *
 *   OI1  Same files in, same digests out: times, owners and order are fixed.
 *   OI2  Parent folders of every file are written, root-owned, mode 0755 unless given.
 *   OI3  A layout folder is an image set and a registry's store at once: blobs/sha256/<hex>, index.json, oci-layout.
 *   OI4  An entry of index.json carries the full reference in io.containerd.image.name, which is what
 *        `ctr images import` names the image by.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { createTarPacker, packTar, type TarEntry } from 'modern-tar'

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly architecture: string; readonly os: string }
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Blob {
  readonly descriptor: Descriptor
  readonly data: Uint8Array
}

export interface LayerFile {
  /** Absolute path in the image, without a leading slash. */
  readonly path: string
  readonly data?: Uint8Array
  /** A symbolic link's target. */
  readonly link?: string
  /** Permission bits; a trailing slash in the path makes a folder. */
  readonly mode?: number
}

export interface Layer extends Blob {
  /** Digest of the uncompressed tar. */
  readonly diffId: string
}

export interface ImageConfig {
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly workingDirectory?: string
  readonly ports?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly user?: string
}

export interface Image {
  /** Manifest, or an index of several platforms' manifests. */
  readonly top: Blob
  readonly blobs: readonly Blob[]
}

const epoch = new Date(1_735_689_600_000) // 2025-01-01: file times in layers, and the images' creation time

export async function layerOf(files: readonly LayerFile[]): Promise<Layer> {
  const tar = await packTar(tarEntries(files))
  const data = await promisify(zstdCompress)(tar, { params: { [constants.ZSTD_c_compressionLevel]: 8 } })
  return { diffId: digestOf(tar), data, descriptor: { mediaType: mediaTypes.layer, digest: digestOf(data), size: data.length } }
}

export function imageOf(layers: readonly Layer[], config: ImageConfig, architecture = 'amd64'): Image {
  const configBlob = jsonBlob(mediaTypes.config, {
    created: epoch.toISOString(), architecture, os: 'linux',
    config: {
      ...(config.user === undefined ? {} : { User: config.user }),
      ...(config.ports === undefined ? {} : { ExposedPorts: Object.fromEntries(config.ports.map(port => [port, {}])) }),
      Env: Object.entries({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...config.environment }).map(([name, value]) => `${name}=${value}`),
      ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint }),
      ...(config.command === undefined ? {} : { Cmd: config.command }),
      WorkingDir: config.workingDirectory ?? '/',
      ...(config.labels === undefined ? {} : { Labels: config.labels }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.diffId) },
    history: layers.map(() => ({ created: epoch.toISOString(), created_by: 'kubarium images' })),
  })
  const manifest = jsonBlob(mediaTypes.manifest, {
    schemaVersion: 2, mediaType: mediaTypes.manifest, config: configBlob.descriptor, layers: layers.map(layer => layer.descriptor),
  })
  return { top: { ...manifest, descriptor: { ...manifest.descriptor, platform: { architecture, os: 'linux' } } }, blobs: [...layers, configBlob] }
}

/** One reference for several architectures. */
export function multiPlatformImage(images: readonly Image[]): Image {
  const top = jsonBlob(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests: images.map(image => image.top.descriptor) })
  return { top, blobs: images.flatMap(image => [...image.blobs, image.top]) }
}

/** OI3. Writes the images into an empty folder. */
export async function writeLayout(folder: string, images: Readonly<Record<string, Image>>): Promise<void> {
  const blobs = new Map<string, Uint8Array>()
  for (const image of Object.values(images)) for (const blob of [...image.blobs, image.top]) blobs.set(blob.descriptor.digest, blob.data)
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  for (const [digest, data] of blobs) await writeFile(blobPath(folder, digest), data)
  const manifests = Object.entries(images).map(([reference, image]) => ({
    ...image.top.descriptor,
    annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1) }, // OI4
  }))
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, null, 1))
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

/** Full reference to manifest digest, as a layout folder has them. */
export async function readLayout(folder: string): Promise<Record<string, string>> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
  return Object.fromEntries(index.manifests.map(manifest => [manifest.annotations?.['io.containerd.image.name'] ?? '', manifest.digest]))
}

/** The layout, or the named references of it, as one OCI archive (tar), streamed. */
export function archiveOf(folder: string, references?: readonly string[]): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker()
  const fill = async (): Promise<void> => {
    const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
    const manifests = index.manifests.filter(manifest => references?.includes(manifest.annotations?.['io.containerd.image.name'] ?? '') ?? true)
    await addFile('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
    await addFile('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests })))
    for (const digest of await reachableBlobs(folder, manifests)) {
      const path = blobPath(folder, digest)
      const size = (await stat(path)).size
      const writer = controller.add({ name: `blobs/${digest.replace(':', '/')}`, size, mode: 0o644, mtime: epoch }).getWriter()
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) await writer.write(chunk as Uint8Array)
      await writer.close()
    }
    controller.finalize()
  }
  const addFile = async (name: string, data: Uint8Array): Promise<void> => {
    const writer = controller.add({ name, size: data.length, mode: 0o644, mtime: epoch }).getWriter()
    await writer.write(data)
    await writer.close()
  }
  fill().catch((error: unknown) => { controller.error(error) })
  return readable
}

async function reachableBlobs(folder: string, from: readonly Descriptor[]): Promise<string[]> {
  const seen = new Set<string>()
  const visit = async (descriptor: Descriptor): Promise<void> => {
    if (seen.has(descriptor.digest)) return
    seen.add(descriptor.digest)
    if (descriptor.mediaType !== mediaTypes.index && descriptor.mediaType !== mediaTypes.manifest) return
    const body = JSON.parse(await readFile(blobPath(folder, descriptor.digest), 'utf8')) as { manifests?: Descriptor[]; config?: Descriptor; layers?: Descriptor[] }
    for (const next of [...(body.manifests ?? []), ...(body.config === undefined ? [] : [body.config]), ...(body.layers ?? [])]) await visit(next)
  }
  for (const descriptor of from) await visit(descriptor)
  return [...seen].sort()
}

function tarEntries(files: readonly LayerFile[]): TarEntry[] {
  const folders = new Map<string, number>()
  for (const file of files) {
    for (let folder = dirname(file.path.replace(/\/$/, '')); folder !== '.'; folder = dirname(folder)) if (!folders.has(folder)) folders.set(folder, 0o755) // OI2
    if (file.path.endsWith('/')) folders.set(file.path.slice(0, -1), file.mode ?? 0o755)
  }
  const links = new Set(files.filter(file => file.link !== undefined).map(file => file.path))
  const base = { uid: 0, gid: 0, uname: 'root', gname: 'root', mtime: epoch }
  const entries: TarEntry[] = [...folders].filter(([path]) => !links.has(path)).map(([path, mode]) => ({ header: { ...base, name: `${path}/`, type: 'directory', size: 0, mode } }))
  for (const { path, data, link, mode } of files) {
    if (path.endsWith('/')) continue
    if (link !== undefined) entries.push({ header: { ...base, name: path, type: 'symlink', size: 0, linkname: link, mode: 0o777 } })
    else entries.push({ header: { ...base, name: path, type: 'file', size: data?.length ?? 0, mode: mode ?? 0o644 }, body: data ?? new Uint8Array() })
  }
  return entries.sort((a, b) => (a.header.name < b.header.name ? -1 : 1)) // OI1
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  const data = Buffer.from(JSON.stringify(value))
  return { data, descriptor: { mediaType, digest: digestOf(data), size: data.length } }
}

export function digestOf(data: Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}

export function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', digest.replace(':', '/'))
}
