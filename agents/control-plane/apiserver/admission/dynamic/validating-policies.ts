/**
 * ValidatingAdmissionPolicy. Upstream: policy/validating/{dispatcher,validator}.go.
 *
 *   VP1  Every validation of every matching policy, binding and parameter is evaluated; the first denial in order is the
 *        answer, and warnings and audit annotations of all are kept.
 *   VP2  A validation that is not true is denied by its messageExpression (if that gives one line of text), else its
 *        message, else the expression. Its reason chooses the status code.
 *   VP3  An expression without a value counts by failurePolicy; what it says is the message.
 *   VP4  A binding's validationActions decide what a denial does: Deny, Warn, Audit.
 *   VP6  Others are let on between expressions.
 *   VP5  Validations, messages and match conditions spend one budget; audit annotations another.
 */
import { celLimits } from '../../../../api/cel/cel.ts'
import type { Authorizer } from '../../access/authorizer.ts'
import { relayedStatus } from '../../http/api-error.ts'
import type { ApiError } from '../../http/api-error.ts'
import { resourceText } from '../../http/api-error.ts'
import { shownName } from '../admission.ts'
import { Pace } from '../../registry/heavy-work.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import type { AdmissionMetrics } from '../admission-metrics.ts'
import { AdmissionEvaluation, BudgetError } from './admission-evaluation.ts'
import type { EvaluationInput, Outcome } from './admission-evaluation.ts'
import type { CompiledValidation, PolicyBinding, PolicyCommon, PolicyHooks, ValidatingPolicy } from './policy-hooks.ts'
import { invocationsOf, namespaceReader } from './policy-invocations.ts'
import type { Invocation } from './policy-invocations.ts'
import type { ParamsDeps } from './policy-params.ts'
import { isExempt } from './resource-rules.ts'
import { ShownObjects } from './shown-objects.ts'

export interface PolicyDeps extends ParamsDeps {
  readonly authorizer: Authorizer
  readonly metrics: AdmissionMetrics
  readonly monotonic: () => number
}

/** What one validation came to. */
interface Decision {
  readonly index: number
  readonly verdict: 'admit' | 'deny' | 'error'
  readonly message: string
  readonly reason?: string
}

interface Denial {
  readonly policy: PolicyCommon
  readonly binding: PolicyBinding | undefined
  readonly message: string
  readonly reason: string
}

/** What the invocations of one request have in common. */
interface Kept {
  readonly annotations: Map<string, Set<string>>
  readonly pace: Pace
}

const pluginName = 'ValidatingAdmissionPolicy'
const maxAnnotationLength = 10 * 1024
const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 }

export function validatingPolicies(hooks: PolicyHooks<ValidatingPolicy>, deps: PolicyDeps): AdmissionPlugin {
  return {
    name: pluginName,
    concerns: request => hooks.all.length > 0 && !isExempt(request),
    validate: request => validate(hooks, request, deps),
  }
}

async function validate(hooks: PolicyHooks<ValidatingPolicy>, request: AdmissionRequest, deps: PolicyDeps): Promise<void> {
  const { invocations, failures } = await invocationsOf(hooks.all, request, deps)
  const denials: Denial[] = failures.filter(({ policy }) => !policy.ignoresFailure).map(failure => ({ ...failure, reason: '' }))
  if (invocations.length === 0 && denials.length === 0) return
  const shown = new ShownObjects(request, deps.forms)
  const annotations = new Map<string, Set<string>>()
  const pace = new Pace()
  for (const invocation of invocations) {
    const { policy, as, param } = invocation
    await policy.variables.ready()
    const input: Omit<EvaluationInput, 'budget'> = {
      request,
      as,
      shown: await shown.pair(as),
      namespaceObject: namespaceReader(request, deps),
      variables: policy.variables.programs,
      authorizer: deps.authorizer,
      ...(policy.paramKind === undefined ? {} : { params: param }),
    }
    denials.push(...(await invoke(invocation, input, { annotations, pace }, deps)))
  }
  for (const [key, values] of annotations) request.notes.annotate(key, [...values].join(', '))
  if (denials.length > 0) throw refusal(request, denials[0]!)
}

async function invoke(invocation: Invocation<ValidatingPolicy>, input: Omit<EvaluationInput, 'budget'>, kept: Kept, deps: PolicyDeps): Promise<Denial[]> {
  const { policy, binding } = invocation
  const { request } = input
  const started = deps.monotonic()
  if (policy.conditions !== undefined) {
    const result = await policy.conditions.evaluate(input, deps)
    if (result.error !== undefined) return applyDecisions([{ index: 0, verdict: policy.ignoresFailure ? 'admit' : 'error', message: result.error }], invocation, request, started, deps)
    if (!result.matches) return []
  }
  const decisions = await decide(policy, input, kept.pace)
  const denials = applyDecisions(decisions, invocation, request, started, deps)
  for (const failed of await annotate(policy, input, kept)) {
    denials.push({ policy, binding, message: failed, reason: '' })
    deps.metrics.validatingPolicy(policy.name, binding.name, 'deny', errorType('error', failed), deps.monotonic() - started)
  }
  return denials
}

