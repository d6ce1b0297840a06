import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveOf, blobPath, digestOf, imageOf, layerOf, mediaTypes, multiPlatformImage, readLayout, writeLayout } from './oci-image.ts'

let folder = ''
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'oci-')) })
afterEach(async () => { await rm(folder, { recursive: true }) })

const files = [{ path: 'app/server.mjs', data: Buffer.from('hello') }, { path: 'bin', link: 'usr/bin' }, { path: 'tmp/', mode: 0o1777 }]

test('OI1 the same files give the same digests, in any order and at any time', async () => {
  const first = await layerOf(files)
  const second = await layerOf([...files].reverse())
  expect(second.descriptor).toEqual(first.descriptor)
  expect(first.diffId).toBe('sha256:2dd1c8324ad90f23cccd2a3f14fac4ee1d7964d7202df75d84478ccc6a2be819')
})

test('OI2 parents are there, root-owned, links and modes are kept', async () => {
  const entries = await unpackTar(await promisify(zstdDecompress)((await layerOf(files)).data))
  expect(entries.map(({ header }) => [header.name, header.type, header.mode?.toString(8), header.linkname ?? ''])).toEqual([
    ['app/', 'directory', '755', ''], ['app/server.mjs', 'file', '644', ''], ['bin', 'symlink', '777', 'usr/bin'], ['tmp/', 'directory', '1777', ''],
  ])
  for (const { header } of entries) expect([header.uid, header.gid, header.mtime?.toISOString()]).toEqual([0, 0, '2025-01-01T00:00:00.000Z'])
})

test('the manifest names its parts by digest and size, the config by diff id', async () => {
  const layer = await layerOf(files)
  const image = imageOf([layer], { entrypoint: ['/app'], environment: { A: 'b' }, ports: ['80/tcp'], user: '65535:65535' })
  const manifest = JSON.parse(Buffer.from(image.top.data).toString()) as { config: { digest: string }; layers: unknown[] }
  expect(manifest.layers).toEqual([layer.descriptor])
  const config = image.blobs.find(blob => blob.descriptor.digest === manifest.config.digest)
  expect(JSON.parse(Buffer.from(config?.data ?? []).toString())).toMatchObject({
    architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    config: { Entrypoint: ['/app'], Env: [expect.stringMatching(/^PATH=/), 'A=b'], ExposedPorts: { '80/tcp': {} }, User: '65535:65535' },
  })
})

test('OI3 a layout stores each blob once under its own digest', async () => {
  const layer = await layerOf(files)
  const image = imageOf([layer], {})
  await writeLayout(folder, { 'docker.io/library/a:latest': image, 'docker.io/library/a:v1': image })
  const names = await readdir(join(folder, 'blobs/sha256'))
  expect(names).toHaveLength(3)
  for (const name of names) expect(digestOf(await readFile(join(folder, 'blobs/sha256', name)))).toBe(`sha256:${name}`)
  expect(await readFile(join(folder, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}')
})

test('OI4 references are kept in full and as tags', async () => {
  const image = imageOf([await layerOf(files)], {})
  await writeLayout(folder, { 'registry.k8s.io/pause:3.10': image })
  expect(await readLayout(folder)).toEqual({ 'registry.k8s.io/pause:3.10': image.top.descriptor.digest })
  expect(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))).toMatchObject({ manifests: [{ annotations: { 'org.opencontainers.image.ref.name': '3.10' } }] })
})

test('one reference can stand for several platforms', async () => {
  const parts = await Promise.all((['amd64', 'arm64'] as const).map(async name => imageOf([await layerOf([{ path: name }])], {}, name)))
  const both = multiPlatformImage(parts)
  expect(both.top.descriptor.mediaType).toBe(mediaTypes.index)
  await writeLayout(folder, { 'x/both:1': both })
  expect((await readFile(blobPath(folder, both.top.descriptor.digest))).toString()).toContain('"architecture":"arm64"')
  expect(await readdir(join(folder, 'blobs/sha256'))).toHaveLength(7)
})

test('an archive holds what the named references reach and no more', async () => {
  const one = imageOf([await layerOf(files)], {})
  const two = imageOf([await layerOf([{ path: 'other', data: Buffer.from('x') }])], {})
  await writeLayout(folder, { 'h/one:1': one, 'h/two:1': two })
  const entries = await unpackTar(archiveOf(folder, ['h/one:1']))
  expect(entries.map(({ header }) => header.name).filter(name => name.startsWith('blobs/')).sort()).toEqual(
    [...one.blobs, one.top].map(blob => `blobs/${blob.descriptor.digest.replace(':', '/')}`).sort())
  expect(JSON.parse(Buffer.from(entries.find(({ header }) => header.name === 'index.json')?.data ?? []).toString())).toMatchObject({ manifests: [{ digest: one.top.descriptor.digest }] })
})
