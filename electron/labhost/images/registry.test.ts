import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryLog } from '../../../agents/base/log.ts'
import { readRange, startRegistry, type Registry } from './registry.ts'

const layer = Buffer.from('0123456789')
const foreign = Buffer.from('not in any image')
let folder = ''
let registry: Registry
let manifest = Buffer.from('')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'))
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  const config = Buffer.from('{}')
  manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: descriptor('application/vnd.oci.image.config.v1+json', config), layers: [descriptor('application/vnd.oci.image.layer.v1.tar+zstd', layer)] }))
  for (const data of [layer, foreign, config, manifest]) await writeFile(join(folder, 'blobs/sha256', digest(data).slice(7)), data)
  await writeIndex(['docker.io/library/web:latest', 'docker.io/library/web:v2', 'registry.k8s.io/pause:3.10'])
  registry = await startRegistry({ layout: folder, host: '127.0.0.1', port: 0, log: new MemoryLog() })
})
afterEach(async () => {
  await registry.close()
  await rm(folder, { recursive: true })
})

test('RG1 the host in ns chooses, without it any host that has the path serves', async () => {
  expect((await ask('/v2/')).status).toBe(200)
  expect((await ask('/v2/library/web/manifests/latest?ns=docker.io')).status).toBe(200)
  expect((await ask('/v2/library/web/manifests/latest?ns=registry.k8s.io')).status).toBe(404)
  expect((await ask('/v2/pause/manifests/3.10')).status).toBe(200)
  expect(await (await ask('/v2/library/web/tags/list')).json()).toEqual({ name: 'library/web', tags: ['latest', 'v2'] })
  expect(await (await ask('/v2/_catalog')).json()).toEqual({ repositories: ['library/web', 'pause'] })
})

test('RG2 manifests by tag and digest, HEAD like GET without the body', async () => {
  for (const reference of ['latest', digest(manifest)]) {
    const answer = await ask(`/v2/library/web/manifests/${reference}`)
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('docker-content-digest')]).toEqual([200, 'application/vnd.oci.image.manifest.v1+json', digest(manifest)])
    expect(Buffer.from(await answer.arrayBuffer()).equals(manifest)).toBe(true)
  }
  const head = await ask('/v2/library/web/manifests/v2', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(manifest.length), ''])
})

test('RG2 blobs whole and in ranges', async () => {
  const path = `/v2/library/web/blobs/${digest(layer)}`
  expect(await (await ask(path)).text()).toBe('0123456789')
  const part = await ask(path, { headers: { range: 'bytes=4-' } })
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 4-9/10', '456789'])
  expect((await ask(path, { headers: { range: 'bytes=10-' } })).status).toBe(416)
})

test.each([
  ['bytes=0-3', [0, 3]], ['bytes=-2', [8, 9]], ['bytes=5-99', [5, 9]], ['bytes=9-', [9, 9]], ['bytes=7-3', 'unsatisfiable'], ['bytes=0-1,4-5', undefined], [undefined, undefined],
])('RG2 range %s', (header, range) => {
  expect(readRange(header, 10)).toEqual(range)
})

test.each([
  ['/v2/library/web/manifests/v9', 'MANIFEST_UNKNOWN'],
  ['/v2/library/other/manifests/latest', 'NAME_UNKNOWN'],
  [`/v2/library/web/blobs/sha256:${'0'.repeat(64)}`, 'BLOB_UNKNOWN'],
  ['/v2/library/web/blobs/..%2f..%2findex.json', 'BLOB_UNKNOWN'],
  ['/v1/x', 'NAME_UNKNOWN'],
])('RG3 %s is %s', async (path, code) => {
  const answer = await ask(path)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json'])
  expect(await answer.json()).toMatchObject({ errors: [{ code, message: expect.any(String) as string }] })
})

test('RG3 a blob that no image reaches is not served', async () => {
  expect((await ask(`/v2/library/web/blobs/${digest(foreign)}`)).status).toBe(404)
  expect((await ask(`/v2/library/web/blobs/${digest(manifest)}`)).status).toBe(404)
})

test('RG4 writing is refused', async () => {
  const answer = await ask('/v2/library/web/blobs/uploads/', { method: 'POST' })
  expect([answer.status, await answer.json()]).toEqual([405, { errors: [{ code: 'UNSUPPORTED', message: 'this registry is read-only', detail: null }] }])
})

test('RG5 a new index shows without a restart', async () => {
  await writeIndex(['docker.io/library/web:v3'])
  expect((await ask('/v2/library/web/manifests/v3')).status).toBe(200)
  expect((await ask('/v2/library/web/manifests/latest')).status).toBe(404)
})

test('a port already taken is one clear sentence', async () => {
  await expect(startRegistry({ layout: folder, host: '127.0.0.1', port: registry.port, log: new MemoryLog() })).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+, because another program does/)
})

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${registry.port}${path}`, init)
}

function digest(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}

function descriptor(mediaType: string, data: Buffer): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digest(data), size: data.length }
}

async function writeIndex(references: readonly string[]): Promise<void> {
  const manifests = references.map(name => ({ ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest), annotations: { 'io.containerd.image.name': name } }))
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
}
