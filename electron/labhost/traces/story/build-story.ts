/**
 * From spans to the story of one object. Pure: what it would have to ask for is named in `wanted`.
 *
 *   BS1  Every step is a span that a component told of, or a record of the audit log. Nothing is made up between them.
 *   BS2  A step's causes are: the stage before it in a request; who made the request; the write whose revision was delivered;
 *        the delivery that an informer took; what a queue, a sync or a rule writer says it was woken by.
 *   BS3  Of the deliveries of a revision only those are told that woke work which belongs to the story.
 *   BS4  Work belongs to the story when it is about one of its objects, or wrote one of them.
 *   BS6  The story begins when the object was last made, where that is known; an earlier object of the name is another one.
 *   BS7  Of probes only those are told that failed or woke a sync: they go on for as long as a pod lives.
 *   BS5  In causal order: by time, but never before its causes (clocks of machines differ a little).
 */
import type { SentenceKey } from '../../../contract/story-sentences.ts'
import { storyFormat } from '../../../contract/stories.ts'
import type { Story, StoryLane, StoryStep } from '../../../contract/stories.ts'
import type { AuditRecord } from '../audit-records.ts'
import { numberAt, textAt } from '../span-store.ts'
import type { KnownSpan } from '../span-store.ts'
import { causalOrder } from './causal-order.ts'
import { chooseObjects, versionOf } from './choose-objects.ts'
import { objectDiff } from './object-diff.ts'
import { inOurWords } from './upstream-spans.ts'
import { isWatchOf, madeAtMs, objectOf, revisionOf, spanGraph } from './span-graph.ts'
import type { SpanGraph, WriteSpan } from './span-graph.ts'
import { objectId, versionKey } from './story-input.ts'
import type { StoryInput, VersionRef } from './story-input.ts'

export interface BuiltStory {
  readonly story: Story
  readonly wanted: readonly VersionRef[]
}

export function buildStory(input: StoryInput): BuiltStory {
  const graph = spanGraph(inOurWords(input.spans, input.audit))
  const { objects, wanted } = chooseObjects(input, graph)
  const teller = new Teller(input, graph, new Set(objects.map(({ id }) => id)))
  teller.tellWrites()
  teller.tellWork()
  teller.tellAudit()
  return {
    story: { format: storyFormat, lab: input.lab, object: objects[0]!, objects, steps: causalOrder(teller.steps), silent: input.silent },
    wanted: [...wanted, ...teller.wanted],
  }
}

const stageLanes: Readonly<Record<string, StoryLane>> = {
  'authentication': 'authentication', 'flow control': 'authorization', 'authorization': 'authorization', 'decode': 'validation', 'admission': 'admission', 'admission plugin': 'admission', 'validation': 'validation', 'store': 'store', 'answer': 'client',
}
/** CRI calls that only look are not told: a kubelet makes them all the time. */
const looks = /^(List|.*Status$|Version|.*Stats$|ImageFsInfo)/

class Teller {
  readonly wanted: VersionRef[] = []
  readonly #steps = new Map<string, StoryStep>()
  readonly #input: StoryInput
  readonly #graph: SpanGraph
  readonly #objects: ReadonlySet<string>
  readonly #informers: readonly KnownSpan[]
  /** BS6 */
  readonly #beginMs: number

  constructor(input: StoryInput, graph: SpanGraph, objects: ReadonlySet<string>) {
    this.#input = input
    this.#graph = graph
    this.#objects = objects
    this.#informers = graph.named.get('informer') ?? []
    this.#beginMs = madeAtMs(graph, objectId(input.root))
  }

