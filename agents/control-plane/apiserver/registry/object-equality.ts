import type { KubeObject } from './kube-object.ts'

/** Same value whatever the order of keys; an absent field equals one that is undefined. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => sameValue(item, b[index]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key in left) if (!sameValue(left[key], right[key])) return false
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false
  return true
}

/** Whether two states of an object differ in nothing but the times at which managers are said to have written. */
export function differsInTimesOnly(next: KubeObject, old: KubeObject): boolean {
  const owners = next.metadata.managedFields ?? []
  const before = old.metadata.managedFields ?? []
  if (owners.length !== before.length) return false
  const isSameOwner = owners.every((owner, index) => sameValue({ ...owner, time: undefined }, { ...before[index], time: undefined }))
  const bare = (object: KubeObject) => ({ ...object, metadata: { ...object.metadata, managedFields: undefined, resourceVersion: undefined } })
  return isSameOwner && sameValue(bare(next), bare(old))
}
