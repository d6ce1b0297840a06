/**
 * The history of a DaemonSet's or StatefulSet's template, as ControllerRevisions.
 *
 *   RV1  A revision holds the template as a patch of its owner, and the owner's annotations of that time; equal data is the
 *        same revision.
 *   RV2  A template that was current before gets its old revision back, with the highest number.
 *   RV3  A revision's name is the owner's and a hash of the data, for a StatefulSet the one that upstream computes; if another's revision has that name, the collision count
 *        is raised by the caller's status and the next hash tried.
 *   RV4  Revisions that no Pod uses, beyond the history limit, are deleted, lowest number first.
 */
import type { ControllerRevision } from '../../../api/groups/apps-v1/types.ts'
import type { PodTemplateSpec } from '../../../api/groups/core-v1/types.ts'
import { controllerRevisions } from '../../../api/resources.ts'
import type { KubernetesObject, ResourceType } from '../../../api/resources.ts'
import type { JsonObject } from '../../../api/schema/scalars.ts'
import type { ReconcileDeps } from '../../../machinery/controller.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { controllerReference, isControlledBy } from '../../../machinery/owner.ts'
import { isAlreadyExists, isNotFound } from '../../../machinery/status-error.ts'
import { canonicalText, isEqualJson } from '../pods/canonical.ts'

export const revisionHashLabel = 'controller-revision-hash'
/** Of the revisions of StatefulSets. */
export const stableHashLabel = 'controller.kubernetes.io/hash'

const letters = 'bcdfghjklmnpqrstvwxz2456789'

export interface RevisionOwner<O extends KubernetesObject> {
  readonly type: ResourceType<O>
  readonly owner: O
  readonly template: PodTemplateSpec
  readonly collisionCount: number
  /** Where the revision carries its hash: not the same for both kinds. */
  readonly hashLabel: string
}

export interface RevisionState {
  /** The revision of the template as it is now. */
  readonly update: ControllerRevision
  /** All, lowest number first. */
  readonly all: readonly ControllerRevision[]
  readonly collisionCount: number
}

export const hashOf = (revision: ControllerRevision): string => revision.metadata.labels?.[stableHashLabel] ?? revision.metadata.labels?.[revisionHashLabel] ?? ''

export async function ensureRevision<O extends KubernetesObject>({ type, owner, template, collisionCount, hashLabel }: RevisionOwner<O>, deps: ReconcileDeps, signal: AbortSignal): Promise<RevisionState> {
  const known = [...deps.cache.ownedBy(controllerRevisions, owner.metadata.uid)].sort((a, b) => a.revision - b.revision)
  const data = revisionData(template)
  const highest = known.at(-1)?.revision ?? 0
  const equal = known.findLast(revision => isEqualJson(revision.data, data)) // RV1
  if (equal !== undefined) {
    if (equal.revision === highest) return { update: equal, all: known, collisionCount }
    const raised = await deps.client.update(controllerRevisions, { ...equal, revision: highest + 1 }, {}, signal) // RV2
    return { update: raised, all: [...known.filter(revision => revision !== equal), raised], collisionCount }
  }
  for (let collisions = collisionCount; ; collisions++) {
    const hash = dataHash(data, collisions)
    const key = { ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }), name: `${owner.metadata.name}-${hash}` }
    try {
      const made = await deps.client.create(controllerRevisions, {
        metadata: { ...key, labels: { ...template.metadata?.labels, [hashLabel]: hash }, ...(owner.metadata.annotations === undefined ? {} : { annotations: { ...owner.metadata.annotations } }), ownerReferences: [controllerReference(type, owner)] },
        data, revision: highest + 1,
      }, {}, signal)
      return { update: made, all: [...known, made], collisionCount: collisions }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const existing = await deps.client.get(controllerRevisions, key, signal)
      if (isControlledBy(existing, owner) && isEqualJson(existing.data, data)) return { update: existing, all: [...known, existing], collisionCount: collisions } // RV3
    }
  }
}

export async function trimRevisions(state: RevisionState, usedHashes: ReadonlySet<string>, limit: number, deps: ReconcileDeps, signal: AbortSignal): Promise<void> { // RV4
  const unused = state.all.filter(revision => revision.metadata.uid !== state.update.metadata.uid && !usedHashes.has(hashOf(revision)))
  for (const revision of unused.slice(0, Math.max(0, unused.length - limit))) {
    await deps.client.delete(controllerRevisions, keyOf(revision), {}, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

/** The template that a revision holds. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as unknown as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec.template
  return template
}

function revisionData(template: PodTemplateSpec): JsonObject {
  return { spec: { template: { ...(template as unknown as JsonObject), $patch: 'replace' } } }
}

/** Upstream's: FNV-1 over the data as Go writes JSON, and the collision count. */
function dataHash(data: JsonObject, collisions: number): string {
  const text = canonicalText(data).replace(/[<>&\u2028\u2029]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [...String(fnv1(`${text}${collisions}`))].map(digit => letters[digit.charCodeAt(0) % letters.length]).join('')
}

function fnv1(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash, 0x01000193) ^ byte
  return hash >>> 0
}
