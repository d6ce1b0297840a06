/**
 * MutatingAdmissionWebhook and ValidatingAdmissionWebhook. Upstream: webhook/{mutating,validating}/dispatcher.go.
 *
 *   AW1  Mutating webhooks are asked one after the other, each seeing what those before it made; validating ones all at
 *        once, and the first refusal in order is the answer.
 *   AW2  failurePolicy Fail makes a failure an InternalError; Ignore lets the request through and notes it for the audit
 *        log. A request that has itself run out of time is not let through.
 *   AW3  In the second round only webhooks with reinvocationPolicy IfNeeded are asked that were asked in the first, and only
 *        if the object has changed since.
 *   AW4  Without configurations nothing is done: concerns() says no.
 */
import { ApiError, forbidden, internalError } from '../../http/api-error.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import { sameValue } from '../../registry/object-equality.ts'
import type { WebhookClients } from '../../webhooks/webhook-client.ts'
import { replaceContent, shownName } from '../admission.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionRounds } from '../admission.ts'
import type { AdmissionMetrics, HookPhase } from '../admission-metrics.ts'
import type { FollowedConfigurations } from './followed-configurations.ts'
import type { ConditionDeps } from './match-conditions.ts'
import type { ObjectForms } from './object-forms.ts'
import { isExempt } from './resource-rules.ts'
import type { ShownAs } from './request-matcher.ts'
import { ShownObjects } from './shown-objects.ts'
import { callHook, HookDenial, HookFailure } from './webhook-call.ts'
import type { HookCall } from './webhook-call.ts'
import type { ReviewAnswer } from './admission-review.ts'
import type { Hook } from './webhook-hook.ts'
import { applyAnswer } from './webhook-patch.ts'

export interface WebhookPluginDeps extends ConditionDeps {
  readonly clients: WebhookClients
  readonly forms: ObjectForms
  readonly metrics: AdmissionMetrics
  readonly monotonic: () => number
}

const mutatingName = 'MutatingAdmissionWebhook'
const validatingName = 'ValidatingAdmissionWebhook'

export function mutatingWebhooks(hooks: FollowedConfigurations<Hook>, deps: WebhookPluginDeps): AdmissionPlugin {
  return {
    name: mutatingName,
    concerns: request => hooks.all.length > 0 && !isExempt(request), // AW4
    admit: (request, rounds) => admitThrough(hooks.all, request, rounds, deps),
  }
}

export function validatingWebhooks(hooks: FollowedConfigurations<Hook>, deps: WebhookPluginDeps): AdmissionPlugin {
  return {
    name: validatingName,
    concerns: request => hooks.all.length > 0 && !isExempt(request),
    validate: request => validateThrough(hooks.all, request, deps),
  }
}

/** What the first round leaves for the second (AW3). */
interface Invoked {
  readonly eligible: Set<string>
  readonly again: Set<string>
  last: string | undefined
}

async function admitThrough(hooks: readonly Hook[], request: AdmissionRequest, rounds: AdmissionRounds, deps: WebhookPluginDeps): Promise<void> {
  const invoked = (rounds.memory.get(mutatingName) as Invoked | undefined) ?? { eligible: new Set<string>(), again: new Set<string>(), last: undefined }
  rounds.memory.set(mutatingName, invoked)
  if (rounds.isSecond && isOtherThan(invoked.last, request.object)) askAgain(invoked)
  const shown = new ShownObjects(request, deps.forms)
  for (const [index, hook] of hooks.entries()) {
    const as = await matched(hook, request, shown, deps)
    if (as === undefined || (rounds.isSecond && !invoked.again.has(hook.uid))) continue
    const isChanged = await askMutating({ hook, as, request, shown, isMutating: true }, rounds.isSecond ? 1 : 0, index, deps)
    if (isChanged) {
      askAgain(invoked)
      rounds.askForSecond()
    }
    if (hook.reinvokes) invoked.eligible.add(hook.uid)
  }
  invoked.last = invoked.eligible.size === 0 || request.object === undefined ? undefined : JSON.stringify(request.object)
}

function askAgain(invoked: Invoked): void {
  for (const uid of invoked.eligible) invoked.again.add(uid)
  invoked.eligible.clear()
}

function isOtherThan(last: string | undefined, object: KubeObject | undefined): boolean {
  return last === undefined || object === undefined || !sameValue(JSON.parse(last), object)
}

async function matched(hook: Hook, request: AdmissionRequest, shown: ShownObjects, deps: WebhookPluginDeps): Promise<ShownAs | undefined> {
  const found = hook.matcher.match(request, deps.forms)
  const as = found instanceof Promise ? await found : found
  if (as === undefined || hook.conditions === undefined) return as
  const result = await hook.conditions.evaluate({ request, as, shown: await shown.pair(as) }, deps)
  if (result.error !== undefined) throw forbidden(request, shownName(request), result.error)
  return result.matches ? as : undefined
}

