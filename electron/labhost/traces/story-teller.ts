/**
 * Tells the story of one object for as long as somebody listens: spans are collected, versions are fetched, and the story is
 * told again whenever it has grown.
 *
 *   ST1  Versions come from the API server, by a list at an exact revision: that is the store's history, with upstream's
 *        server too. What the store has compacted stays unknown.
 *   ST2  A version is asked for once.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { sleep } from '../../../agents/base/clock.ts'
import type { Story, StorySubject } from '../../contract/stories.ts'
import type { AuditRecord } from './audit-records.ts'
import type { SpanCollector } from './span-collector.ts'
import { buildStory } from './story/build-story.ts'
import { versionKey } from './story/story-input.ts'
import type { PlainContent, VersionRef } from './story/story-input.ts'

export interface TellerDeps {
  readonly lab: string
  readonly collector: SpanCollector
  readonly clock: Clock
  /** GET of a path; rejects with an error that has the HTTP status as `code`. */
  readonly get: (path: string) => Promise<unknown>
  readonly audit: () => Promise<readonly AuditRecord[]>
}

const everyMs = 500
const mostFetchedAtOnce = 40
/** The audit log is written in batches, and read again only now and then. */
const auditEveryMs = 3_000

export async function* tellStory({ of: { group, resource }, namespace, name }: StorySubject, deps: TellerDeps, signal: AbortSignal): AsyncGenerator<Story> {
  using _held = await deps.collector.hold()
  const contents = new Map<string, PlainContent | null | 'forgotten'>()
  let [told, builtOf] = ['', '']
  let audit: readonly AuditRecord[] = []
  let auditAt = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    if (deps.clock.monotonic() - auditAt >= auditEveryMs) {
      audit = await deps.audit()
      auditAt = deps.clock.monotonic()
    }
    const basis = `${deps.collector.spans.version} ${audit.length} ${deps.collector.silent.length}`
    if (basis === builtOf) {
      await sleep(deps.clock, everyMs, signal).catch(() => {})
      continue
    }
    const input = { lab: deps.lab, root: { group, resource, namespace, name }, spans: deps.collector.spans.all(), audit, contents, silent: deps.collector.silent }
    let { story, wanted } = buildStory(input)
    for (let rounds = 0; wanted.length > 0 && rounds < 8 && !signal.aborted; rounds++) {
      await fetchVersions(wanted, contents, deps)
      ;({ story, wanted } = buildStory(input))
    }
    builtOf = wanted.length === 0 ? basis : '' // else there is more to ask for
    const text = JSON.stringify(story)
    if (text !== told) yield story
    told = text
    await sleep(deps.clock, everyMs, signal).catch(() => {})
  }
}

async function fetchVersions(wanted: readonly VersionRef[], contents: Map<string, PlainContent | null | 'forgotten'>, { get }: TellerDeps): Promise<void> {
  const unique = new Map(wanted.map(ref => [versionKey(ref), ref]))
  await Promise.all([...unique].slice(0, mostFetchedAtOnce).map(async ([key, ref]) => { contents.set(key, await fetchVersion(ref, get)) })) // ST2
}

/** ST1 */
async function fetchVersion({ collection, name, revision }: VersionRef, get: TellerDeps['get']): Promise<PlainContent | null | 'forgotten'> {
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}`, resourceVersion: String(revision), resourceVersionMatch: 'Exact' })
  try {
    const list = (await get(`${collection}?${query.toString()}`)) as { readonly kind?: string; readonly items?: readonly PlainContent[] | null }
    const item = list.items?.[0]
    return item === undefined ? null : { kind: (list.kind ?? '').replace(/List$/, ''), ...item }
  } catch {
    return 'forgotten'
  }
}
