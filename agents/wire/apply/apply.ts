/**
 * Server-side apply and the tracking of every other write.
 *
 *   AP1  Applying lays the sent fields over the live object, takes the fields that this manager applied before, no longer
 *        sends and no other manager owns, and hands the sent fields to this manager.
 *   AP2  A sent field that differs from the live one and that another manager owns is a conflict; all are reported at once.
 *        With force the other manager loses it.
 *   AP3  An apply that changes neither the object nor the owners leaves managedFields, and their times, as they are.
 *   AP4  An update gives the fields that it changed to its manager and takes the removed ones from all; an update that
 *        changes nothing changes no time.
 *   AP5  An object without managedFields that is applied to for the first time has its fields owned by
 *        "before-first-apply"; an update of one starts no tracking.
 *   AP6  managedFields: [{}] in an update clears them; an update without any keeps the live ones.
 *   AP8  Both are done in steps, between which a caller with a large object may let others go on.
 *   AP7  The manager "kubectl" may take what client-side apply had set: fields whose live value is that of the last-applied
 *        annotation do not conflict.
 * Upstream: apimachinery/pkg/util/managedfields.
 */
import type { ManagedFieldsEntry, ObjectMeta, StatusCause } from '../../api/groups/meta-v1/types.ts'
import { remembering } from '../../base/remembering.ts'
import { finish, type Steps } from '../../base/steps.ts'
import { deepClone, getOwn, identical, isPlainObject } from '../../api/schema/clone.ts'
import { decodeObject } from '../../api/schema/decode.ts'
import { definitionFor, resourceRows } from '../../api/schema/definitions.ts'
import { applySchemaOf, type ApplySchema } from './apply-schema.ts'
import { FieldSet, pathText, type FieldPath } from './field-set.ts'
import { createdFields } from './created-fields.ts'
import { capManagers, managerId, readManagedFields, renderEntry, renderManagedFields, stripUntracked, untracked, type Manager, type Managers } from './managed-fields.ts'
import { checkTyped, TypedValueError } from './typed-check.ts'
import { compareTyped, mergeTyped, removeFields, toFieldSet, withNamedFields, type Comparison } from './typed-walk.ts'

export interface ApplyConflict {
  /** As messages name it: "kubectl-client-side-apply" using apps/v1. */
  readonly manager: string
  readonly field: string
}

export class ApplyConflictError extends Error {
  override readonly name = 'ApplyConflictError'
  readonly conflicts: readonly ApplyConflict[]
  readonly causes: readonly StatusCause[]

  constructor(conflicts: readonly ApplyConflict[]) {
    super(conflictMessage(conflicts))
    this.conflicts = conflicts
    this.causes = conflicts.map(({ manager, field }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field }))
  }
}

/** What was applied does not fit its type; answered with status 500 and no reason, as upstream does. */
export class ApplyTypeError extends Error {
  override readonly name = 'ApplyTypeError'
}

interface Common {
  readonly manager: string
  /** "" for the main resource. */
  readonly subresource?: string
  /** Time of the write, RFC 3339 seconds. */
  readonly time: string
  readonly apiVersion: string
  /** OpenAPI name; undefined for custom resources, whose schema is given or deduced. */
  readonly definition?: string
  readonly schema?: ApplySchema
  /**
   * Top-level fields that this write cannot change, so that nobody comes to own them by it. Unless given: status for a main
   * resource that has a status subresource, everything but status and metadata for that subresource.
   */
  readonly ignored?: (field: string) => boolean
}

export interface ApplyInput extends Common {
  /** undefined: apply creates. */
  readonly live: object | undefined
  readonly applied: object
  /** Namespace and name as the sender wrote them, for messages: "default/web". */
  readonly said?: string
  readonly force: boolean
}

export interface UpdateInput extends Common {
  /** undefined: create. */
  readonly live: object | undefined
  readonly updated: object
}

type Document = Record<string, unknown> & { metadata?: Partial<ObjectMeta> }

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

export interface Applied {
  readonly object: Record<string, unknown>
  readonly changed: boolean
}

/** Returns the new object with its managedFields; `changed` is false when nothing is to be written (AP3). */
export function applyPatch(input: ApplyInput): Applied {
  return finish(applySteps(input))
}