/** VP1, VP5 */
async function decide(policy: ValidatingPolicy, input: Omit<EvaluationInput, 'budget'>, pace: Pace): Promise<Decision[]> {
  const evaluation = new AdmissionEvaluation({ ...input, budget: celLimits.perObject })
  const failed = (index: number, message: string): Decision => ({ index, verdict: policy.ignoresFailure ? 'admit' : 'error', message }) // VP3
  const outcomes: Outcome[] = []
  try {
    for (const { validation, compiled } of policy.validations) {
      await pace.keep() // VP6
      outcomes.push(await evaluation.evaluate(validation.expression, compiled()))
    }
  } catch (error) {
    if (error instanceof BudgetError) return [failed(0, error.message)]
    throw error
  }
  const decisions: Decision[] = []
  for (const [index, outcome] of outcomes.entries()) {
    await pace.keep()
    if (outcome.error !== undefined) decisions.push(failed(index, outcome.error))
    else if (outcome.value === true) decisions.push({ index, verdict: 'admit', message: '' })
    else decisions.push(await denied(index, policy.validations[index]!, evaluation, failed))
  }
  return decisions
}

/** VP2 */
async function denied(index: number, { validation, message }: CompiledValidation, evaluation: AdmissionEvaluation, failed: (index: number, message: string) => Decision): Promise<Decision> {
  let text = ''
  if (message !== undefined) {
    try {
      const outcome = await evaluation.evaluate(validation.messageExpression!, message())
      if (typeof outcome.value === 'string') text = usable(outcome.value)
    } catch (error) {
      if (error instanceof BudgetError) return failed(index, `failed messageExpression: ${error.message}`)
      throw error
    }
  }
  if (text === '') text = (validation.message ?? '').trim()
  if (text === '') text = `failed expression: ${validation.expression.trim()}`
  return { index, verdict: 'deny', message: text, reason: validation.reason ?? 'Invalid' }
}

function usable(text: string): string {
  const trimmed = text.trim()
  return trimmed.length > celLimits.messageExpressionBytes || trimmed.includes('\n') ? '' : trimmed
}

/** VP4 */
function applyDecisions(decisions: readonly Decision[], { policy, binding }: Invocation<ValidatingPolicy>, request: AdmissionRequest, started: number, deps: PolicyDeps): Denial[] {
  const denials: Denial[] = []
  const ms = deps.monotonic() - started
  const verdicts = new Set<'denied' | 'warned' | 'audited'>()
  for (const decision of decisions) {
    const { index, verdict, message, reason = '' } = decision
    const error = errorType(verdict, message)
    if (verdict === 'admit') {
      if (message !== '') deps.metrics.validatingPolicy(policy.name, binding.name, 'allow', error, ms)
      continue
    }
    for (const action of binding.actions) {
      if (action === 'Deny') {
        denials.push({ policy, binding, message, reason })
        deps.metrics.validatingPolicy(policy.name, binding.name, 'deny', error, ms)
        verdicts.add('denied')
      } else if (action === 'Warn') {
        request.warn(`Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`)
        deps.metrics.validatingPolicy(policy.name, binding.name, 'warn', error, ms)
        verdicts.add('warned')
      } else if (action === 'Audit') {
        request.notes.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([{ message, policy: policy.name, binding: binding.name, expressionIndex: index, validationActions: binding.actions }]))
        deps.metrics.validatingPolicy(policy.name, binding.name, 'audit', error, ms)
        verdicts.add('audited')
      }
    }
  }
  const first = [...verdicts][0] ?? 'allowed'
  request.notes.record({ plugin: pluginName, phase: 'validate', by: `${policy.name}/${binding.name}`, verdict: verdicts.has('denied') ? 'denied' : first, ms, ...(denials[0] === undefined ? {} : { reason: denials[0].message }) })
  return denials
}

/** Returns what failed and must count as a denial. */
async function annotate(policy: ValidatingPolicy, input: Omit<EvaluationInput, 'budget'>, { annotations, pace }: Kept): Promise<string[]> {
  if (policy.annotations.length === 0) return []
  const evaluation = new AdmissionEvaluation({ ...input, budget: celLimits.perObject })
  const failed: string[] = []
  try {
    for (const { key, source, compiled } of policy.annotations) {
      await pace.keep()
      const outcome = await evaluation.evaluate(source, compiled())
      if (outcome.error !== undefined) failed.push(outcome.error)
      const value = typeof outcome.value === 'string' ? outcome.value.trim().slice(0, maxAnnotationLength) : ''
      if (value === '') continue
      const name = `${policy.name}/${key}`
      annotations.set(name, (annotations.get(name) ?? new Set()).add(value))
    }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    failed.push(error.message)
  }
  return policy.ignoresFailure ? [] : failed
}

export function errorType(verdict: 'admit' | 'deny' | 'error', message: string): string {
  if (verdict === 'admit' && message === '') return 'no_error'
  if (message.startsWith('compilation')) return 'compile_error'
  return message.startsWith('validation failed due to running out of cost budget') ? 'out_of_budget' : 'invalid_error'
}

function refusal(request: AdmissionRequest, { policy, binding, message, reason }: Denial): ApiError {
  const text = `ValidatingAdmissionPolicy '${policy.name}'${binding === undefined ? '' : ` with binding '${binding.name}'`} denied request: ${message}`
  const known = reason === '' ? 'Invalid' : reason
  const name = shownName(request)
  return relayedStatus({
    code: codes[known] ?? 422,
    reason: known,
    message: `${resourceText(request)} ${JSON.stringify(name)} is forbidden: ${text}`,
    details: { ...(name === '' ? {} : { name }), ...(request.group === '' ? {} : { group: request.group }), kind: request.resource, causes: [{ message: text }] },
  })
}
