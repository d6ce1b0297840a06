/**
 * JSON patch (RFC 6902).
 *
 *   JP1  All operations apply or none: the document is copied first, and the first failure is the answer.
 *   JP2  At most 10,000 operations.
 *   JP3  `remove` and `replace` need their target; `test` compares as JSON; `-` is the end of an array.
 *   JP4  What all `copy` operations together add is at most 3 MiB of JSON, so that no small patch makes a large object.
 */
import { finish, type Steps } from '../../base/steps.ts'
import { deepClone, identical, isPlainObject, setOwn } from '../../api/schema/clone.ts'
import { PatchError } from './patch-error.ts'

const maxOperations = 10_000
const maxCopiedBytes = 3 * 1024 * 1024

interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

interface Holder {
  root: unknown
  copiedBytes: number
}

export function applyJsonPatch(document: object, operations: unknown): Record<string, unknown> {
  return finish(jsonPatchSteps(document, operations))
}

/** The same, one operation at a time: a long patch need not be done in one go. */
export function* jsonPatchSteps(document: object, operations: unknown): Steps<Record<string, unknown>> {
  if (!Array.isArray(operations)) throw new PatchError('BadRequest', 'json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  if (operations.length > maxOperations) {
    throw new PatchError('RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`) // JP2
  }
  const holder: Holder = { root: deepClone(document) as unknown, copiedBytes: 0 }
  for (const operation of operations as unknown[]) {
    applyOperation(holder, readOperation(operation))
    yield
  }
  if (!isPlainObject(holder.root)) throw new PatchError('BadRequest', 'the patched document is not an object')
  return holder.root
}

function readOperation(operation: unknown): Operation {
  if (!isPlainObject(operation) || typeof operation['op'] !== 'string' || typeof operation['path'] !== 'string') {
    throw new PatchError('BadRequest', 'error decoding patch: an operation needs op and path')
  }
  return operation as unknown as Operation
}

function applyOperation(holder: Holder, operation: Operation): void {
  const { op, path } = operation
  switch (op) {
    case 'add':
      add(holder, path, deepClone(operation.value), op)
      return
    case 'remove':
      remove(holder, path, op)
      return
    case 'replace': {
      if (path !== '' && readAt(holder, path, op) === undefined) missing(op, path)
      replace(holder, path, deepClone(operation.value))
      return
    }
    case 'move': {
      const value = readAt(holder, operation.from ?? '', op)
      if (value === undefined) missing(op, operation.from ?? '')
      remove(holder, operation.from ?? '', op)
      add(holder, path, value, op)
      return
    }
    case 'copy': {
      const value = readAt(holder, operation.from ?? '', op)
      if (value === undefined) missing(op, operation.from ?? '')
      holder.copiedBytes += JSON.stringify(value).length
      if (holder.copiedBytes > maxCopiedBytes) throw new PatchError('Invalid', `Unable to complete the copy, the accumulated size increase of copy is ${holder.copiedBytes}, exceeding the limit ${maxCopiedBytes}`) // JP4
      add(holder, path, deepClone(value), op)
      return
    }
    case 'test': {
      const value = readAt(holder, path, op)
      if (!identical(value ?? null, operation.value ?? null)) throw new PatchError('Invalid', `testing value ${path} failed: test failed`)
      return
    }
    default:
      throw new PatchError('BadRequest', `Unexpected kind: ${op}`)
  }
}

function tokensOf(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw new PatchError('BadRequest', `error decoding patch: path ${JSON.stringify(path)} must start with "/"`)
  return path.slice(1).split('/').map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function readAt(holder: Holder, path: string, op: string): unknown {
  let value = holder.root
  for (const token of tokensOf(path)) value = child(value, token, op, path)
  return value
}

function child(value: unknown, token: string, op: string, path: string): unknown {
  if (Array.isArray(value)) {
    const index = arrayIndex(token, op, path)
    return (value as unknown[])[index]
  }
  if (!isPlainObject(value)) return undefined
  return Object.hasOwn(value, token) ? value[token] : undefined
}

function parentOf(holder: Holder, path: string, op: string): { parent: unknown; last: string } {
  const tokens = tokensOf(path)
  let parent = holder.root
  for (const token of tokens.slice(0, -1)) parent = child(parent, token, op, path)
  return { parent, last: tokens.at(-1)! }
}

function add(holder: Holder, path: string, value: unknown, op: string): void {
  if (path === '') {
    holder.root = value
    return
  }
  const { parent, last } = parentOf(holder, path, op)
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : arrayIndex(last, op, path)
    if (index > parent.length) throw new PatchError('Invalid', `${op} operation does not apply: doc is missing path: "${path}": invalid index`)
    parent.splice(index, 0, value)
  } else if (isPlainObject(parent)) {
    setOwn(parent, last, value)
  } else {
    missing(op, path)
  }
}

function replace(holder: Holder, path: string, value: unknown): void {
  if (path === '') {
    holder.root = value
    return
  }
  const { parent, last } = parentOf(holder, path, 'replace')
  if (Array.isArray(parent)) parent[arrayIndex(last, 'replace', path)] = value
  else setOwn(parent as object, last, value)
}

function remove(holder: Holder, path: string, op: string): void {
  if (path === '') throw new PatchError('Invalid', 'remove operation does not apply: the root cannot be removed')
  const { parent, last } = parentOf(holder, path, op)
  if (Array.isArray(parent)) {
    const index = arrayIndex(last, op, path)
    if (index >= parent.length) missing(op, path)
    parent.splice(index, 1)
  } else if (isPlainObject(parent) && Object.hasOwn(parent, last)) {
    delete parent[last]
  } else {
    missing(op, path)
  }
}

function arrayIndex(token: string, op: string, path: string): number {
  if (!/^(0|[1-9]\d*)$/.test(token)) throw new PatchError('Invalid', `${op} operation does not apply: doc is missing path: "${path}": invalid array index`)
  return Number(token)
}

function missing(op: string, path: string): never {
  throw new PatchError('Invalid', `${op} operation does not apply: doc is missing path: "${path}": missing value`)
}
