/**
 * Which images are on how many nodes. Upstream: cache.addNodeImageStates.
 *
 *   II1  An image has the size that the first node to report it gave; a later node that reports another changes nothing
 *        until the last holder is gone.
 */
import type { Node } from '../../../api/groups/core-v1/types.ts'

interface ImageState {
  readonly size: number
  readonly nodes: Set<string>
}

export class ImageIndex {
  readonly #images = new Map<string, ImageState>()

  /** Size and number of holders of an image by one of its names, undefined when no node has it. */
  find(name: string): { readonly size: number; readonly holders: number } | undefined {
    const state = this.#images.get(name)
    return state === undefined ? undefined : { size: state.size, holders: state.nodes.size }
  }

  add(node: Node): void {
    for (const image of node.status.images ?? []) {
      for (const name of image.names ?? []) {
        const state = this.#images.get(name)
        if (state === undefined) this.#images.set(name, { size: image.sizeBytes ?? 0, nodes: new Set([node.metadata.name]) })
        else state.nodes.add(node.metadata.name) // II1
      }
    }
  }

  remove(node: Node): void {
    for (const image of node.status.images ?? []) {
      for (const name of image.names ?? []) {
        const state = this.#images.get(name)
        state?.nodes.delete(node.metadata.name)
        if (state?.nodes.size === 0) this.#images.delete(name)
      }
    }
  }
}
