/**
 * ImageLocality: prefers nodes that already have the pod's images.
 *
 *   IL1  An image counts its size times the share of nodes that have it, so that one lucky node does not draw all pods.
 *        Images of containers, init containers and image volumes count, each as often as it is named.
 *   IL2  The sum is stretched between 23 MB and 1000 MB a container to 0..100.
 *   IL3  An image without a tag means ":latest"; otherwise the name has to be the one the node reports.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { notInterested } from '../framework/verdict.ts'

const megabyte = 1024 * 1024
const leastBytes = 23 * megabyte
const mostBytesAContainer = 1000 * megabyte

export interface ImageState {
  /** What an image counts for on a node that has it (IL1). */
  readonly weights: readonly (readonly [image: string, weight: number])[]
  readonly containers: number
}

export const imageLocality: PreScorePlugin<ImageState> & ScorePlugin<ImageState> = {
  name: 'ImageLocality',

  preScore(pod, cluster) {
    const weights: [string, number][] = []
    for (const image of imagesOf(pod)) {
      const state = cluster.images.find(image)
      if (state !== undefined) weights.push([image, Math.trunc(state.size * (state.holders / cluster.nodes.length))])
    }
    return weights.length === 0 ? notInterested : { weights, containers: (pod.spec.initContainers ?? []).length + pod.spec.containers.length }
  },

  score({ weights, containers }, here) {
    let sum = 0
    for (const [image, weight] of weights) if (here.images.has(image)) sum += weight
    const most = mostBytesAContainer * containers
    const clamped = Math.min(Math.max(sum, leastBytes), most)
    return Math.floor((100 * (clamped - leastBytes)) / (most - leastBytes)) // IL2
  },
}

function imagesOf({ spec }: Pod): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers].map(container => container.image)
  return [...containers, ...(spec.volumes ?? []).map(volume => volume.image?.reference)].filter(image => image !== undefined).map(withTag)
}

/** IL3 */
function withTag(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