async function askMutating(call: HookCall, round: number, index: number, deps: WebhookPluginDeps): Promise<boolean> {
  const { hook, request } = call
  const place = `round_${round}_index_${index}`
  let isChanged = false
  try {
    await observed(call, 'admit', deps, async () => {
      const answer = await callHook(call, deps.clients)
      isChanged = await mutate(call, answer, place, deps)
      return isChanged
    })
  } catch (error) {
    noteMutation(call, place, false)
    if (!(error instanceof HookFailure)) throw error
    if (!hook.ignoresFailure) throw internalError(error.message) // AW2
    if (!error.isCancelled) request.notes.annotate(`failed-open.mutation.webhook.admission.k8s.io/${place}`, hook.webhook.name)
    if (request.signal.aborted) throw new ApiError('Timeout', 'Timeout: request did not complete within requested timeout')
    return false
  }
  noteMutation(call, place, isChanged)
  return isChanged
}

async function mutate(call: HookCall, answer: ReviewAnswer, place: string, deps: WebhookPluginDeps): Promise<boolean> {
  const { hook, as, request, shown } = call
  const current = answer.patch === '' ? undefined : (await shown.pair(as)).object
  const patched = applyAnswer({ webhook: hook.webhook.name, answer, as, current, request }, deps.forms)
  if (patched === undefined) return false
  request.notes.annotate(`patch.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration: hook.configuration, webhook: hook.webhook.name, patch: patched.patch, patchType: 'JSONPatch' }), 'Request')
  if (!patched.isChanged) return false
  const own = as.isOwn ? patched.object : await deps.forms.convert(patched.object, as, request)
  replaceContent(request.object!, own)
  shown.forget()
  return true
}

function noteMutation({ hook, request }: HookCall, place: string, mutated: boolean): void {
  request.notes.annotate(`mutation.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration: hook.configuration, webhook: hook.webhook.name, mutated }))
}

async function validateThrough(hooks: readonly Hook[], request: AdmissionRequest, deps: WebhookPluginDeps): Promise<void> {
  const shown = new ShownObjects(request, deps.forms)
  const calls: HookCall[] = []
  for (const hook of hooks) {
    const as = await matched(hook, request, shown, deps)
    if (as !== undefined) calls.push({ hook, as, request, shown, isMutating: false })
  }
  if (calls.length === 0) return
  if (request.signal.aborted) throw new ApiError('Timeout', 'Timeout: request did not complete within requested timeout')
  for (const call of calls) await shown.texts(call.as)
  const refusals = await Promise.all(calls.map((call, index) => refusalOf(call, index, deps))) // AW1
  const first = refusals.find(refusal => refusal !== undefined)
  if (first !== undefined) throw first
}

async function refusalOf(call: HookCall, index: number, deps: WebhookPluginDeps): Promise<Error | undefined> {
  const { hook, request } = call
  try {
    await observed(call, 'validating', deps, async () => {
      await callHook(call, deps.clients)
      return false
    })
    return undefined
  } catch (error) {
    if (!(error instanceof HookFailure)) return error as Error
    if (!hook.ignoresFailure) return internalError(error.message)
    if (!error.isCancelled) request.notes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, hook.webhook.name) // AW2
    return undefined
  }
}

/** Metrics and the request's record; a denial leaves as the ApiError it carries. */
async function observed(call: HookCall, phase: HookPhase, deps: WebhookPluginDeps, ask: () => Promise<boolean>): Promise<void> {
  const { hook, request } = call
  const { operation, notes } = request
  const name = hook.webhook.name
  const started = deps.monotonic()
  const record = (verdict: 'allowed' | 'denied' | 'failed' | 'failed open', ms: number, more: { reason?: string; patched?: true } = {}) => {
    notes.record({ plugin: phase === 'admit' ? mutatingName : validatingName, phase: phase === 'admit' ? 'admit' : 'validate', by: `${hook.configuration}/${name}`, verdict, ms, ...more })
  }
  try {
    const isPatched = await ask()
    const ms = deps.monotonic() - started
    deps.metrics.webhook(name, phase, operation, false, 200, ms)
    record('allowed', ms, isPatched ? { patched: true } : {})
  } catch (error) {
    const ms = deps.monotonic() - started
    const reason = (error as Error).message
    if (error instanceof HookDenial) {
      deps.metrics.webhookRejection(name, phase, operation, 'no_error', error.status.code)
      deps.metrics.webhook(name, phase, operation, true, error.status.code, ms)
      record('denied', ms, { reason })
      throw error.status
    }
    if (error instanceof HookFailure) {
      if (!hook.ignoresFailure && !error.isCancelled) deps.metrics.webhookRejection(name, phase, operation, 'calling_webhook_error', error.code)
      if (hook.ignoresFailure && !error.isCancelled) deps.metrics.webhookFailOpen(name, phase)
      deps.metrics.webhook(name, phase, operation, !hook.ignoresFailure, error.code, ms)
      record(hook.ignoresFailure ? 'failed open' : 'failed', ms, { reason })
      throw error
    }
    deps.metrics.webhookRejection(name, phase, operation, 'apiserver_internal_error', 0)
    deps.metrics.webhook(name, phase, operation, true, 0, ms)
    record('failed', ms, { reason })
    throw error
  }
}
