/** The lab host's images: built or found by the images room, served to nodes by one registry for all labs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../../agents/base/log.ts'
import { type Installation, agentFile } from '../files/installation.ts'
import { type ImageSet, ensureImages } from '../images/ensure-images.ts'
import { type Registry, startRegistry } from '../images/registry.ts'
import type { ImageProgress, ImageSource } from '../lab/image-source.ts'
import type { HomeFiles } from '../lab/lab-files.ts'
import type { NodeImage } from '../machines/machine.ts'

export interface ImageSourceOptions {
  readonly installation: Installation
  readonly home: HomeFiles
  readonly log: Log
}

export function createImageSource({ installation, home, log }: ImageSourceOptions): ImageSource {
  let building: Promise<ImageSet> | undefined
  const listeners = new Set<(progress: ImageProgress) => void>()
  let registry: Promise<Registry> | undefined

  /** One build at a time; whoever asks meanwhile follows the same. It is not given up when one of them leaves. */
  function ensured(): Promise<ImageSet> {
    const dnsBundle = agentFile(installation, 'dns')
    building ??= ensureImages({
      cacheDir: home.imagesDir,
      builder: join(installation.root, 'images/node/build.ts'),
      ...(existsSync(dnsBundle) ? { dnsBundle } : {}),
      onProgress: ({ step, ratio }) => { for (const tell of listeners) tell({ detail: step, ratio }) },
    }).finally(() => { building = undefined })
    return building
  }

  return {
    async ensure(report) {
      listeners.add(report)
      try {
        return nodeImageOf(await ensured())
      } finally {
        listeners.delete(report)
      }
    },
    async openRegistry() {
      registry ??= ensured().then(set => startRegistry({ layout: set.containersDir, host: '127.0.0.1', port: 0, log }))
      try {
        const { port } = await registry
        return { port, [Symbol.asyncDispose]: () => Promise.resolve() } // it serves the other labs too
      } catch (error) {
        registry = undefined
        throw error
      }
    },
  }
}

function nodeImageOf(set: ImageSet): NodeImage {
  return { hash: set.hash, kernel: set.kernel, initrd: set.initrd, disk: set.disk, kernelArguments: set.kernelArguments, rootfs: set.rootfsDir, containerd: set.containerdDir }
}
