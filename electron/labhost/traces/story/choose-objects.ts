/**
 * Which objects belong to a story: the one it is about, and what was made for it.
 *
 *   CO1  A child is known by an owner reference to a story object's uid, in a version that a write of this story's time made.
 *   CO2  An EndpointSlice belongs to the pods that its endpoints name.
 *   CO4  Writes from before the object was last made count for nothing: they belong to an earlier object of its name.
 *   CO3  What cannot be decided without the content of a version is asked for (`wanted`), a bounded number at a time.
 */
import type { StoryObject } from '../../../contract/stories.ts'
import { textAt } from '../span-store.ts'
import { madeAtMs } from './span-graph.ts'
import type { SpanGraph, WriteSpan } from './span-graph.ts'
import { objectId, versionKey } from './story-input.ts'
import type { PlainContent, StoryInput, VersionRef } from './story-input.ts'

/** Told all the time and never part of anybody's story but their own. */
const ignored = new Set(['events', 'events.events.k8s.io', 'leases.coordination.k8s.io', 'nodes'])

export interface ChosenObjects {
  readonly objects: readonly StoryObject[]
  readonly wanted: readonly VersionRef[]
}

export function chooseObjects(input: StoryInput, graph: SpanGraph): ChosenObjects {
  const { root } = input
  const rootId = objectId(root)
  const wanted: VersionRef[] = []
  const candidates: { readonly write: WriteSpan; readonly content: PlainContent }[] = []
  const firstWrites = new Map<string, WriteSpan>()
  const beginMs = madeAtMs(graph, rootId)
  for (const write of graph.writes) {
    if (write.request.startMs < beginMs) continue // CO4
    const resource = write.object.slice(0, write.object.indexOf('/'))
    if (write.object !== rootId && ignored.has(resource)) continue
    const isSlice = resource.startsWith('endpointslices')
    if (firstWrites.has(write.object) && !isSlice) continue
    firstWrites.set(write.object, write)
    const ref = versionOf(write)
    const content = ref === undefined ? null : input.contents.get(versionKey(ref))
    if (content === undefined && ref !== undefined) wanted.push(ref) // CO3
    if (content !== undefined && content !== null && content !== 'forgotten') candidates.push({ write, content })
  }
  const rootUid = candidates.find(({ write }) => write.object === rootId)?.content.metadata?.uid ?? uidOf(firstWrites.get(rootId))
  const objects = new Map<string, StoryObject>([[rootId, { id: rootId, ...root, uid: rootUid ?? null, parent: null }]])
  for (let grows = true; grows;) {
    grows = false
    for (const { write, content } of candidates) {
      if (objects.has(write.object)) continue
      const parent = parentAmong([...objects.values()], content)
      if (parent === undefined) continue
      objects.set(write.object, { ...partsOf(write), id: write.object, uid: content.metadata?.uid ?? null, parent: parent.id })
      grows = true
    }
  }
  return { objects: [...objects.values()], wanted }
}

export function versionOf({ request, object, revision }: WriteSpan): VersionRef | undefined {
  const found = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/([^/]+)/.exec(textAt(request.attributes, 'url.path') ?? '')
  const resource = textAt(request.attributes, 'k8s.resource')
  const name = object.slice(object.lastIndexOf('/') + 1)
  if (found === null || resource === undefined) return undefined
  const place = resource === 'namespaces' ? '' : (found[2] ?? '')
  return { object, collection: `${found[1]}${place}/${resource}`, name, revision }
}

function parentAmong(objects: readonly StoryObject[], content: PlainContent): StoryObject | undefined {
  const owners = (content.metadata?.ownerReferences ?? []).map(({ uid }) => uid)
  const targets = ((content['endpoints'] ?? []) as readonly { readonly targetRef?: { readonly uid?: string } }[]).map(({ targetRef }) => targetRef?.uid) // CO2
  return objects.find(({ uid }) => uid !== null && owners.includes(uid)) ?? objects.find(({ uid }) => uid !== null && targets.includes(uid))
}

function partsOf({ store: { attributes }, object }: WriteSpan): Pick<StoryObject, 'group' | 'resource' | 'namespace' | 'name'> {
  return { group: textAt(attributes, 'k8s.group') ?? '', resource: textAt(attributes, 'k8s.resource') ?? '', namespace: textAt(attributes, 'k8s.namespace') ?? null, name: object.slice(object.lastIndexOf('/') + 1) }
}

function uidOf(write: WriteSpan | undefined): string | undefined {
  return write === undefined ? undefined : textAt(write.store.attributes, 'k8s.uid')
}