/** AP8 */
export function* applySteps(input: ApplyInput): Steps<Applied> {
  const schema = input.schema ?? applySchemaOf(input.definition)
  const applied = withoutManagedFields(input.applied as Document)
  const liveEntries = (input.live as Document | undefined)?.metadata?.managedFields
  const live = input.live === undefined ? emptyObject(input) : withoutManagedFields(input.live as Document)
  try {
    checkTyped(applied, schema)
  } catch (error) {
    if (!(error instanceof TypedValueError)) throw error
    throw new ApplyTypeError(`failed to create typed patch object (${input.said ?? `${applied.metadata?.namespace ?? ''}/${applied.metadata?.name ?? ''}`}; ${typeText(String(applied['apiVersion']), String(applied['kind']))}): ${error.message}`)
  }
  yield
  let managers = readManagedFields(liveEntries, true)
  if (managers.size === 0 && input.live !== undefined) managers = beforeFirstApply(live, schema, input) // AP5
  yield
  let outcome = yield* attempt(live, applied, managers, schema, input, input.force)
  if (outcome.conflicts.length > 0) outcome = yield* retryForKubectl(live, applied, managers, schema, input, outcome.conflicts)
  yield
  if (outcome.object === undefined) return { object: deepClone(input.live ?? live) as Record<string, unknown>, changed: false }
  const object = input.manager === 'kubectl' ? withLastApplied(outcome.object, live, applied) : outcome.object
  return { object: withManagedFields(object, renderManagedFields(outcome.managers)), changed: true }
}

interface Attempt {
  /** undefined: no-op or conflict. */
  readonly object: Document | undefined
  readonly managers: Managers
  readonly conflicts: readonly { readonly manager: Manager; readonly path: FieldPath }[]
}

function* attempt(live: Document, applied: Document, before: Managers, schema: ApplySchema, input: Common, force: boolean): Steps<Attempt> {
  const self: Omit<Manager, 'set'> = { name: input.manager, operation: 'Apply', apiVersion: input.apiVersion, subresource: input.subresource ?? '', time: input.time }
  const id = managerId(self)
  const managers = new Map(before)
  const lastSet = before.get(id)?.set
  const set = toFieldSet(applied, schema)
  managers.set(id, { ...self, set }) // whole while pruning, so that what is never tracked is not taken away
  yield
  const merged = mergeTyped(live, applied, schema) as Document
  yield
  const object = lastSet === undefined ? merged : yield* prune(merged, managers, lastSet, schema)
  managers.set(id, { ...self, set: tracked(set, input) })
  yield
  const comparison = compareTyped(live, object, schema)
  yield
  const conflicts = yield* disown(managers, id, ignoring(comparison, input), force)
  if (conflicts.length > 0) return { object: undefined, managers: before, conflicts }
  yield
  const nothingMoved = comparison.added.isEmpty && comparison.modified.isEmpty && comparison.removed.isEmpty && sameManagers(before, managers)
  return { object: nothingMoved ? undefined : object, managers, conflicts: [] }
}

/** Takes changed fields from the other managers; without force what they own is a conflict instead. */
function* disown(managers: Map<string, Manager>, id: string, comparison: Comparison, force: boolean): Steps<{ manager: Manager; path: FieldPath }[]> {
  const changed = stripUntracked(comparison.modified.union(comparison.added))
  const conflicts: { manager: Manager; path: FieldPath }[] = []
  for (const [otherId, manager] of [...managers]) {
    if (otherId === id) continue
    yield
    const lost = manager.set.intersection(changed)
    if (!lost.isEmpty && !force) for (const path of lost.paths()) conflicts.push({ manager, path })
    const rest = manager.set.difference(lost).difference(comparison.removed)
    if (rest.isEmpty) managers.delete(otherId)
    else managers.set(otherId, { ...manager, set: rest })
  }
  if (managers.get(id)?.set.isEmpty === true) managers.delete(id)
  return conflicts
}

