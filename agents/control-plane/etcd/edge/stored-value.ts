/**
 * Stored values for people: what form they have, and which fields one version changed against the one before.
 *
 *   SV1  Kubernetes objects are JSON here. What an API server encrypted says so and stays closed; other bytes are given in base64.
 *   SV2  A changed field is named by its path, `metadata.labels.app`; entries of lists by their name where they have one.
 *   SV3  Only JSON objects are compared; of each version at most the first 20 paths are given.
 */
export type StoredValue =
  | { readonly form: 'json'; readonly object: unknown }
  | { readonly form: 'encrypted'; readonly by: string }
  | { readonly form: 'bytes'; readonly base64: string }

const encryptedPrefix = 'k8s:enc:'
const mostPaths = 20

export function readStoredValue(bytes: Uint8Array): StoredValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const head = buffer.toString('latin1', 0, 128)
  if (head.startsWith(encryptedPrefix)) return { form: 'encrypted', by: head.slice(encryptedPrefix.length).split(':').slice(0, 3).join(':') }
  try {
    return { form: 'json', object: JSON.parse(buffer.toString('utf8')) as unknown }
  } catch {
    return { form: 'bytes', base64: buffer.toString('base64') } // SV1
  }
}

/** Null where the two cannot be compared (SV3). */
export function changedPaths(before: StoredValue, after: StoredValue): readonly string[] | null {
  if (before.form !== 'json' || after.form !== 'json') return null
  const found: string[] = []
  collect(before.object, after.object, '', found)
  return found
}

function collect(before: unknown, after: unknown, path: string, found: string[]): void {
  if (found.length >= mostPaths || Object.is(before, after)) return
  const [old, now] = [fieldsOf(before), fieldsOf(after)]
  if (old === undefined || now === undefined || Array.isArray(before) !== Array.isArray(after)) {
    if (JSON.stringify(before) !== JSON.stringify(after)) found.push(path)
    return
  }
  for (const key of new Set([...old.keys(), ...now.keys()])) collect(old.get(key), now.get(key), Array.isArray(after) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, found)
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  const nameOf = (entry: unknown): unknown => (entry as { readonly name?: unknown; readonly type?: unknown } | null)?.name ?? (entry as { readonly type?: unknown } | null)?.type
  return new Map(value.map((entry, index) => [typeof nameOf(entry) === 'string' ? String(nameOf(entry)) : String(index), entry])) // SV2
}
