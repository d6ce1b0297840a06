/**
 * The Kubernetes API as data: one Definition a type, keyed by its OpenAPI name (io.k8s.api.core.v1.Pod).
 *
 * definitions.json holds them for 1.36: fields with their JSON types, protobuf field numbers, patch strategies and
 * list types. Everything that walks an object without knowing its kind reads this: protobuf, strategic merge, apply,
 * strict decoding, OpenAPI. Descriptions are not here; they are read at build time (build/api-descriptions.ts).
 */
export type Definitions = Readonly<Record<string, Definition>>

export interface Definition {
  readonly fields: Readonly<Record<string, Field>>
  /** In the order in which upstream's type has them. */
  readonly required?: readonly string[]
  /** [group, version, kind], for types that are whole documents. */
  readonly gvk?: readonly [string, string, string]
  readonly mapType?: 'atomic' | 'granular'
  /** Which field says which of the others is in use; JSON name to Go name. */
  readonly unions?: readonly { readonly discriminator?: string; readonly fields: Readonly<Record<string, string>> }[]
}

export interface Field {
  readonly type?: 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'map'
  /** OpenAPI name of a definition, or of a scalar (Quantity, IntOrString, Time, MicroTime, RawExtension, FieldsV1, JSON…). */
  readonly ref?: string
  readonly format?: 'int32' | 'int64' | 'double' | 'float' | 'byte'
  readonly items?: Field
  /** Protobuf field number; more than one where upstream embeds a message that JSON inlines: [2, 6] is field 6 of field 2. */
  readonly proto?: readonly number[]
  readonly protoType?: 'uint32' | 'uint64'
  /** On the wire a message {1: repeated string} (ExtraValue, Verbs), in JSON an array. */
  readonly wrapped?: boolean
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
}

/** One row of resources.json: a resource as discovery serves it. */
export interface ResourceRow {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly kind: string
  readonly singular: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: readonly SubresourceRow[]
  readonly storageVersionHash: string | null
}

export interface SubresourceRow {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}
