/**
 * Quality of service of a pod, from cpu and memory only.
 *
 *   QS1  BestEffort: nothing is requested or limited. Guaranteed: every container limits both and requests the same.
 *        Burstable: anything else. Zero counts as not set.
 * Upstream: pkg/apis/core/v1/helper/qos.
 */
import { parseQuantity } from '../../schema/quantity.ts'
import type { PodSpec, ResourceRequirements } from './types.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const counted = ['cpu', 'memory'] as const

export function qosClassOf(spec: PodSpec): QosClass {
  const holders: (ResourceRequirements | undefined)[] = spec.resources?.limits !== undefined || spec.resources?.requests !== undefined
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(each => each.resources)
  let any = false
  let guaranteed = true
  for (const holder of holders) {
    for (const name of counted) {
      const limit = nanosOf(holder?.limits?.[name])
      const request = nanosOf(holder?.requests?.[name])
      if (limit > 0n || request > 0n) any = true
      if (limit === 0n || (request !== 0n && request !== limit)) guaranteed = false
    }
  }
  if (!any) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

function nanosOf(text: string | undefined): bigint {
  if (text === undefined) return 0n
  const { nanos } = parseQuantity(text)
  return nanos > 0n ? nanos : 0n
}
