/**
 * The images of the node: listed for the Node object, and removed when the disk fills.
 *
 *   IK1  Collection starts when the images' disk is at least highPercent full and goes on to lowPercent.
 *   IK2  An image that a container uses, that was used within two minutes, or that is the sandbox's, is never removed;
 *        the longest unused goes first.
 */
import { statfs } from 'node:fs/promises'
import type { ContainerImage } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { CriImage } from '../../../wire/cri/cri-services.ts'
import type { Runtime } from '../cri/runtime.ts'

const youngestMs = 120_000
const listedImages = 50
const refreshMs = 60_000

export interface ImageKeeperDeps {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly log: Log
  readonly highPercent: number
  readonly lowPercent: number
}

export class ImageKeeper {
  readonly #deps: ImageKeeperDeps
  readonly #lastUsedMs = new Map<string, number>()
  #images: readonly CriImage[] = []
  #readAtMs = -Infinity
  #mountpoint = '/'

  constructor(deps: ImageKeeperDeps) {
    this.#deps = deps
  }

  get folder(): string {
    return this.#mountpoint
  }

  /** The largest images, for the Node's status. Read from the runtime once a minute. */
  async nodeImages(): Promise<ContainerImage[]> {
    if (this.#deps.clock.monotonic() - this.#readAtMs >= refreshMs) await this.refresh()
    return [...this.#images]
      .sort((a, b) => b.size - a.size)
      .slice(0, listedImages)
      .map(image => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, 5), sizeBytes: image.size }))
  }

  async refresh(): Promise<void> {
    const { runtime, clock } = this.#deps
    const [images, containers, fs] = await Promise.all([runtime.listImages(), runtime.listContainers(), runtime.imageFsInfo()])
    const nowMs = clock.monotonic()
    this.#images = images
    this.#readAtMs = nowMs
    if (fs !== undefined && fs.mountpoint !== '') this.#mountpoint = fs.mountpoint
    const used = new Set(containers.flatMap(container => [container.imageRef, container.image?.image ?? '']))
    for (const { id } of images) if (used.has(id) || !this.#lastUsedMs.has(id)) this.#lastUsedMs.set(id, nowMs)
    const present = new Set(images.map(image => image.id))
    for (const id of this.#lastUsedMs.keys()) if (!present.has(id)) this.#lastUsedMs.delete(id)
  }

  /** Removes unused images while the disk is fuller than it may be, or all of them when forced. Says how many went. */
  async collect(isForced = false): Promise<number> {
    const { runtime, log, highPercent, lowPercent } = this.#deps
    await this.refresh()
    const disk = await statfs(this.#mountpoint).catch(() => undefined)
    if (disk === undefined) return 0
    const capacity = disk.blocks * disk.bsize
    const used = capacity - disk.bavail * disk.bsize
    if (!isForced && (used * 100) / capacity < highPercent) return 0 // IK1
    let excess = isForced ? Infinity : used - (capacity * lowPercent) / 100
    let removed = 0
    for (const image of planImageRemoval(this.#images, this.#lastUsedMs, this.#deps.clock.monotonic())) {
      if (excess <= 0) break
      try {
        await runtime.removeImage(image.id)
        log.info('unused image was removed', { image: image.repoTags[0] ?? image.id, sizeBytes: image.size })
        excess -= image.size
        removed++
      } catch (error) {
        log.warn('unused image was not removed', { image: image.id, error: errorText(error) })
      }
    }
    return removed
  }
}

export function planImageRemoval(images: readonly CriImage[], lastUsedMs: ReadonlyMap<string, number>, nowMs: number): CriImage[] {
  return images
    .filter(image => nowMs - (lastUsedMs.get(image.id) ?? nowMs) > youngestMs && !image.repoTags.some(tag => /(^|\/)pause:/.test(tag))) // IK2
    .sort((a, b) => (lastUsedMs.get(a.id) ?? 0) - (lastUsedMs.get(b.id) ?? 0))
}
