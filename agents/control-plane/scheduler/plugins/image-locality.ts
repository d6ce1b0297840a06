/**
 * ImageLocality: prefers nodes that already have the pod's images.
 *
 *   IL1  An image counts its size times the share of nodes that have it, so that one lucky node does not draw all pods.
 *   IL2  The sum is stretched between 23 MB and 1000 MB a container to 0..100.
 *   IL3  An image without a tag means ":latest"; short names are those of docker.io/library.
 */
import type { PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'

const megabyte = 1024 * 1024
const leastBytes = 23 * megabyte
const mostBytesAContainer = 1000 * megabyte

export interface ImageState {
  /** Bytes an image counts for on a node that has it (IL1). */
  readonly weights: ReadonlyMap<string, number>
  readonly containers: number
}

export const imageLocality: PreScorePlugin<ImageState> & ScorePlugin<ImageState> = {
  name: 'ImageLocality',
  preScore(pod, cluster) {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
    const wanted = new Set(containers.flatMap(container => (container.image === undefined ? [] : namesOf(container.image))))
    const weights = new Map<string, number>()
    for (const name of wanted) {
      const holders = cluster.nodes.filter(node => node.imageSizes.has(name))
      const size = holders[0]?.imageSizes.get(name)
      if (size !== undefined) weights.set(name, Math.floor(size * (holders.length / cluster.nodes.length)))
    }
    return { weights, containers: containers.length }
  },
  score({ weights, containers }, here) {
    let sum = 0
    for (const [name, weight] of weights) if (here.imageSizes.has(name)) sum += weight
    const most = mostBytesAContainer * containers
    const clamped = Math.min(Math.max(sum, leastBytes), most)
    return Math.floor((100 * (clamped - leastBytes)) / (most - leastBytes)) // IL2
  },
}

/** IL3: every name under which a node may report the image. */
function namesOf(image: string): string[] {
  const last = image.slice(image.lastIndexOf('/') + 1)
  const tagged = last.includes(':') || image.includes('@') ? image : `${image}:latest`
  const first = tagged.split('/')[0]!
  const hasRegistry = tagged.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost')
  if (hasRegistry) return [tagged]
  return [tagged.includes('/') ? `docker.io/${tagged}` : `docker.io/library/${tagged}`]
}