function* prune(merged: Document, managers: Managers, lastSet: FieldSet, schema: ApplySchema): Steps<Document> {
  const named = (set: FieldSet) => withNamedFields(set, schema)
  let owned = new FieldSet()
  for (const manager of managers.values()) owned = owned.union(manager.set)
  yield
  const last = named(lastSet)
  const pruned = removeFields(merged, schema, last)
  yield
  const mergedSet = named(toFieldSet(merged, schema))
  yield
  const gone = mergedSet.difference(named(toFieldSet(pruned ?? {}, schema)))
  yield
  const withOwned = removeFields(merged, schema, gone.difference(named(owned)))
  yield
  const dangling = mergedSet.difference(named(toFieldSet(withOwned ?? {}, schema))).intersection(last)
  yield
  return (removeFields(merged, schema, dangling) ?? {}) as Document
}

function sameManagers(a: Managers, b: Managers): boolean {
  return a.size === b.size && [...a].every(([id, manager]) => {
    const other = b.get(id)
    return other !== undefined && other.apiVersion === manager.apiVersion && other.set.equals(manager.set)
  })
}

function beforeFirstApply(live: Document, schema: ApplySchema, input: Common): Map<string, Manager> {
  const { added, modified } = compareTyped(emptyObject(input), live, schema)
  const set = tracked(added.union(modified), input)
  const manager: Manager = { name: 'before-first-apply', operation: 'Update', apiVersion: input.apiVersion, subresource: input.subresource ?? '', set, time: input.time }
  return new Map([[managerId(manager), manager]])
}

/** AP7 */
function* retryForKubectl(live: Document, applied: Document, managers: Managers, schema: ApplySchema, input: Common, conflicts: Attempt['conflicts']): Steps<Attempt> {
  const allowed = input.manager === 'kubectl' ? fieldsOfLastApplied(live, schema) : new FieldSet()
  const rest = conflicts.filter(conflict => !allowed.has(conflict.path))
  if (rest.length > 0) throw new ApplyConflictError(rest.map(({ manager, path }) => ({ manager: managerText(manager), field: pathText(path) })))
  return yield* attempt(live, applied, managers, schema, input, true)
}

function fieldsOfLastApplied(live: Document, schema: ApplySchema): FieldSet {
  const text = live.metadata?.annotations?.[lastAppliedAnnotation]
  if (text === undefined) return new FieldSet()
  try {
    const lastApplied: unknown = JSON.parse(text)
    const differs = compareTyped(live, mergeTyped(live, lastApplied, schema), schema)
    return toFieldSet(lastApplied, schema).union(FieldSet.of(['f:metadata', 'f:annotations', `f:${lastAppliedAnnotation}`])).difference(differs.modified).difference(differs.added)
  } catch {
    return new FieldSet()
  }
}

/** After kubectl's first server-side apply the annotation follows what was applied. */
function withLastApplied(object: Document, live: Document, applied: Document): Document {
  if (live.metadata?.annotations?.[lastAppliedAnnotation] === undefined) return object
  const bare = deepClone(applied)
  const annotations = { ...bare.metadata?.annotations }
  delete annotations[lastAppliedAnnotation]
  const { annotations: _all, ...metadata } = bare.metadata ?? {}
  const text = `${JSON.stringify({ ...bare, metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations } })}\n`
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, [lastAppliedAnnotation]: text } } }
}

/** AP4, AP5, AP6: the updated object with its managedFields. */
export function trackUpdate(input: UpdateInput): Record<string, unknown> {
  return finish(trackSteps(input))
}

/** AP8 */
export function* trackSteps(input: UpdateInput): Steps<Record<string, unknown>> {
  const schema = input.schema ?? applySchemaOf(input.definition)
  const updated = input.updated as Document
  const sent = updated.metadata?.managedFields
  const object = withoutManagedFields(updated)
  if (sent?.length === 1 && Object.keys(sent[0]!).length === 0) return object // AP6
  const live = input.live === undefined ? emptyObject(input) : withoutManagedFields(input.live as Document)
  const kept = (input.live as Document | undefined)?.metadata?.managedFields
  let managers = readManagedFields(sent, identical(sent, kept)) // a patch sends back what it was given
  if (managers.size === 0) managers = readManagedFields(kept, true)
  if (managers.size === 0) { // AP5
    if (input.live !== undefined) return object
    const fields = createdFields({ empty: live, object, schema, isIgnored: input.ignored ?? ignoredBy(input), untracked })
    return withManagedFields(object, fields === undefined ? [] : [renderEntry(updaterOf(input), fields)])
  }
  yield
  const compared = compareTyped(live, object, schema)
  yield
  const comparison = ignoring(compared, input)
  yield
  const taken = stripUntracked(comparison.modified.union(comparison.added))
  yield
  yield* disown(managers, '', comparison, true)
  yield
  if (!taken.isEmpty) {
    const self: Manager = { ...updaterOf(input), set: taken }
    const id = managerId(self)
    const held = managers.get(id)
    managers.set(id, { ...self, set: held === undefined ? taken : held.set.union(taken) })
    capManagers(managers)
  }
  yield
  return withManagedFields(object, renderManagedFields(managers))
}

