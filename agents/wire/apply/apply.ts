/**
 * Server-side apply and the tracking of every other write.
 *
 *   AP1  Applying lays the sent fields over the live object, takes the fields that this manager applied before, no longer
 *        sends and no other manager owns, and hands the sent fields to this manager.
 *   AP2  A sent field that differs from the live one and that another manager owns is a conflict; all are reported at once.
 *        With force the other manager loses it.
 *   AP3  An apply that changes neither the object nor the owners leaves managedFields as they are. One that changes owners only
 *        moves no time: who comes to share a field that way has none.
 *   AP4  An update gives the fields that it changed to its manager and takes the removed ones from all; an update that
 *        changes nothing changes no time.
 *   AP5  An object without managedFields that is applied to for the first time has its fields owned by
 *        "before-first-apply"; an update of one starts no tracking.
 *   AP6  managedFields: [] or [{}] in an update clears them; an update without any keeps the live ones.
 *   AP8  Both are done in steps, between which a caller with a large object may let others go on.
 *   AP9  Owners that speak of another version of the kind are compared, pruned and asked in that version (kind-versions.ts).
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
import { applySchemaOf } from './apply-schema.ts'
import type { ApplySchema } from './apply-schema.ts'
import { FieldSet, pathText, type FieldPath } from './field-set.ts'
import { createdFieldsSteps } from './created-fields.ts'
import { forgetStrangers, noOtherVersions, VersionedChange, VersionedObject, type KindVersion } from './kind-versions.ts'
import type { KindVersions } from './kind-versions.ts'
import { capManagers, managerId, readManagedFields, readSentManagedFields, renderEntry, renderManagedFields, stripUntracked, untracked, type Manager, type Managers } from './managed-fields.ts'
import { checkTyped, TypedValueError } from './typed-check.ts'
import { prune } from './prune.ts'
import { compareTyped, mergeTyped, toFieldSet, type Comparison } from './typed-walk.ts'

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
  /** Where the kind is known in other versions than this one too (AP9). */
  readonly versions?: KindVersions
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
  const at = writeOf(input)
  const { schema } = at
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
  let managers = readManagedFields(liveEntries)
  if (managers.size === 0 && input.live !== undefined) managers = beforeFirstApply(live, at) // AP5
  else forgetStrangers(managers, at.versionOf, at.mayHaveChanged)
  yield
  let outcome = yield* attempt(live, applied, managers, at, input.force)
  if (outcome.conflicts.length > 0) outcome = yield* retryForKubectl(live, applied, managers, at, outcome.conflicts)
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

function* attempt(live: Document, applied: Document, before: Managers, at: Write, force: boolean): Steps<Attempt> {
  const { input, schema } = at
  const self: Omit<Manager, 'set'> = { name: input.manager, operation: 'Apply', apiVersion: input.apiVersion, subresource: input.subresource ?? '', time: input.time }
  const id = managerId(self)
  const managers = new Map(before)
  const last = before.get(id)
  const set = toFieldSet(applied, schema)
  managers.set(id, { ...self, set }) // whole while pruning, so that what is never tracked is not taken away
  yield
  const merged = mergeTyped(live, applied, schema) as Document
  yield
  const object = last === undefined ? merged : (yield* prune(merged, managers, last, at)) as Document
  managers.set(id, { ...self, set: tracked(set, at.ignored) })
  yield
  const comparison = compareTyped(live, object, schema)
  yield
  const conflicts = yield* disown(managers, id, changeOf(live, object, comparison, at), force)
  if (conflicts.length > 0) return { object: undefined, managers: before, conflicts }
  yield
  if (!identical(live, object)) return { object, managers, conflicts: [] }
  const own = managers.get(id) // AP3
  if (own !== undefined) managers.set(id, { ...own, time: last?.time })
  return { object: sameManagers(before, managers) ? undefined : live, managers, conflicts: [] }
}

/** AP9: one change as each version sees it, without what this write cannot change. */
function changeOf(before: Document, after: Document, comparison: Comparison, { input, versions, versionOf, ignored }: Write): VersionedChange {
  return new VersionedChange(new VersionedObject(before, input.apiVersion, versions), new VersionedObject(after, input.apiVersion, versions), {
    own: [input.apiVersion, ignoring(comparison, ignored)],
    versionOf: apiVersion => versionOf(apiVersion)!, // strangers have been forgotten
    only: (other, version) => ignoring(other, version.ignored),
  })
}

/** Takes changed fields from the other managers; without force what they own is a conflict instead. */
function* disown(managers: Map<string, Manager>, id: string, change: VersionedChange, force: boolean): Steps<{ manager: Manager; path: FieldPath }[]> {
  const conflicts: { manager: Manager; path: FieldPath }[] = []
  for (const [otherId, manager] of [...managers]) {
    if (otherId === id) continue
    yield
    const { modified, added, removed } = yield* change.in(manager.apiVersion)
    const lost = manager.set.intersection(modified.union(added))
    if (!lost.isEmpty && !force) for (const path of lost.paths()) conflicts.push({ manager, path })
    const rest = manager.set.difference(lost).difference(removed)
    if (rest.isEmpty) managers.delete(otherId)
    else managers.set(otherId, { ...manager, set: rest })
  }
  if (managers.get(id)?.set.isEmpty === true) managers.delete(id)
  return conflicts
}

