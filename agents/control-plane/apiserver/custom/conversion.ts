/**
 * Objects of a custom resource in another version than the one they are stored in.
 *
 *   CV1  Without a webhook a version is another name for the same fields: apiVersion changes, and what the other version's
 *        schema does not know is gone.
 *   CV2  A webhook is asked once for every object and version: what it made of a cached object is kept as long as that is.
 *        Objects of one list are sent together.
 *   CV3  What a webhook answered is pruned by the schema of the version it is in.
 */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'
import { deepClone } from '../../../api/schema/clone.ts'
import type { CompiledSchema } from '../../../api/structural/compile-schema.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { CustomConversion } from '../registry/served-resource.ts'
import type { CachedObject } from '../watch-cache/resource-cache.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import { fieldReaders } from './selectable-fields.ts'
import type { FieldReader } from './selectable-fields.ts'
import { encodeServed } from './stored-objects.ts'

/** Brings objects, none of which is in that version, into it. */
export type ConvertObjects = (objects: readonly KubeObject[], apiVersion: string) => Promise<readonly KubeObject[]>

export interface ConversionParts {
  readonly definition: CustomResourceDefinition
  readonly version: CustomResourceDefinitionVersion
  readonly storedApiVersion: string
  readonly schemas: ReadonlyMap<string, CompiledSchema>
  /** Undefined: CV1. */
  readonly webhook: ConvertObjects | undefined
}

const batchSize = 200

export function conversionOf(parts: ConversionParts): CustomConversion {
  const { definition, version, schemas, webhook, storedApiVersion } = parts
  const apiVersion = `${definition.spec.group}/${version.name}`
  const schema = schemas.get(version.name)!
  const storedSchema = schemas.get(storedApiVersion.slice(storedApiVersion.indexOf('/') + 1))!
  const readers = fieldReaders(version)
  const known = new WeakMap<CachedObject, CachedObject>()
  const keep = (item: CachedObject, object: KubeObject) => {
    const seen = seenAs(item, object, readers)
    known.set(item, seen)
    return seen
  }
  return {
    seen(items) {
      const foreign = items.filter(item => !known.has(item) && !isIn(item, apiVersion))
      if (webhook === undefined || foreign.length === 0) return items.map(item => known.get(item) ?? keep(item, isIn(item, apiVersion) ? decodeServed(item.bytes) : renamed(decodeServed(item.bytes), apiVersion, schema)))
      return convertAll(foreign, objects => webhook(objects, apiVersion), (item, object) => {
        schema.prune(object)
        keep(item, object)
      }).then(() => items.map(item => known.get(item) ?? keep(item, decodeServed(item.bytes))))
    },
    stored: object => convertOne(object, storedApiVersion, storedSchema, webhook),
    shown: object => convertOne(object, apiVersion, schema, webhook),
  }
}

function convertOne(object: KubeObject, apiVersion: string, schema: CompiledSchema, webhook: ConvertObjects | undefined): KubeObject | Promise<KubeObject> {
  if (object.apiVersion === apiVersion) return object
  if (webhook === undefined) return renamed(object, apiVersion, schema)
  return webhook([object], apiVersion).then(([converted]) => {
    schema.prune(converted!)
    return converted!
  })
}

/** CV2 */
async function convertAll(items: readonly CachedObject[], convert: (objects: readonly KubeObject[]) => Promise<readonly KubeObject[]>, keep: (item: CachedObject, object: KubeObject) => void): Promise<void> {
  for (let at = 0; at < items.length; at += batchSize) {
    const batch = items.slice(at, at + batchSize)
    const converted = await convert(batch.map(item => decodeServed(item.bytes)))
    for (const [index, item] of batch.entries()) keep(item, converted[index]!)
  }
}

/** CV1 */
function renamed(object: KubeObject, apiVersion: string, schema: CompiledSchema): KubeObject {
  const next = deepClone(object)
  next.apiVersion = apiVersion
  schema.prune(next)
  return next
}

/** Every object starts with its kind and apiVersion. */
function isIn(item: CachedObject, apiVersion: string): boolean {
  return /^\{"kind":"[^"]*","apiVersion":"([^"]*)"/.exec(item.bytes.toString('latin1', 0, 640))?.[1] === apiVersion
}

function seenAs(item: CachedObject, object: KubeObject, readers: readonly FieldReader[]): CachedObject {
  const { bytes } = encodeServed(object, item.revision)
  return { key: item.key, revision: item.revision, bytes, labels: object.metadata.labels ?? {}, fields: readers.map(({ read }) => read(object)), ...(item.isStale === true ? { isStale: true } : {}) }
}
