/**
 * The forms of objects as admission needs them: which versions show the same objects, and how one becomes another.
 *
 *   SV1  Resources that share a cache show the same objects: two versions of a kind, the two groups of Event.
 *   SV2  Versions of a custom resource become one another as its definition says, by its webhook if it has one.
 */
import { decodeObject } from '../../../api/schema/decode.ts'
import { definitionFor } from '../../../api/schema/definitions.ts'
import { applySchemaOf, deduced } from '../../../wire/apply/apply-schema.ts'
import type { GroupVersionKind, ObjectReader } from '../admission/admission.ts'
import type { EquivalentResource, ObjectForms } from '../admission/dynamic/object-forms.ts'
import type { GroupVersionResource } from '../admission/dynamic/resource-rules.ts'
import type { KubeObject } from './kube-object.ts'
import type { ResourceTable } from './resource-table.ts'
import { apiVersionText } from './resource-table.ts'
import { complete } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'

const namespaces = { group: '', resource: 'namespaces' }
const none: readonly EquivalentResource[] = []

export function createServedForms(table: ResourceTable, reader: ObjectReader = table): ObjectForms {
  let generation = -1
  let byResource = new Map<string, readonly EquivalentResource[]>()

  function equivalents({ group, version, resource }: GroupVersionResource): readonly EquivalentResource[] {
    if (generation !== table.generation) {
      byResource = new Map()
      generation = table.generation
    }
    const key = `${group}/${version}/${resource}`
    const known = byResource.get(key)
    if (known !== undefined) return known
    const own = table.find(group, version, resource)
    const found = own === undefined ? none : table.resources.filter(other => other !== own && other.cache === own.cache).map(other => ({ group: other.group, version: other.version, resource: other.resource, kind: other.kind })) // SV1
    byResource.set(key, found)
    return found
  }

  return {
    equivalents,
    convert(object, from, to) {
      const source = table.find(from.group, from.version, from.resource)
      const target = table.find(to.group, to.version, to.resource)
      if (source === undefined || target === undefined || source === target || object.kind !== source.kind) return object
      if (target.custom?.conversion !== undefined) return target.custom.conversion.shown(object) // SV2
      const stored = source.view === undefined ? object : source.view.toStored(object, undefined)
      return target.view === undefined ? typed(stored, target) : target.view.toServed(stored)
    },
    completed(object, kind, resource) {
      const served = table.find(resource.group, resource.version, resource.resource)
      if (served !== undefined && served.kind === kind.kind && served.group === kind.group) {
        served.custom?.admit(object)
        served.rules.setDefaults(complete(object))
        return object
      }
      return decodedAs(object, kind)
    },
    resourceOfKind(apiVersion, kind) {
      const found = table.resources.find(resource => resource.kind === kind && resource.apiVersion === apiVersion)
      return found === undefined ? undefined : { group: found.group, version: found.version, resource: found.resource, namespaced: found.namespaced }
    },
    applySchema(kind, resource) {
      const served = table.find(resource.group, resource.version, resource.resource)
      if (served !== undefined && served.kind === kind.kind && served.isCustom) return served.custom?.applySchema ?? deduced
      return applySchemaOf(definitionFor(kind.group, kind.version, kind.kind))
    },
    namespaceLabels(name) {
      const cached = table.stored(namespaces)?.cache.get(name)
      if (cached !== undefined) return cached.labels
      return reader.getFresh(namespaces, '', name).then(found => (found === undefined ? undefined : (found.metadata.labels ?? {})))
    },
  }
}

function typed(object: KubeObject, { kind, apiVersion }: ServedResource): KubeObject {
  return object.kind === kind && object.apiVersion === apiVersion ? object : { ...object, kind, apiVersion }
}

/** Kinds that are no resource of their own: Scale, Binding, Eviction, the options of connections. */
function decodedAs(object: KubeObject, { group, version, kind }: GroupVersionKind): KubeObject {
  const definition = definitionFor(group, version, kind)
  const decoded = definition === undefined ? object : (decodeObject(object, definition).object as unknown as KubeObject)
  const { metadata, ...rest } = decoded
  return { ...rest, kind, apiVersion: apiVersionText(group, version), ...(metadata === undefined ? {} : { metadata }) } as KubeObject
}
