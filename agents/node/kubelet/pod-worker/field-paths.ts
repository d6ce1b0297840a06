/**
 * The downward API: a pod's own fields and resources as text, for environment variables and files.
 *
 *   FP1  metadata.labels['key'] and metadata.annotations['key'] are single values; without a key, lines of key="value"
 *        in key order.
 *   FP2  A limit that is not set is the node's allocatable amount.
 *   FP3  A resource is divided by its divisor, rounded up; the divisor's default is 1.
 *   FP4  An unknown field throws FieldPathError.
 */
import type { Container, Pod, ResourceFieldSelector } from '../../../api/groups/core-v1/types.ts'
import { parseQuantity } from '../../../api/schema/quantity.ts'

export class FieldPathError extends Error {
  override readonly name = 'FieldPathError'
}

export interface RunningPodFacts {
  readonly nodeName: string
  readonly hostAddresses: readonly string[]
  readonly podAddresses: readonly string[]
  readonly allocatable: Readonly<Record<string, string>>
}

export function readFieldPath(pod: Pod, path: string, facts: RunningPodFacts): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path)
  if (keyed !== null) return (keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2]!] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid
    case 'metadata.labels':
      return renderMap(pod.metadata.labels)
    case 'metadata.annotations':
      return renderMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec.nodeName ?? facts.nodeName
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.hostIP':
      return facts.hostAddresses[0] ?? ''
    case 'status.hostIPs':
      return facts.hostAddresses.join(',')
    case 'status.podIP':
      return facts.podAddresses[0] ?? ''
    case 'status.podIPs':
      return facts.podAddresses.join(',')
    default:
      throw new FieldPathError(`unsupported fieldPath: ${path}`) // FP4
  }
}

function renderMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`) // FP1
    .join('\n')
}

export function readResourceField(pod: Pod, own: Container | undefined, selector: ResourceFieldSelector, facts: RunningPodFacts): string {
  const name = selector.containerName ?? ''
  const container = name === '' ? own : [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(entry => entry.name === name)
  if (container === undefined) throw new FieldPathError(`container ${name} not found`)
  const match = /^(limits|requests)\.(.+)$/.exec(selector.resource)
  if (match === null) throw new FieldPathError(`unsupported container resource : ${selector.resource}`)
  const resource = match[2]!
  const asked = match[1] === 'limits' ? container.resources?.limits?.[resource] : (container.resources?.requests?.[resource] ?? container.resources?.limits?.[resource])
  const fallback = match[1] === 'limits' ? (facts.allocatable[resource] ?? '0') : '0'
  const value = parseQuantity(asked ?? fallback).nanos // FP2
  const divisor = parseQuantity(selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor).nanos
  return String((value + divisor - 1n) / divisor) // FP3
}
