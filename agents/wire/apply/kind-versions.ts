/**
 * The versions of one kind, and what one change of an object is in each of them.
 *
 *   KV1  A manager's fields are named in the version that he writes: the change is seen in that version too, before it is said
 *        what he loses.
 *   KV2  Managers that speak of a version which the kind no longer has are forgotten.
 *   KV3  An object is brought into a version once for each write, and not at all where every manager speaks of the version of
 *        the request.
 *   KV4  Where a schema may change, fields that were owned one by one and have become parts of a whole are owned as that whole.
 * Upstream: sigs.k8s.io/structured-merge-diff, merge/update.go, typed/reconcile_schema.go.
 */
import { answerOf, type Steps } from '../../base/steps.ts'
import type { ApplySchema } from './apply-schema.ts'
import type { FieldSet } from './field-set.ts'
import type { Manager } from './managed-fields.ts'
import { childSchema, compareTyped, type Comparison } from './typed-walk.ts'

export type Fields = Record<string, unknown>

export interface KindVersion {
  readonly schema: ApplySchema
  /** Top-level fields that the write cannot change in this version. */
  readonly ignored: (field: string) => boolean
}

/** How a kind is known in versions other than that of the request. */
export interface KindVersions {
  /** undefined: the kind has no such version (KV2). */
  find(apiVersion: string): KindVersion | undefined
  /** The object in a version that there is; a promise where somebody must be asked. Nobody changes what comes. */
  convert(object: Fields, apiVersion: string): Fields | Promise<Fields>
}

/** A kind of one version. */
export const noOtherVersions: KindVersions = {
  find: () => undefined,
  convert: object => object,
}

/** One object as every version shows it (KV3). */
export class VersionedObject {
  readonly #versions: KindVersions
  readonly #known: Map<string, Fields>

  constructor(object: Fields, apiVersion: string, versions: KindVersions) {
    this.#known = new Map([[apiVersion, object]])
    this.#versions = versions
  }

  *in(apiVersion: string): Steps<Fields> {
    const known = this.#known.get(apiVersion)
    if (known !== undefined) return known
    const [first] = this.#known.values()
    const converted = yield* answerOf(this.#versions.convert(first!, apiVersion))
    this.#known.set(apiVersion, converted)
    return converted
  }
}

/** KV1: what changes between two states of an object, version by version. */
export class VersionedChange {
  readonly #before: VersionedObject
  readonly #after: VersionedObject
  readonly #known: Map<string, Comparison>
  readonly #versionOf: (apiVersion: string) => KindVersion
  readonly #only: (comparison: Comparison, version: KindVersion) => Comparison

  /** `own`: what is known of the version of the request; `only` leaves out what the write cannot change. */
  constructor(before: VersionedObject, after: VersionedObject, { own, versionOf, only }: { own: readonly [apiVersion: string, comparison: Comparison]; versionOf: (apiVersion: string) => KindVersion; only: (comparison: Comparison, version: KindVersion) => Comparison }) {
    this.#before = before
    this.#after = after
    this.#known = new Map([own])
    this.#versionOf = versionOf
    this.#only = only
  }

  *in(apiVersion: string): Steps<Comparison> {
    const known = this.#known.get(apiVersion)
    if (known !== undefined) return known
    const version = this.#versionOf(apiVersion)
    const comparison = this.#only(compareTyped(yield* this.#before.in(apiVersion), yield* this.#after.in(apiVersion), version.schema), version)
    this.#known.set(apiVersion, comparison)
    return comparison
  }
}

/** KV2, KV4; changes the map. */
export function forgetStrangers(managers: Map<string, Manager>, versionOf: (apiVersion: string) => KindVersion | undefined, mayHaveChanged: boolean): void {
  for (const [id, manager] of managers) {
    const version = versionOf(manager.apiVersion)
    if (version === undefined) managers.delete(id)
    else if (mayHaveChanged) {
      const set = withWholes(manager.set, version.schema)
      if (set !== manager.set) managers.set(id, { ...manager, set })
    }
  }
}

/** KV4; the same set where nothing has changed. */
export function withWholes(set: FieldSet, schema: ApplySchema): FieldSet {
  let result = set
  for (const [element, child] of set.children) {
    const below = schemaBelow(schema, element)
    if (below === undefined) continue
    if (below.is === 'leaf' && typeof below.holds === 'object') {
      if (result === set) result = set.copy()
      result.members.add(element)
      result.children.delete(element)
    } else {
      const kept = withWholes(child, below)
      if (kept === child) continue
      if (result === set) result = set.copy()
      result.children.set(element, kept)
    }
  }
  return result
}

function schemaBelow(schema: ApplySchema, element: string): ApplySchema | undefined {
  switch (schema.is) {
    case 'struct':
    case 'map': return element.startsWith('f:') ? childSchema(schema, element.slice(2)) : undefined
    case 'set':
    case 'listMap': return schema.items
    case 'leaf':
    case 'deduced': return undefined
  }
}