function updaterOf(input: Common): Omit<Manager, 'set'> {
  return { name: input.manager, operation: 'Update', apiVersion: input.apiVersion, subresource: input.subresource ?? '', time: input.time }
}

/** Whether two versions differ in more than managedFields and resourceVersion: if not, the write leaves no trace. */
export function isNoChange(live: object, updated: object): boolean {
  const strip = (document: Document) => {
    const { managedFields: _managed, resourceVersion: _version, ...metadata } = document.metadata ?? {}
    return { ...document, metadata }
  }
  return identical(strip(live as Document), strip(updated as Document))
}

/** Without the fields that the write cannot change. */
function tracked(set: FieldSet, input: Common): FieldSet {
  const ignored = input.ignored ?? ignoredBy(input)
  const result = new FieldSet()
  for (const member of set.members) if (!ignored(member.slice(2))) result.members.add(member)
  for (const [element, child] of set.children) if (!ignored(element.slice(2))) result.children.set(element, child)
  return stripUntracked(result)
}

function ignoring({ added, modified, removed }: Comparison, input: Common): Comparison {
  return { added: tracked(added, input), modified: tracked(modified, input), removed: tracked(removed, input) }
}

function ignoredBy({ subresource = '', definition }: Common): (field: string) => boolean {
  if (subresource === 'status') return field => field !== 'status' && field !== 'metadata'
  return subresource === '' && definition !== undefined && hasStatusSubresource(definition) ? field => field === 'status' : () => false
}

const withStatus = new Set(resourceRows
  .filter(row => row.subresources.some(each => each.name === 'status'))
  .map(row => definitionFor(row.group, row.version, row.kind)))

function hasStatusSubresource(definition: string): boolean {
  return withStatus.has(definition)
}

const emptyObjects = remembering(definition => decodeObject({}, definition).object as Document, { maxLength: Infinity })

/** An object of the type as Go's zero value encodes it: what tracking compares a new object with. Not to be changed. */
function emptyObject(input: Common): Document {
  return input.definition === undefined ? {} : emptyObjects(input.definition)
}

function withoutManagedFields(object: Document): Document {
  if (!isPlainObject(object.metadata) || getOwn(object.metadata, 'managedFields') === undefined) return object
  const { managedFields: _removed, ...metadata } = object.metadata as Partial<ObjectMeta>
  return { ...object, metadata }
}

function withManagedFields(object: Document, entries: readonly ManagedFieldsEntry[]): Record<string, unknown> {
  return { ...object, metadata: { ...object.metadata, ...(entries.length === 0 ? {} : { managedFields: entries }) } }
}

function managerText(manager: Manager): string {
  const name = JSON.stringify(manager.name) + (manager.subresource === '' ? '' : ` with subresource ${JSON.stringify(manager.subresource)}`)
  return manager.operation === 'Apply' ? name : `${name} using ${manager.apiVersion}`
}

function conflictMessage(conflicts: readonly ApplyConflict[]): string {
  const [only] = conflicts
  if (conflicts.length === 1 && only !== undefined) return `Apply failed with 1 conflict: conflict with ${only.manager}: ${only.field}`
  const byManager = new Map<string, string[]>()
  for (const { manager, field } of conflicts) byManager.set(manager, [...(byManager.get(manager) ?? []), field])
  const parts = [...byManager].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([manager, fields]) => `conflicts with ${manager}:\n${fields.map(field => `- ${field}`).join('\n')}`)
  return `Apply failed with ${conflicts.length} conflicts: ${parts.join('\n')}`
}

/** A type as Go prints it; the core group is an empty one: "/v1, Kind=Pod". */
export function typeText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}
