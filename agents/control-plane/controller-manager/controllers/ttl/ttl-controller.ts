/**
 * TTL controller: tells kubelets how long they may keep Secrets and ConfigMaps, by the size of the cluster.
 *
 * Reads   Nodes          Writes   Nodes (the annotation node.alpha.kubernetes.io/ttl)
 * Woken   by nodes; by the cluster's size, all of them
 *
 *   TL1  The steps overlap: a step is left upwards beyond its most, downwards below its least, so that a node that comes
 *        and goes changes nothing.
 */
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import { nodes } from '../../../../api/resources.ts'
import type { Controller } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'

export const ttlAnnotation = 'node.alpha.kubernetes.io/ttl'

const steps = [
  { least: 0, most: 100, ttlSeconds: 0 }, { least: 90, most: 500, ttlSeconds: 15 }, { least: 450, most: 1_000, ttlSeconds: 30 },
  { least: 900, most: 2_000, ttlSeconds: 60 }, { least: 1_800, most: 10_000, ttlSeconds: 300 }, { least: 9_000, most: Infinity, ttlSeconds: 600 },
] as const

/** TL1 */
export function stepFor(count: number, before: number): number {
  let step = before
  while (count > steps[step]!.most) step++
  while (count < steps[step]!.least) step--
  return step
}

export function createTtlController(): Controller {
  let step = 0
  const wanted = (count: number): string => {
    step = stepFor(count, step)
    return String(steps[step]!.ttlSeconds)
  }
  return {
    name: 'ttl-controller',
    reconciles: nodes,
    ignores: ({ type, object, previous }) => type === 'updated' && object.metadata.annotations?.[ttlAnnotation] === previous.metadata.annotations?.[ttlAnnotation],
    alsoWokenBy: [wokenBy<Node>(nodes, ({ type }, caches) => {
      if (type === 'updated') return []
      const before = step
      wanted(caches.of(nodes).size)
      return step === before ? [] : caches.list(nodes).map(keyOf)
    })],
    async reconcile(key, { cache, client }, signal) {
      const node = cache.get(nodes, key)
      const ttl = wanted(cache.of(nodes).size)
      if (node === undefined || node.metadata.annotations?.[ttlAnnotation] === ttl) return done
      await client.patch(nodes, key, { metadata: { annotations: { [ttlAnnotation]: ttl } } }, { patchType: 'strategic' }, signal).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
      return done
    },
  }
}
