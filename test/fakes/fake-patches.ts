/** Patches for the fake cluster. Strategic merge knows the merge keys that tests meet, not the whole table. */
const mergeKeys: Readonly<Record<string, string>> = {
  conditions: 'type', containers: 'name', initContainers: 'name', env: 'name', volumes: 'name', ownerReferences: 'uid',
  volumeMounts: 'mountPath', addresses: 'type', podIPs: 'ip', hostIPs: 'ip', imagePullSecrets: 'name', secrets: 'name',
}

type Json = Record<string, unknown>

export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Json = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatched(result[key], value)
  }
  return result
}

export function strategicPatched(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  if (patch['$patch'] === 'replace') return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== '$patch'))
  const result: Json = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$setElementOrder/') || key.startsWith('$retainKeys')) continue
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const list = key.slice(key.indexOf('/') + 1)
      result[list] = ((result[list] ?? []) as unknown[]).filter(item => !(value as unknown[]).includes(item))
    } else if (value === null) {
      delete result[key]
    } else if (Array.isArray(value)) {
      result[key] = mergedList(result[key], value, key)
    } else {
      result[key] = strategicPatched(result[key], value)
    }
  }
  return result
}

function mergedList(target: unknown, patch: readonly unknown[], field: string): unknown[] {
  const before = Array.isArray(target) ? (target as unknown[]) : []
  if (field === 'finalizers') return [...new Set([...before, ...patch])]
  const mergeKey = mergeKeys[field]
  if (mergeKey === undefined) return [...patch]
  const result = [...before] as Json[]
  for (const item of patch as Json[]) {
    const index = result.findIndex(one => one[mergeKey] === item[mergeKey])
    if (item['$patch'] === 'delete') {
      if (index >= 0) result.splice(index, 1)
    } else if (index >= 0) {
      result[index] = strategicPatched(result[index], item) as Json
    } else {
      result.push(item)
    }
  }
  return result
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