  get steps(): readonly StoryStep[] {
    return [...this.#steps.values()]
  }

  /** Requests that wrote story objects, and those that were refused. */
  tellWrites(): void {
    for (const object of this.#objects) {
      for (const request of this.#graph.requestsOf(object)) {
        const isChange = !['get', 'list', 'watch'].includes(textAt(request.attributes, 'k8s.verb') ?? '')
        if (isChange && request.endMs >= this.#beginMs) this.#tellRequest(request, object)
      }
    }
  }

  /** BS4 */
  tellWork(): void {
    const isOurs = (span: KnownSpan): boolean => this.#objects.has(objectOf(span) ?? '')
    for (const name of ['reconcile', 'schedule', 'sync', 'probe']) {
      for (const span of this.#graph.named.get(name) ?? []) if (isOurs(span) && span.endMs >= this.#beginMs && (name !== 'probe' || span.error !== undefined)) this.#tellWork(span) // BS7
    }
    const ourEvents = new Set(this.#informers.filter(isOurs).map(({ context }) => context.spanId))
    for (const name of ['write rules', 'network']) for (const span of this.#graph.named.get(name) ?? []) if (span.endMs >= this.#beginMs && span.links.some(({ spanId }) => ourEvents.has(spanId))) this.#tellWork(span)
  }

  /** What happened before anybody followed. */
  tellAudit(): void {
    const told = new Set((this.#graph.named.get('request') ?? []).map(({ attributes }) => textAt(attributes, 'audit_id')))
    const { audit } = this.#input
    const madeAt = new Map<string, number>() // an earlier object of the name has a story of its own
    for (const record of audit) if (record.verb === 'create' && record.subresource === '' && record.code < 300) madeAt.set(objectId(record), record.atMs)
    for (const record of audit) {
      const object = objectId(record)
      if (record.atMs < Math.max(madeAt.get(object) ?? 0, this.#beginMs)) continue
      if (this.#objects.has(object) && !told.has(record.auditId)) this.#tellAuditRecord(record, object)
    }
  }

  #tellAuditRecord({ auditId, atMs, durationMs, user, verb, agent, code, subresource }: AuditRecord, object: string): void {
    this.#put({
      id: auditId, lane: 'client', component: 'kube-apiserver', node: null, startMs: atMs, durationMs, object, causes: [],
      why: { key: 'audited', words: { user, verb, what: subresource === '' ? object : `${object}/${subresource}`, agent: shortAgent(agent) } },
      read: null, wrote: null, error: code >= 400 ? String(code) : null, details: { code: String(code) }, source: 'audit',
    })
  }

  #tellRequest(request: KnownSpan, object: string): string {
    const id = request.context.spanId
    if (this.#steps.has(id)) return id
    const asker = this.#graph.parentOf(request)
    const { attributes } = request
    const words = { user: textAt(attributes, 'user') ?? '?', verb: textAt(attributes, 'k8s.verb') ?? '', agent: shortAgent(textAt(attributes, 'user_agent.original') ?? ''), what: [object, textAt(attributes, 'k8s.subresource')].filter(part => part !== undefined).join('/') }
    this.#tell(request, 'client', 'clientAsks', words, { object, causes: asker === undefined ? [] : [this.#tellWork(asker)], error: (numberAt(attributes, 'http.response.status_code') ?? 0) >= 400 ? (request.error ?? '') : null })
    let before = id
    const write = this.#graph.writes.find(each => each.request === request)
    for (const stage of inOrder(this.#graph.childrenOf(request))) {
      const lane = stageLanes[stage.name]
      if (lane === undefined) continue
      this.#tell(stage, lane, stageSentence(stage), { ...words, ...stageWords(stage, request) }, {
        object, causes: [before], ...(stage === write?.store ? { wrote: this.#writeOf(write) } : {}), component: 'kube-apiserver',
      })
      before = stage.context.spanId
      if (stage === write?.store) this.#tellDurable(write, before)
    }
    return id
  }

  #tellDurable({ revision, object }: WriteSpan, cause: string): void {
    const span = this.#graph.durable.get(revision)
    if (span !== undefined) this.#tell(span, 'store', 'durable', { key: textAt(span.attributes, 'store.key') ?? '', revision: String(revision) }, { object, causes: [cause] })
  }

  #writeOf(write: WriteSpan): StoryStep['wrote'] {
    const after = versionOf(write)
    if (after === undefined) return { object: write.object, revision: write.revision, changes: null }
    const earlier = this.#graph.writes.filter(each => each.object === write.object && each.revision < write.revision).map(each => each.revision)
    const before: VersionRef = { ...after, revision: Math.max(...earlier, 0) === 0 ? write.revision - 1 : Math.max(...earlier) }
    const contents = [before, after].map(ref => {
      const content = this.#input.contents.get(versionKey(ref))
      if (content === undefined) this.wanted.push(ref)
      return content
    })
    const [old, now] = contents
    const isKnown = old !== undefined && now !== undefined && old !== 'forgotten' && now !== 'forgotten'
    return { object: write.object, revision: write.revision, changes: isKnown ? objectDiff(old, now) : null }
  }

  /** A reconcile, decision, sync and the like with what led to it. Whatever is not known as one is told as the span it is. */
  #tellWork(span: KnownSpan): string {
    const id = span.context.spanId
    if (this.#steps.has(id)) return id
    const { attributes } = span
    const object = objectOf(span) ?? null
    const causes = this.#causesOf(span)
    const read = object === null || revisionOf(span) === undefined ? null : { object, revision: revisionOf(span)! }
    const word = (key: string): string => textAt(attributes, key) ?? '–'
    const more = { object, causes, read }
    if (span.name === 'reconcile') this.#tell(span, 'reconcile', 'reconciled', { controller: word('controller'), object: object ?? '', outcome: word('controller.outcome') }, more)
    else if (span.name === 'schedule') {
      const node = textAt(attributes, 'scheduler.node')
      this.#tell(span, 'scheduler', node === undefined ? 'unschedulable' : 'scheduled', { nodes: word('scheduler.nodes'), feasible: word('scheduler.feasible'), node: node ?? '' }, more)
    } else if (span.name === 'sync') this.#tell(span, 'kubelet', 'synced', { node: span.node ?? '', phase: word('pod.phase') }, more)
    else if (span.name === 'probe') this.#tell(span, 'kubelet', 'probed', { kind: word('probe.kind'), container: word('probe.container'), outcome: word('probe.outcome') }, more)
    else if (span.name === 'write rules') this.#tell(span, 'network', 'rulesWritten', { node: span.node ?? '', services: word('proxy.services'), changes: String(lengthAt(span, 'proxy.rules')) }, more)
    else if (span.name === 'network') this.#tell(span, 'network', 'networkChanged', { node: span.node ?? '', changes: String(lengthAt(span, 'network.commands')) }, more)
    else if (span.name === 'queue') this.#tell(span, 'queue', 'waited', { key: word('queue.key'), queue: word('queue.name'), causes: word('queue.causes') }, more)
    else if (span.name === 'informer') this.#tell(span, 'informer', 'cached', { component: span.component, object: object ?? '', revision: word('k8s.resource_version') }, more)
    else if (span.name === 'watch') this.#tell(span, 'watch', 'delivered', { watcher: shortAgent(word('user_agent.original')), resource: word('k8s.resource'), change: word('k8s.change'), revision: word('k8s.resource_version') }, { ...more, read: null })
    else this.#tell(span, 'reconcile', 'reconciled', { controller: span.component, object: object ?? '', outcome: span.name }, more)
    for (const child of this.#graph.childrenOf(span)) this.#tellPart(child, id, object)
    return id
  }

  #tellPart(span: KnownSpan, parent: string, object: string | null): void {
    const { attributes } = span
    const word = (key: string): string => textAt(attributes, key) ?? '–'
    if (span.name === 'scheduling point') this.#tell(span, 'scheduler', 'schedulingPoint', { point: word('scheduler.point'), status: word('scheduler.status') }, { object, causes: [parent] })
    if (span.name === 'volumes') this.#tell(span, 'kubelet', 'mounted', { volumes: word('pod.volumes') }, { object, causes: [parent] })
    if (span.name === 'CRI' && !looks.test(word('rpc.method'))) {
      const subject = textAt(attributes, 'cri.name') ?? textAt(attributes, 'cri.image') ?? (textAt(attributes, 'cri.container_id') ?? textAt(attributes, 'cri.sandbox_id') ?? '').slice(0, 12)
      this.#tell(span, 'runtime', 'runtimeCalled', { method: word('rpc.method'), subject }, { object, causes: [parent] })
    }
  }

  /** BS2 */
  #causesOf(span: KnownSpan): readonly string[] {
    if (span.name === 'informer') return this.#deliveryOf(span)
    if (span.name === 'watch') return this.#writeBehind(span)
    const ids = new Set([...span.links.map(({ spanId }) => spanId), ...(span.parent === undefined ? [] : [span.parent])])
    return [...ids].flatMap(id => {
      const cause = this.#graph.byId.get(id)
      return cause === undefined || cause === span ? [] : [this.#tellWork(cause)]
    })
  }

  #deliveryOf(event: KnownSpan): readonly string[] {
    const [object, revision] = [objectOf(event), revisionOf(event)]
    if (object === undefined || revision === undefined) return []
    const delivery = this.#graph.deliveriesOf(object, revision).findLast(each => isWatchOf(each, event))
    return delivery === undefined ? this.#writeStep(object, revision) : [this.#tellWork(delivery)]
  }

  #writeBehind(delivery: KnownSpan): readonly string[] {
    const [object, revision] = [objectOf(delivery), revisionOf(delivery)]
    return object === undefined || revision === undefined ? [] : this.#writeStep(object, revision)
  }

  #writeStep(object: string, revision: number): readonly string[] {
    const write = this.#graph.writeOf(revision, object)
    if (write === undefined) return []
    this.#tellRequest(write.request, object)
    return [this.#graph.durable.get(revision)?.context.spanId ?? write.store.context.spanId]
  }

  #tell(span: KnownSpan, lane: StoryLane, key: SentenceKey, words: Readonly<Record<string, string>>, more: Partial<Pick<StoryStep, 'object' | 'causes' | 'read' | 'wrote' | 'error' | 'component'>>): void {
    this.#put({
      id: span.context.spanId, lane, component: span.component, node: span.node, startMs: span.startMs, durationMs: span.endMs - span.startMs,
      object: null, causes: [], why: { key, words }, read: null, wrote: null, error: span.error ?? null, details: detailsOf(span), source: 'span', ...more,
    })
  }

  #put(step: StoryStep): void {
    if (!this.#steps.has(step.id)) this.#steps.set(step.id, step)
  }
}

/** Stages of a request by when they ended: one that holds others (a phase of admission) comes after them. */
function inOrder(spans: readonly KnownSpan[]): readonly KnownSpan[] {
  return [...spans].sort((a, b) => a.endMs - b.endMs || b.startMs - a.startMs)
}

function stageSentence({ name, error, attributes }: KnownSpan): SentenceKey {
  if (name === 'admission plugin') return error === undefined ? 'pluginPassed' : 'pluginRefused'
  if (name === 'authorization') return attributes['authorization.decision'] === 'forbid' ? 'forbidden' : (textAt(attributes, 'authorization.reason') ?? '') === '' ? 'authorizedSilently' : 'authorized'
  return ({ 'authentication': 'authenticated', 'flow control': 'seated', 'decode': 'decoded', 'admission': 'admitted', 'validation': 'validated', 'store': 'stored', 'answer': 'answered' } as const)[name] ?? 'answered'
}

function stageWords({ attributes }: KnownSpan, request: KnownSpan): Readonly<Record<string, string>> {
  return {
    reason: textAt(attributes, 'authorization.reason') ?? '–', plugin: textAt(attributes, 'admission.plugin') ?? '', phase: textAt(attributes, 'admission.phase') ?? '',
    revision: textAt(attributes, 'store.revision') ?? '', code: textAt(request.attributes, 'http.response.status_code') ?? '',
  }
}

function detailsOf({ attributes }: KnownSpan): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(attributes).flatMap(([key, value]) => (value === undefined || value === '' || key.startsWith('k8s.') ? [] : [[key, Array.isArray(value) ? value.join('\n') : String(value)]])))
}

function lengthAt({ attributes }: KnownSpan, key: string): number {
  const value = attributes[key]
  return Array.isArray(value) ? value.length : 0
}

/** "kubectl/v1.36.0 (linux/amd64) …" is kubectl; a role of ours is kept. */
function shortAgent(agent: string): string {
  const [program = '', ...rest] = agent.split('/')
  const role = /\/kubarium\/(.+)$/.exec(agent)?.[1]
  return role === undefined || rest.length === 0 ? program : `${program} (${role})`
}
