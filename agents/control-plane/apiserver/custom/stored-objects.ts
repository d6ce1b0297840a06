/**
 * How objects of a custom resource lie in the store, and what they are when they are read.
 *
 *   SO1  An object stays in the version it was written in until it is written again; it is read by that version's schema:
 *        unknown fields go, defaults come. What that changes is not written back by itself.
 *   SO2  A read that changes nothing keeps the stored bytes.
 */
import type { CustomResourceDefinition } from '../../../api/groups/apiextensions-v1/types.ts'
import type { CompiledSchema } from '../../../api/structural/compile-schema.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { CacheSpec, ReadObject } from '../watch-cache/resource-cache.ts'
import { decodeServed, servedBytes, storedForm } from '../watch-cache/stored-form.ts'
import type { StoredForm } from '../watch-cache/stored-form.ts'
import { storedVersion } from './definition.ts'
import { fieldReaders } from './selectable-fields.ts'

export function storagePrefixOf({ spec }: CustomResourceDefinition): string {
  return `/registry/${spec.group}/${spec.names.plural}/`
}

export function cacheSpecOfDefinition(definition: CustomResourceDefinition, schemas: ReadonlyMap<string, CompiledSchema>): CacheSpec {
  const { spec } = definition
  const stored = storedVersion(definition)
  const readers = fieldReaders(stored)
  const forms = new Map(spec.versions.map(version => [`${spec.group}/${version.name}`, { form: storedForm(`${spec.group}/${version.name}`, spec.names.kind), schema: schemas.get(version.name)! }]))
  const storedApiVersion = `${spec.group}/${stored.name}`
  return {
    prefix: storagePrefixOf(definition),
    form: forms.get(storedApiVersion)!.form,
    namespaced: spec.scope === 'Namespaced',
    fieldPaths: readers.map(({ path }) => path),
    fieldsOf: object => readers.map(({ read }) => read(object)),
    read: (value, revision) => readObject(value, revision, forms, storedApiVersion),
  }
}

function readObject(value: Uint8Array, revision: number, forms: ReadonlyMap<string, { form: StoredForm; schema: CompiledSchema }>, storedApiVersion: string): ReadObject {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const object = decodeServed(bytes)
  const own = forms.get(object.apiVersion)
  const changed = own?.schema.refresh(object) === true // SO1
  const isStale = changed || object.apiVersion !== storedApiVersion
  if (own !== undefined && !changed) { // SO2
    object.metadata.resourceVersion = String(revision)
    return { bytes: servedBytes(own.form, bytes, revision), object, isStale }
  }
  return { ...encodeServed(object, revision), isStale }
}

/** An object as readers get it, with its bytes. */
export function encodeServed(object: KubeObject, revision: number): { bytes: Buffer; object: KubeObject } {
  const { kind, apiVersion, metadata, ...rest } = object
  const { resourceVersion: _old, ...meta } = metadata
  const served: KubeObject = { kind, apiVersion, metadata: { resourceVersion: String(revision), ...meta }, ...rest }
  return { bytes: Buffer.from(JSON.stringify(served)), object: served }
}
