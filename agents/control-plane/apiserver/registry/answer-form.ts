/**
 * Objects, lists and watch events in the form a client negotiated.
 *
 *   AF1  Plain JSON of a stored resource is the cached bytes; nothing is decoded for it.
 *   AF2  A list is written piece by piece, so that its size is not held twice.
 *   AF3  A table's rows carry the object as includeObject says: Metadata unless asked otherwise.
 */
import { stringify } from 'yaml'
import { buildTable, partialObjectMetadata, partialObjectMetadataList } from '../../../api/table.ts'
import { encodeProtobufObject } from '../../../wire/protobuf/envelope.ts'
import { badRequest, noneAcceptable, notAcceptable } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { anyForm, bodyTypes, jsonType, negotiate, protobufType, readMediaClauses, watchTypes, yamlType } from '../http/negotiation.ts'
import type { Negotiated, NegotiationRules } from '../http/negotiation.ts'
import { asLine, listItemStart } from '../watch-cache/stored-form.ts'
import type { CachedObject } from '../watch-cache/resource-cache.ts'
import { sendJsonList } from './json-list.ts'
import type { JsonList } from './json-list.ts'
import type { KubeObject } from './kube-object.ts'
import { complete, servedObject } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'

export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export function requireForm(exchange: Exchange, resource: ServedResource | undefined, rules: NegotiationRules = anyForm): Negotiated {
  const allowed = resource?.isCustom === true ? { ...rules, encodings: rules.encodings.filter(encoding => encoding !== 'protobuf') } : rules
  const form = negotiate(exchange.header('accept'), allowed) ?? (resource?.isCustom === true ? negotiate(exchange.header('accept'), rules) : undefined)
  if (form === undefined) throw isAnyKnown(exchange.header('accept') ?? '') ? notAcceptable(bodyTypes) : noneAcceptable(exchange.info.verb === 'list' || exchange.info.verb === 'watch' ? [...bodyTypes, ...watchTypes] : bodyTypes)
  if (resource?.isCustom === true && form.encoding === 'protobuf' && form.transform === undefined) throw notAcceptable([jsonType, yamlType])
  return form
}

/** Whether a type that is served is named at all, in whatever form. */
function isAnyKnown(accept: string): boolean {
  return readMediaClauses(accept).some(({ type }) => type === '*/*' || bodyTypes.includes(type))
}

export function readIncludeObject(query: URLSearchParams): IncludeObject {
  const text = query.get('includeObject') ?? ''
  if (text === '' || text === 'Metadata') return 'Metadata'
  if (text === 'None' || text === 'Object') return text
  throw badRequest(`unrecognized includeObject value: "${text}"`)
}

/** An object that is not stored (reviews, Scale, Status) or that has been decoded anyway. */
export async function sendObject(exchange: Exchange, code: number, object: object, form: Negotiated): Promise<void> {
  const { body, type } = encodeObject(object, form)
  await exchange.send(code, type, body)
}

export function encodeObject(object: object, form: Negotiated): { body: Buffer; type: string } {
  if (form.encoding === 'yaml') return { body: Buffer.from(stringify(object)), type: yamlType }
  if (form.encoding === 'protobuf') return { body: Buffer.from(encodeProtobufObject(object)), type: protobufType }
  return { body: Buffer.from(`${JSON.stringify(object)}\n`), type: jsonType }
}

/** One stored object; bytes and object say the same. */
export async function sendStored(
  exchange: Exchange,
  code: number,
  resource: ServedResource,
  form: Negotiated,
  stored: { readonly bytes: Buffer; readonly object: () => KubeObject },
): Promise<void> {
  if (form.encoding === 'json' && form.transform === undefined) {
    await exchange.send(code, jsonType, asLine(stored.bytes)) // AF1
    return
  }
  const object = stored.object()
  const shown = form.transform === undefined ? object : transformed(resource, form, exchange, object)
  await sendObject(exchange, code, shown, form)
}

function transformed(resource: ServedResource, form: Negotiated, exchange: Exchange, object: KubeObject): object {
  if (form.transform === 'PartialObjectMetadata') return partialObjectMetadata(complete(object), formApiVersion(form))
  if (form.transform !== 'Table') throw notAcceptable(bodyTypes)
  return buildTable(resource.rules, [complete(object)], {
    includeObject: readIncludeObject(exchange.query),
    listMetadata: { resourceVersion: object.metadata.resourceVersion ?? '' },
    now: exchange.startedMs,
    apiVersion: formApiVersion(form),
  })
}

export function formApiVersion(form: Negotiated): string {
  return `meta.k8s.io/${form.transformVersion ?? 'v1'}`
}

export async function sendList(exchange: Exchange, resource: ServedResource, form: Negotiated, items: readonly CachedObject[], meta: ListMeta): Promise<void> {
  if (form.encoding === 'json' && form.transform === undefined) {
    await sendJsonList(exchange, jsonList(resource, items, meta)) // AF2
    return
  }
  const objects = items.map(item => servedObject(resource, item))
  if (form.transform === 'Table') {
    const options = { includeObject: readIncludeObject(exchange.query), listMetadata: meta, now: exchange.startedMs, apiVersion: formApiVersion(form) }
    await sendObject(exchange, 200, buildTable(resource.rules, objects.map(complete), options), form)
    return
  }
  const list = { kind: listKindOf(resource), apiVersion: resource.apiVersion, metadata: meta, items: resource.isCustom ? objects : objects.map(withoutTypeNames) }
  if (form.transform === 'PartialObjectMetadataList') {
    const partial = partialObjectMetadataList(objects.map(complete), meta, formApiVersion(form))
    await sendObject(exchange, 200, partial, form)
    return
  }
  if (form.transform === 'PartialObjectMetadata') throw notAcceptable(bodyTypes)
  await sendObject(exchange, 200, list, form)
}

function jsonList(resource: ServedResource, items: readonly CachedObject[], meta: ListMeta): JsonList<CachedObject> {
  const head = `{"kind":${JSON.stringify(listKindOf(resource))},"apiVersion":${JSON.stringify(resource.apiVersion)},"metadata":${JSON.stringify(meta)},"items":[`
  const behindBrace = 1
  if (resource.isCustom) return { head, items, encode: item => item.bytes, itemStart: behindBrace, isEncoded: true } // they say what they are
  if (resource.view === undefined) return { head, items, encode: item => item.bytes, itemStart: listItemStart(resource.cache.spec.form), isEncoded: true }
  return { head, items, encode: item => Buffer.from(JSON.stringify(withoutTypeNames(servedObject(resource, item)))), itemStart: behindBrace, isEncoded: false }
}

function listKindOf(resource: ServedResource): string {
  return resource.custom?.listKind ?? `${resource.kind}List`
}

function withoutTypeNames(object: KubeObject): Omit<KubeObject, 'kind' | 'apiVersion'> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}
