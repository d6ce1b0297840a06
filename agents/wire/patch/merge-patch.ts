/**
 * JSON merge patch (RFC 7386): objects merge, null deletes, anything else replaces.
 *
 *   MP1  The document is not changed; the result shares nothing with the patch.
 */
import { deepClone, isPlainObject, setOwn } from '../../api/schema/clone.ts'
import { PatchError } from './patch-error.ts'

export function applyMergePatch(document: object, patch: unknown): Record<string, unknown> {
  if (!isPlainObject(patch)) throw new PatchError('BadRequest', 'invalid JSON document: a merge patch must be an object')
  return merge(document, patch) as Record<string, unknown>
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return deepClone(patch)
  const result: Record<string, unknown> = {}
  if (isPlainObject(target)) for (const key of Object.keys(target)) setOwn(result, key, target[key])
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete result[key]
    else setOwn(result, key, merge(Object.hasOwn(result, key) ? result[key] : undefined, patch[key]))
  }
  return result
}
