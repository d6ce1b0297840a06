/**
 * The state of a cluster as a text that two runs can be compared by: what chance, clock and order gave is taken out.
 *
 *   SH1  Uids, resource versions, generations, times, messages, addresses and nodes of pods are left out.
 *   SH2  A name that ends in chance becomes that of its owner and a star.
 *   SH3  Objects are lines, sorted; equal lines stay as many as they are.
 */
import type { KubernetesObject, ResourceType } from '../../agents/api/resources.ts'
import type { FakeCluster } from '../fakes/fake-cluster.ts'

const leftOut = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'observedGeneration', 'managedFields', 'message', 'nodeName', 'podIP', 'podIPs', 'hostIP', 'hostIPs', 'kind', 'apiVersion', 'selfLink', 'batch.kubernetes.io/controller-uid', 'controller-uid', 'generateName'])
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/
const address = /^10\.244\.\d+\.\d+$/

/** `besides` names more fields to leave out. */
export function stateOf(cluster: FakeCluster, types: readonly ResourceType[], besides: readonly string[] = []): string {
  const text = (object: KubernetesObject) => JSON.stringify(plain(object, ''), (field, value: unknown) => (besides.includes(field) ? undefined : value))
  return types.flatMap(type => cluster.all(type as ResourceType<KubernetesObject>).map(object => `${type.resource} ${text(object)}`)).sort().join('\n')
}

function plain(value: unknown, field: string): unknown {
  if (typeof value === 'string') return time.test(value) ? 'TIME' : address.test(value) ? 'ADDRESS' : value.replace(/\buid-\d+\b/g, 'UID')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(entry => plain(entry, field))
    return field === 'conditions' || field === 'endpoints' || field === 'addresses' || field === 'active' ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
  }
  const entries = Object.entries(value as Record<string, unknown>).filter(([name, entry]) => !leftOut.has(name) && entry !== undefined && !(typeof entry === 'object' && entry !== null && Object.keys(entry).length === 0))
  const object = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, entry]) => [name, plain(entry, name)]))
  if (field === 'metadata' || field === 'targetRef' || field === 'active') object['name'] = stableName(value as Record<string, unknown>)
  return object
}

/** SH2 */
function stableName(metadata: Record<string, unknown>): unknown {
  const name = String(metadata['name'] ?? '')
  const { generateName } = metadata
  if (typeof generateName === 'string' && generateName !== '' && name.length === generateName.length + 5) return `${generateName}*`
  return name.replace(/-0[0-9a-z]{4}$|-[bcdfghjklmnpqrstvwxz2456789]{5}$/, '-*')
}
