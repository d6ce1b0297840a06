/**
 * apiVersion, kind and metadata of an object and of the whole objects that lie inside it (x-kubernetes-embedded-resource).
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/objectmeta.
 *
 *   EO1  Metadata is brought into the form that typed objects have; what ObjectMeta does not know is taken away and reported.
 *   EO2  What somebody stores is refused if malformed; what is read from the store only loses its malformed fields.
 *   EO3  An embedded object must say what it is (apiVersion, kind); its metadata obeys the rules of metadata, with names as
 *        path segments.
 */
import { invalid, required, type FieldError } from '../field-error.ts'
import type { ObjectMeta } from '../groups/meta-v1/types.ts'
import { deepClone, isPlainObject } from '../schema/clone.ts'
import { decodeObject, TypeMismatchError } from '../schema/decode.ts'
import { validateObjectMeta } from '../validation/metadata.ts'
import { isDns1035Label } from '../validation/names.ts'
import type { SchemaNode } from './schema-node.ts'

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

export class EmbeddedObjectError extends Error {
  override readonly name = 'EmbeddedObjectError'
  readonly error: FieldError

  constructor(error: FieldError) {
    super(`${error.path}: ${error.message}`)
    this.error = error
  }
}

/** Changes the object; returns the paths of unknown metadata. Throws EmbeddedObjectError unless it drops what is malformed (EO2). */
export function coerceEmbedded(object: unknown, node: SchemaNode, isResourceRoot: boolean, dropsMalformed: boolean, path = ''): string[] {
  const unknown: string[] = []
  coerceAt(object, node, isResourceRoot || node.embedded, dropsMalformed, path, unknown)
  return unknown.sort()
}

function coerceAt(value: unknown, node: SchemaNode | undefined, embedded: boolean, drops: boolean, path: string, unknown: string[]): void {
  if (node === undefined || typeof value !== 'object' || value === null || !(embedded || node.embedsBelow)) return
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) coerceAt(value[index], node.items, node.items?.embedded === true, drops, `${path}[${index}]`, unknown)
    return
  }
  if (!isPlainObject(value)) return
  if (embedded) coerceObject(value, drops, path, unknown)
  if (!node.embedsBelow) return
  for (const name of Object.keys(value)) {
    const property = node.properties?.get(name)
    if (property !== undefined) coerceAt(value[name], property, property.embedded, drops, below(path, name), unknown)
    else if (node.additional !== undefined) coerceAt(value[name], node.additional, node.additional.embedded, drops, `${path}[${name}]`, unknown)
  }
}

function coerceObject(object: Record<string, unknown>, drops: boolean, path: string, unknown: string[]): void {
  for (const name of ['apiVersion', 'kind']) {
    if (!Object.hasOwn(object, name) || typeof object[name] === 'string') continue
    if (!drops) throw new EmbeddedObjectError(invalid(below(path, name), object[name], 'must be a string'))
    delete object[name]
  }
  if (!Object.hasOwn(object, 'metadata')) return
  const at = below(path, 'metadata')
  const decoded = decodeMetadata(object['metadata'], drops, at)
  if (decoded === undefined) return
  unknown.push(...decoded.unknown.map(field => `${at}.${field}`))
  object['metadata'] = decoded.object
}

function decodeMetadata(metadata: unknown, drops: boolean, path: string): { object: Record<string, unknown>; unknown: readonly string[] } | undefined {
  if (isPlainObject(metadata) && isCanonical(metadata)) return undefined
  try {
    return decodeObject(metadata === null ? {} : metadata, objectMeta)
  } catch (error) {
    if (!(error instanceof TypeMismatchError)) throw error
    if (!drops) throw new EmbeddedObjectError(invalid(path, metadata, error.message))
    return isPlainObject(metadata) ? fieldByField(metadata) : undefined
  }
}

/** The few fields that most objects carry, already as they should be: nothing needs to be decoded. */
function isCanonical(metadata: Record<string, unknown>): boolean {
  for (const name of Object.keys(metadata)) {
    if (name !== 'name' && name !== 'namespace' && name !== 'uid' && name !== 'resourceVersion') return false
    if (typeof metadata[name] !== 'string' || metadata[name] === '') return false
  }
  return true
}

function fieldByField(metadata: Record<string, unknown>): { object: Record<string, unknown>; unknown: readonly string[] } {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(metadata)) {
    try {
      decodeObject({ [name]: metadata[name] }, objectMeta)
      kept[name] = metadata[name]
    } catch (error) {
      if (!(error instanceof TypeMismatchError)) throw error
    }
  }
  return decodeObject(kept, objectMeta)
}

/** EO3; the object itself is left to the rules of its kind. */
export function validateEmbedded(object: unknown, node: SchemaNode, isResourceRoot = false, path = ''): FieldError[] {
  const errors: FieldError[] = []
  validateAt(object, node, isResourceRoot || node.embedded, path, errors)
  return errors
}

function validateAt(value: unknown, node: SchemaNode | undefined, embedded: boolean, path: string, errors: FieldError[]): void {
  if (node === undefined || typeof value !== 'object' || value === null || !(embedded || node.embedsBelow)) return
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) validateAt(value[index], node.items, node.items?.embedded === true, `${path}[${index}]`, errors)
    return
  }
  if (!isPlainObject(value)) return
  if (embedded) validateObject(value, path, errors)
  if (!node.embedsBelow) return
  for (const name of Object.keys(value)) {
    const property = node.properties?.get(name)
    if (property !== undefined) validateAt(value[name], property, property.embedded, below(path, name), errors)
    else if (node.additional !== undefined) validateAt(value[name], node.additional, node.additional.embedded, `${path}[${name}]`, errors)
  }
}

function validateObject(object: Record<string, unknown>, path: string, errors: FieldError[]): void {
  for (const name of ['apiVersion', 'kind'] as const) {
    const at = below(path, name)
    const value = object[name]
    if (!Object.hasOwn(object, name)) errors.push(required(at))
    else if (typeof value !== 'string') errors.push(invalid(at, value, 'must be a string'))
    else if (value === '') errors.push(invalid(at, value, 'must not be empty'))
    else if (name === 'apiVersion' && value.split('/').length > 2) errors.push(invalid(at, value, `unexpected GroupVersion string: ${value}`))
    else if (name === 'kind') {
      const texts = isDns1035Label(value.toLowerCase())
      if (texts.length > 0) errors.push(invalid(at, value, `may have mixed case, but should otherwise match: ${texts.join(',')}`))
    }
  }
  if (!Object.hasOwn(object, 'metadata')) return
  const at = below(path, 'metadata')
  try {
    const meta = decodeObject(deepClone(object['metadata']), objectMeta).object as unknown as ObjectMeta
    const named = (meta.name ?? '') === '' ? { ...meta, name: 'fakename' } : meta
    errors.push(...validateObjectMeta(named, (meta.namespace ?? '') !== '', isPathSegment, at))
  } catch (error) {
    if (!(error instanceof TypeMismatchError)) throw error
    errors.push(invalid(at, object['metadata'], error.message))
  }
}

function isPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter(illegal => name.includes(illegal)).map(illegal => `may not contain '${illegal}'`)
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
