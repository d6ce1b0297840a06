/**
 * MutatingAdmissionPolicy. Upstream: policy/mutating/dispatcher.go.
 *
 *   MP1  Policies change the object one after the other, each mutation seeing what those before it made; the result is
 *        decoded and defaulted as if it had been sent.
 *   MP2  A failure with failurePolicy Fail refuses the request; the first one's message is the answer, all are causes.
 *   MP3  In the second round only policies with reinvocationPolicy IfNeeded take part that took part in the first, and only if
 *        the object has changed since.
 */
import { relayedStatus } from '../../http/api-error.ts'
import type { ApiError } from '../../http/api-error.ts'
import { deepClone } from '../../../../api/schema/clone.ts'
import { TypeMismatchError } from '../../../../api/schema/decode.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import { Pace } from '../../registry/heavy-work.ts'
import { sameValue } from '../../registry/object-equality.ts'
import { replaceContent, shownName } from '../admission.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionRounds } from '../admission.ts'
import { BudgetError } from './admission-evaluation.ts'
import type { EvaluationInput } from './admission-evaluation.ts'
import type { PolicyHooks } from './policy-hooks.ts'
import { invocationsOf, namespaceReader } from './policy-invocations.ts'
import type { Invocation, SetupFailure } from './policy-invocations.ts'
import { mutated, MutationError } from './policy-mutation.ts'
import type { MutatingPolicy } from './policy-mutation.ts'
import { isExempt } from './resource-rules.ts'
import { ShownObjects } from './shown-objects.ts'
import { errorType } from './validating-policies.ts'
import type { PolicyDeps } from './validating-policies.ts'

const pluginName = 'MutatingAdmissionPolicy'

interface Failure extends SetupFailure {
  readonly reason?: string
}

/** MP3 */
interface Invoked {
  readonly eligible: Set<string>
  readonly again: Set<string>
  last: string | undefined
}

export function mutatingPolicies(hooks: PolicyHooks<MutatingPolicy>, deps: PolicyDeps): AdmissionPlugin {
  return {
    name: pluginName,
    concerns: request => request.operation !== 'DELETE' && hooks.all.length > 0 && !isExempt(request),
    admit: (request, rounds) => admit(hooks, request, rounds, deps),
  }
}

async function admit(hooks: PolicyHooks<MutatingPolicy>, request: AdmissionRequest, rounds: AdmissionRounds, deps: PolicyDeps): Promise<void> {
  const { invocations, failures: setup } = await invocationsOf(hooks.all, request, deps)
  const failures: Failure[] = [...setup]
  const invoked = (rounds.memory.get(pluginName) as Invoked | undefined) ?? { eligible: new Set<string>(), again: new Set<string>(), last: undefined }
  rounds.memory.set(pluginName, invoked)
  if (rounds.isSecond && (invoked.last === undefined || !sameValue(JSON.parse(invoked.last), request.object))) askAgain(invoked)
  const shown = new ShownObjects(request, deps.forms)
  const pace = new Pace()
  for (const invocation of invocations) {
    const key = `${invocation.policy.name}/${invocation.binding.name}/${invocation.param?.metadata.namespace ?? ''}/${invocation.param?.metadata.name ?? ''}`
    const started = deps.monotonic()
    const outcome = await invoke(invocation, request, shown, { mayRun: !rounds.isSecond || invoked.again.has(key), failures, pace }, deps)
    if (outcome === 'skipped') continue
    request.notes.record({ plugin: pluginName, phase: 'admit', by: `${invocation.policy.name}/${invocation.binding.name}`, verdict: outcome === 'failed' ? 'failed' : 'allowed', ms: deps.monotonic() - started, ...(outcome === 'changed' ? { patched: true } : {}) })
    if (outcome === 'changed') {
      askAgain(invoked)
      rounds.askForSecond()
    }
    if (invocation.policy.reinvokes) invoked.eligible.add(key)
  }
  invoked.last = invoked.eligible.size === 0 || request.object === undefined ? undefined : JSON.stringify(request.object)
  const counting = failures.filter(({ policy }) => !policy.ignoresFailure)
  if (counting.length > 0) throw refusal(request, counting) // MP2
}

function askAgain(invoked: Invoked): void {
  for (const key of invoked.eligible) invoked.again.add(key)
  invoked.eligible.clear()
}

interface Turn {
  readonly mayRun: boolean
  readonly failures: Failure[]
  readonly pace: Pace
}

async function invoke(invocation: Invocation<MutatingPolicy>, request: AdmissionRequest, shown: ShownObjects, { mayRun, failures, pace }: Turn, deps: PolicyDeps): Promise<'skipped' | 'same' | 'changed' | 'failed'> {
  const { policy, binding, as, param } = invocation
  const inputFor = (pair: EvaluationInput['shown']): Omit<EvaluationInput, 'budget'> => ({ request, as, shown: pair, namespaceObject: namespaceReader(request, deps), variables: policy.variables.programs, authorizer: deps.authorizer, ...(policy.paramKind === undefined ? {} : { params: param }) })
  const pair = await shown.pair(as)
  await policy.variables.ready()
  if (policy.conditions !== undefined) {
    const result = await policy.conditions.evaluate(inputFor(pair), deps)
    if (result.error !== undefined) {
      failures.push({ policy, binding, message: result.error, reason: 'Invalid' })
      return 'failed'
    }
    if (!result.matches) return 'skipped'
  }
  if (!mayRun || pair.object === undefined) return 'skipped'
  let current = pair.object
  let hasFailed = false
  for (const mutation of policy.mutations) {
    await pace.keep()
    const started = deps.monotonic()
    try {
      current = complete(await mutated(mutation, inputFor({ object: current, oldObject: pair.oldObject }), () => deps.forms.applySchema(request.kind, as)), invocation, request, deps) // MP1
      deps.metrics.mutatingPolicy(policy.name, binding.name, 'no_error', deps.monotonic() - started)
    } catch (error) {
      if (!(error instanceof MutationError || error instanceof BudgetError)) throw error
      deps.metrics.mutatingPolicy(policy.name, binding.name, errorType('error', error.message), deps.monotonic() - started)
      failures.push({ policy, binding, message: error.message, reason: 'Invalid' })
      hasFailed = true
    }
  }
  if (sameValue(current, pair.object)) return hasFailed ? 'failed' : 'same'
  replaceContent(request.object!, as.isOwn ? current : await deps.forms.convert(current, as, request))
  shown.forget()
  return 'changed'
}

function complete(object: Record<string, unknown>, { as }: Invocation<MutatingPolicy>, request: AdmissionRequest, deps: PolicyDeps): KubeObject {
  try {
    const kind = as.isOwn ? request.kind : { group: as.group, version: as.version, kind: as.kind }
    return deps.forms.completed(deepClone(object) as unknown as KubeObject, kind, as)
  } catch (error) {
    if (error instanceof TypeMismatchError) throw new MutationError(error.message)
    throw error
  }
}

function refusal(request: AdmissionRequest, failures: readonly Failure[]): ApiError {
  const texts = failures.map(({ policy, binding, message }) => (binding === undefined ? `policy ${JSON.stringify(policy.name)} denied request: ${message}` : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`))
  const name = shownName(request)
  return relayedStatus({
    code: 403,
    reason: failures[0]!.reason ?? 'Forbidden',
    message: texts[0]!,
    details: { ...(name === '' ? {} : { name }), ...(request.group === '' ? {} : { group: request.group }), kind: request.resource, causes: texts.map(message => ({ message })) },
  })
}
