/**
 * What applying takes away: fields, and elements of lists and maps, that this manager applied before and no longer sends.
 *
 *   PR1  Only what he alone owns goes; what others own, in whatever version, comes back, and so does what goes only because
 *        something above it did and was never his.
 *   PR2  It is taken away in the version of which he spoke before; the result is in the version of the request.
 *   PR3  Of other versions, his own former one comes first: without what is owned there the object may not convert.
 * Upstream: sigs.k8s.io/structured-merge-diff, merge/update.go.
 */
import { answerOf, type Steps } from '../../base/steps.ts'
import type { ApplySchema } from './apply-schema.ts'
import type { FieldSet } from './field-set.ts'
import type { Fields, KindVersion, KindVersions } from './kind-versions.ts'
import type { Manager, Managers } from './managed-fields.ts'
import { removeFields, toFieldSet, withNamedFields } from './typed-walk.ts'

interface Versions {
  readonly input: { readonly apiVersion: string }
  readonly versions: KindVersions
  readonly versionOf: (apiVersion: string) => KindVersion | undefined
}

/** The object as it was merged and what is left of it, in one version. */
interface Pruned {
  readonly apiVersion: string
  readonly merged: Fields
  readonly rest: Fields
}

/** `managers` holds what this one sends now; `last` is what he sent before. */
export function* prune(merged: Fields, managers: Managers, last: Manager, { input, versions, versionOf }: Versions): Steps<Fields> {
  const { schema } = versionOf(last.apiVersion)!
  const lastSet = withNamedFields(last.set, schema)
  yield
  const then = yield* converted(merged, input.apiVersion, last.apiVersion, versions) // PR2
  let pruned: Pruned = { apiVersion: last.apiVersion, merged: then, rest: without(then, schema, lastSet) }
  yield
  for (const [apiVersion, owned] of ownedByVersion(managers, last.apiVersion)) pruned = yield* withOwned(yield* prunedIn(pruned, apiVersion, versions), owned, versionOf(apiVersion)!.schema)
  const rest = yield* converted(pruned.rest, pruned.apiVersion, last.apiVersion, versions)
  const dangling = difference(then, rest, schema).intersection(lastSet)
  yield
  return yield* converted(without(then, schema, dangling), last.apiVersion, input.apiVersion, versions)
}

function* converted(object: Fields, from: string, to: string, versions: KindVersions): Steps<Fields> {
  return from === to ? object : yield* answerOf(versions.convert(object, to))
}

function* prunedIn(pruned: Pruned, apiVersion: string, versions: KindVersions): Steps<Pruned> {
  const bring = (object: Fields) => converted(object, pruned.apiVersion, apiVersion, versions)
  return { apiVersion, merged: yield* bring(pruned.merged), rest: yield* bring(pruned.rest) }
}

/** PR3 */
function ownedByVersion(managers: Managers, first: string): readonly (readonly [string, FieldSet])[] {
  const owned = new Map<string, FieldSet>()
  for (const { apiVersion, set } of managers.values()) owned.set(apiVersion, owned.get(apiVersion)?.union(set) ?? set)
  return [...owned].sort(([a], [b]) => (a === b ? 0 : a === first || (b !== first && a < b) ? -1 : 1))
}

/** PR1 */
function* withOwned({ apiVersion, merged, rest }: Pruned, owned: FieldSet, schema: ApplySchema): Steps<Pruned> {
  const gone = difference(merged, rest, schema)
  yield
  return { apiVersion, merged, rest: without(merged, schema, gone.difference(withNamedFields(owned, schema))) }
}

function difference(merged: Fields, rest: Fields, schema: ApplySchema): FieldSet {
  return withNamedFields(toFieldSet(merged, schema), schema).difference(withNamedFields(toFieldSet(rest, schema), schema))
}

function without(object: Fields, schema: ApplySchema, gone: FieldSet): Fields {
  return (removeFields(object, schema, gone) ?? {}) as Fields
}
