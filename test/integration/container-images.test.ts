/**
 * The container images in a real containerd: made from the worker's root file system, imported and unpacked, known to
 * the CRI plugin. Needs root and a worker image in the cache ($KUBARIUM_HOME/images; `kubarium images build` makes one).
 */
import { execFileSync } from 'node:child_process'
import { createWriteStream, existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import envPaths from 'env-paths'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyContainerdState } from '../../electron/labhost/images/containerd-state.ts'
import { buildContainerImages, references } from '../../images/containers/build.ts'
import { archiveOf, readLayout } from '../../images/containers/oci-image.ts'
import { populateContainerd } from '../../images/node/steps/populate-containerd.ts'

const cache = join(process.env['KUBARIUM_HOME'] ?? envPaths('kubarium', { suffix: '' }).data, 'images')
const image = existsSync(join(cache, 'node')) ? readdirSync(join(cache, 'node')).map(name => join(cache, 'node', name)).find(dir => /\/[0-9a-f]{16}$/.test(dir) && existsSync(join(dir, 'rootfs/usr/bin/crun'))) : undefined
const reason = process.getuid?.() !== 0 ? 'needs root' : image === undefined ? `needs a worker image in ${cache}` : undefined

let folder = ''
let rootfs = ''
beforeAll(async () => {
  if (image === undefined || reason !== undefined) return
  folder = await mkdtemp(join(cache, 'test-')) // same file system as the image, so that hard links work
  rootfs = join(folder, 'rootfs')
  execFileSync('cp', ['-al', join(image, 'rootfs'), rootfs])
})
afterAll(async () => { if (folder !== '') await rm(folder, { recursive: true }) })

test('images are the same when made twice, and containerd takes them over', async context => {
  context.skip(reason !== undefined, reason)
  const sources = { rootfs, node: await readFile(join(rootfs, 'usr/local/bin/node')), dnsBundle: Buffer.from('// dns') }
  const layouts = await Promise.all(['one', 'two'].map(async name => {
    await mkdir(join(folder, name), { recursive: true })
    await buildContainerImages(join(folder, name), sources)
    return join(folder, name)
  }))
  const [digests, again] = await Promise.all(layouts.map(readLayout))
  expect(again).toEqual(digests)
  expect(Object.keys(digests ?? {}).sort()).toEqual(Object.values(references).sort())

  const layout = layouts[0] ?? ''
  const archive = join(folder, 'images.oci.tar')
  await archiveOf(layout).pipeTo(Writable.toWeb(createWriteStream(archive)))
  await populateContainerd({ rootfs, layout, archive })
  const state = join(rootfs, 'var/lib/containerd')
  expect(await readdir(join(state, 'io.containerd.snapshotter.v1.overlayfs/snapshots'))).toHaveLength(5) // pause, busybox, node, web, dns
  expect(execFileSync('findmnt', ['-rn', '-o', 'TARGET'], { encoding: 'utf8' })).not.toContain(folder)

  const own = join(folder, 'own')
  await copyContainerdState(state, own)
  expect((await readdir(own)).sort()).toEqual((await readdir(state)).sort())
})

test('the worker\'s own image shares Node.js between its disk and the image layers', context => {
  context.skip(reason !== undefined, reason)
  const inode = (path: string): string => execFileSync('stat', ['-c', '%i', path], { encoding: 'utf8' }).trim()
  const snapshots = join(image ?? '', 'containerd/io.containerd.snapshotter.v1.overlayfs/snapshots')
  const inLayers = readdirSync(snapshots).map(name => join(snapshots, name, 'fs/usr/local/bin/node')).filter(path => existsSync(path))
  expect(inLayers).toHaveLength(1)
  expect(inode(inLayers[0] ?? '')).toBe(inode(join(image ?? '', 'rootfs/usr/local/bin/node')))
})