function sameManagers(a: Managers, b: Managers): boolean {
  return a.size === b.size && [...a].every(([id, manager]) => {
    const other = b.get(id)
    return other !== undefined && other.apiVersion === manager.apiVersion && other.set.equals(manager.set)
  })
}

function beforeFirstApply(live: Document, { input, schema, ignored }: Write): Map<string, Manager> {
  const { added, modified } = compareTyped(emptyObject(input), live, schema)
  const set = tracked(added.union(modified), ignored)
  const manager: Manager = { name: 'before-first-apply', operation: 'Update', apiVersion: input.apiVersion, subresource: input.subresource ?? '', set, time: input.time }
  return new Map([[managerId(manager), manager]])
}

/** AP7 */
function* retryForKubectl(live: Document, applied: Document, managers: Managers, at: Write, conflicts: Attempt['conflicts']): Steps<Attempt> {
  const allowed = at.input.manager === 'kubectl' ? fieldsOfLastApplied(live, at) : new FieldSet()
  const rest = conflicts.filter(conflict => !allowed.has(conflict.path))
  if (rest.length > 0) throw new ApplyConflictError(rest.map(({ manager, path }) => ({ manager: managerText(manager), field: pathText(path) })))
  return yield* attempt(live, applied, managers, at, true)
}

/** None where client-side apply spoke of another version. */
function fieldsOfLastApplied(live: Document, { input, schema }: Write): FieldSet {
  const text = live.metadata?.annotations?.[lastAppliedAnnotation]
  if (text === undefined) return new FieldSet()
  try {
    const lastApplied: unknown = JSON.parse(text)
    if (getOwn(lastApplied, 'apiVersion') !== input.apiVersion) return new FieldSet()
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
  const at = writeOf(input)
  const { schema } = at
  const updated = input.updated as Document
  const sent = updated.metadata?.managedFields
  const object = withoutManagedFields(updated)
  if (sent?.length === 0 || (sent?.length === 1 && Object.keys(sent[0]!).length === 0)) return object // AP6
  const live = input.live === undefined ? emptyObject(input) : withoutManagedFields(input.live as Document)
  const kept = (input.live as Document | undefined)?.metadata?.managedFields
  let managers = sent === undefined || identical(sent, kept) ? undefined : readSentManagedFields(sent) // a patch sends back what it was given
  if (managers === undefined || managers.size === 0) managers = readManagedFields(kept)
  if (managers.size === 0) { // AP5
    if (input.live !== undefined) return object
    const fields = yield* createdFieldsSteps({ empty: live, object, schema, isIgnored: at.ignored, untracked })
    return withManagedFields(object, fields === undefined ? [] : [renderEntry(updaterOf(input), fields)])
  }
  yield
  if ([...managers.values()].some(({ apiVersion }) => apiVersion !== input.apiVersion && apiVersion.split('/').length > 2)) return object // MF5
  forgetStrangers(managers, at.versionOf, at.mayHaveChanged)
  yield
  const compared = compareTyped(live, object, schema)
  yield
  const change = changeOf(live, object, compared, at)
  const { modified, added } = yield* change.in(input.apiVersion)
  const taken = modified.union(added)
  yield
  yield* disown(managers, '', change, true)
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

/** Without the fields that the write cannot change, and those of the server. */
function tracked(set: FieldSet, ignored: (field: string) => boolean): FieldSet {
  const result = new FieldSet()
  for (const member of set.members) if (!ignored(member.slice(2))) result.members.add(member)
  for (const [element, child] of set.children) if (!ignored(element.slice(2))) result.children.set(element, child)
  return stripUntracked(result)
}

function ignoring({ added, modified, removed }: Comparison, ignored: (field: string) => boolean): Comparison {
  return { added: tracked(added, ignored), modified: tracked(modified, ignored), removed: tracked(removed, ignored) }
}

/** A write, and how the kind is seen in each version of it. */
interface Write extends KindVersion {
  readonly input: Common
  readonly versions: KindVersions
  /** The version of the write itself too. */
  readonly versionOf: (apiVersion: string) => KindVersion | undefined
  /** The schemas of built-in kinds stay as they are. */
  readonly mayHaveChanged: boolean
}

/** How a write sees a version of a kind. */
export function kindVersion(of: Pick<Common, 'schema' | 'definition' | 'ignored' | 'subresource'>): KindVersion {
  return { schema: of.schema ?? applySchemaOf(of.definition), ignored: of.ignored ?? ignoredBy(of) }
}

function writeOf(input: Common): Write {
  const own = kindVersion(input)
  const versions = input.versions ?? noOtherVersions
  return { ...own, input, versions, versionOf: apiVersion => (apiVersion === input.apiVersion ? own : versions.find(apiVersion)), mayHaveChanged: input.schema !== undefined }
}

function ignoredBy({ subresource = '', definition }: Pick<Common, 'subresource' | 'definition'>): (field: string) => boolean {
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
