/**
 * The story of an object: its life across the components, step by step, each with what woke it and what it wrote.
 *
 * A story is made from what components really told (spans) and from the API server's audit log; a step that nobody told of
 * is not in it. It is plain data, so that one lab can write it to a file and another open it.
 */
import type { ResourceAddress } from './resources.ts'
import type { SentenceKey } from './story-sentences.ts'

export const storyFormat = 'kubarium.dev/story.v1'

/** From outermost to innermost: the order in which lanes are drawn. */
export const storyLanes = [
  'client', 'authentication', 'authorization', 'admission', 'validation', 'store', 'watch', 'informer', 'queue', 'reconcile', 'scheduler', 'kubelet', 'runtime', 'network',
] as const
export type StoryLane = (typeof storyLanes)[number]

export interface StoryObject {
  /** "deployments.apps/default/web": resource and group, namespace, name. */
  readonly id: string
  readonly group: string
  readonly resource: string
  readonly namespace: string | null
  readonly name: string
  readonly uid: string | null
  /** id of the object that it was made for, by owner references; null of the one the story is about. */
  readonly parent: string | null
}

/** One place of an object that a write changed. Null: it was not there. */
export interface FieldChange {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

export interface StoryWrite {
  /** id of the object, as of a step. */
  readonly object: string
  readonly revision: number
  /** Null when the store had forgotten the versions before anybody asked. */
  readonly changes: readonly FieldChange[] | null
}

export interface StoryStep {
  /** Unique in the story; the id of the span it was told by, or of the audit record. */
  readonly id: string
  readonly lane: StoryLane
  readonly component: string
  readonly node: string | null
  /** Unix milliseconds, with fractions, by the clock of the desktop. */
  readonly startMs: number
  readonly durationMs: number
  /** id of the object it concerns, if it concerns one. One that is not among the story's objects only led to what happened to them. */
  readonly object: string | null
  /** ids of earlier steps without which it would not have happened. */
  readonly causes: readonly string[]
  /** Why, as a sentence of the catalogue. */
  readonly why: { readonly key: SentenceKey; readonly words: Readonly<Record<string, string>> }
  /** Which version of which object it looked at. */
  readonly read: { readonly object: string; readonly revision: number } | null
  readonly wrote: StoryWrite | null
  readonly error: string | null
  /** What else the component told, as text. */
  readonly details: Readonly<Record<string, string>>
  readonly source: 'span' | 'audit'
}

export interface Story {
  readonly format: typeof storyFormat
  readonly lab: string
  readonly object: StoryObject
  /** The object itself first, then those made for it. */
  readonly objects: readonly StoryObject[]
  /** In causal order: a step never comes before its causes; else by time. */
  readonly steps: readonly StoryStep[]
  /** Components whose spans could not be read, with the reason. */
  readonly silent: readonly { readonly component: string; readonly reason: string }[]
}

export interface StorySubject {
  readonly of: ResourceAddress
  readonly namespace: string | null
  readonly name: string
}

export interface StoryCalls {
  /** Applies a manifest (YAML or JSON, one object) as its user would, with the spans already being recorded. */
  'stories/apply': { arguments: { readonly lab: string; readonly manifest: string }; reply: StorySubject }
  /** What "deployment/web", "deploy web" or "web.apps" mean in this lab. */
  'stories/find': { arguments: { readonly lab: string; readonly kind: string; readonly namespace: string | null; readonly name: string }; reply: StorySubject }
}

export interface StoryFeeds {
  /** The story so far, then again whenever it has grown; the object need not exist yet. Components record while somebody follows. */
  'stories/follow': { arguments: { readonly lab: string; readonly subject: StorySubject }; item: Story }
}
