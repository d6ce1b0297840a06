/**
 * The pods of a what-if question: one Pod, a list of them, or one repeated.
 *
 *   WP1  A Pod gets the defaults that the API server would give it, a name, a namespace and a uid of its own.
 *   WP2  What is no Pod is refused, and so is a priority class the scheduler cannot know; it reads none.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { setPodOnlyDefaults, setPodSpecDefaults } from '../../../api/groups/core-v1/pod-spec-defaults.ts'
import { deepClone } from '../../../api/schema/clone.ts'

export class WhatIfError extends Error {
  override readonly name = 'WhatIfError'
}

const mostPods = 100_000
const systemPriorities: Readonly<Record<string, number>> = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 }

export function readWhatIfPods(value: unknown, count: number): readonly Pod[] {
  if (!Number.isInteger(count) || count < 1 || count > mostPods) throw new WhatIfError(`count must be a whole number from 1 to ${mostPods}`)
  const entries = isObject(value) && Array.isArray(value['items']) ? value['items'] as unknown[] : [value]
  if (entries.length * count > mostPods) throw new WhatIfError(`at most ${mostPods} pods can be asked about at once`)
  return entries.flatMap((entry, index) => {
    const pod = readPod(entry, index)
    return Array.from({ length: count }, (_, copy) => (count === 1 ? pod : { ...pod, metadata: { ...pod.metadata, name: `${pod.metadata.name}-${copy}`, uid: `${pod.metadata.uid}-${copy}` } }))
  })
}

/** WP1 */
function readPod(entry: unknown, index: number): Pod {
  const where = index === 0 ? 'the pod' : `items[${index}]`
  if (!isObject(entry) || (entry['kind'] ?? 'Pod') !== 'Pod' || !isObject(entry['spec']) || !Array.isArray(entry['spec']['containers'])) throw new WhatIfError(`${where} must be a Pod with spec.containers`) // WP2
  const pod = deepClone(entry) as unknown as Pod
  const metadata = { ...pod.metadata, name: pod.metadata?.name ?? `what-if-${index}`, namespace: pod.metadata?.namespace ?? 'default', uid: `what-if-${index}`, resourceVersion: '0', creationTimestamp: '1970-01-01T00:00:00Z' }
  const { spec } = pod
  setPodSpecDefaults(spec)
  setPodOnlyDefaults(spec)
  const className = spec.priorityClassName ?? ''
  if (spec.priority === undefined && className !== '') {
    const priority = systemPriorities[className]
    if (priority === undefined) throw new WhatIfError(`${where}: name the value in spec.priority, because the scheduler does not read priority class ${className}`) // WP2
    spec.priority = priority
  }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: pod.status ?? {} }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
