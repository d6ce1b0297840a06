/**
 * The spans of a request that is over: one for all of it, and within that one for each stage that it really went through.
 *
 *   RS1  Its parent is what the client names in traceparent; a client that names nothing begins a trace.
 *   RS2  A stage's span lasts from the mark before it to its own. A stage without a mark did not happen and has no span.
 *   RS3  A store's span says the revision only where the store was really written.
 *   RS4  Watches and other long answers have no span: what a watch delivers is told event by event.
 */
import { objectAttributes, readTraceparent, spans } from '../../../base/spans.ts'
import type { Attributes } from '../../../base/spans.ts'
import type { AdmissionVerdict } from '../admission/admission.ts'
import type { Exchange, Stage } from '../http/exchange.ts'

/** Both in milliseconds, the first on the monotonic clock. */
export function addRequestSpans(exchange: Exchange, startedAtMs: number, durationMs: number): void {
  if (exchange.isLongRunning) return // RS4
  const endedMs = startedAtMs + durationMs
  const offsetMs = spans.now() - endedMs
  const { info, outcome } = exchange
  const request = spans.add({
    name: 'request', parent: readTraceparent(exchange.header('traceparent')) ?? null, // RS1
    startMs: startedAtMs + offsetMs, endMs: endedMs + offsetMs,
    attributes: {
      'http.request.method': exchange.method, 'url.path': exchange.path, 'http.response.status_code': exchange.statusCode,
      'user_agent.original': exchange.header('user-agent'), 'k8s.verb': info.verb, 'k8s.subresource': info.subresource === '' ? undefined : info.subresource,
      'user': exchange.user?.name, 'audit_id': exchange.auditId,
      ...objectOf(exchange),
    },
    error: outcome.reason,
  })
  const within = (name: string, fromMs: number, toMs: number, attributes: Attributes = {}, error?: string): void => {
    spans.add({ name, parent: request, startMs: fromMs + offsetMs, endMs: toMs + offsetMs, attributes, error })
  }
  addStages(exchange, startedAtMs, endedMs, within)
}

type Within = (name: string, fromMs: number, toMs: number, attributes?: Attributes, error?: string) => void

function addStages(exchange: Exchange, startedAtMs: number, endedMs: number, within: Within): void {
  let before: Stage = { name: 'begun', atMs: startedAtMs }
  for (const stage of exchange.stages) {
    const name = stageNames[stage.name]
    if (name !== undefined) within(name, before.atMs, stage.name === 'validated' ? rulesEnded(exchange, before.atMs, stage.atMs) : stage.atMs, attributesOf(stage, exchange))
    before = stage
  }
  for (const verdict of exchange.admission) addAdmission(verdict, within)
  within('answer', before.atMs, endedMs)
}

/** "queued" ends no stage: waiting begins with it. */
const stageNames: Readonly<Record<string, string>> = {
  authenticated: 'authentication', dispatched: 'flow control', authorized: 'authorization', decoded: 'decode', admitted: 'admission', validated: 'validation', stored: 'store',
}

/** Validating admission comes after a kind's own rules, and before the mark. */
function rulesEnded({ admission }: Exchange, fromMs: number, toMs: number): number {
  const first = admission.find(({ phase, atMs }) => phase === 'validate' && atMs !== undefined && atMs >= fromMs && atMs <= toMs)
  return first?.atMs ?? toMs
}

function addAdmission({ plugin, phase, verdict, by, reason, atMs, ms, patched }: AdmissionVerdict, within: Within): void {
  if (atMs === undefined) return // a webhook or policy: within its plugin's time
  within('admission plugin', atMs, atMs + ms, { 'admission.plugin': plugin, 'admission.phase': phase, 'admission.verdict': verdict, 'admission.by': by, 'admission.patched': patched }, verdict === 'denied' ? reason : undefined)
}

function attributesOf({ name }: Stage, exchange: Exchange): Attributes {
  if (name === 'authenticated') return { 'user': exchange.user?.name, 'user.groups': exchange.user?.groups }
  if (name === 'authorized') return { 'authorization.decision': exchange.annotations?.['authorization.k8s.io/decision'], 'authorization.reason': exchange.annotations?.['authorization.k8s.io/reason'] }
  if (name === 'stored' && exchange.outcome.revision !== undefined) return { ...objectOf(exchange), 'store.revision': exchange.outcome.revision } // RS3
  return {}
}

function objectOf({ info, outcome: { written, revision } }: Exchange): Attributes {
  if (!info.isResourceRequest) return {}
  return objectAttributes(info, {
    namespace: written?.namespace ?? (info.namespace === '' ? undefined : info.namespace), name: written?.name ?? (info.name === '' ? undefined : info.name),
    uid: written?.uid, resourceVersion: revision === undefined ? undefined : String(revision),
  })
}
