/**
 * Admission policies with their bindings, compiled. Upstream: policy/generic/policy_source.go.
 *
 *   PH1  A policy without a binding does nothing; a binding without its policy does nothing.
 *   PH2  Policies and their bindings are asked in the order of their names.
 *   PH4  An expression is compiled when it is evaluated first, so that a policy with thousands of them keeps nobody waiting.
 *   PH3  Variables may use those declared before them; an expression that does not compile fails when it is evaluated.
 */
import type { Steps } from '../../../../base/steps.ts'
import { boolType, nullType, stringType } from '../../../../api/cel/cel.ts'
import type { CelType } from '../../../../api/cel/cel.ts'
import { compileExpression, DeclaredVariables } from '../../../../api/groups/admissionregistration-v1/admission-expressions.ts'
import type { Compiled, ExpressionPlace } from '../../../../api/groups/admissionregistration-v1/admission-expressions.ts'
import type { MatchCondition, MatchResources, ParamKind, ParamRef, ValidatingAdmissionPolicySpec, Validation, Variable } from '../../../../api/groups/admissionregistration-v1/types.ts'
import { inTurns } from '../../registry/heavy-work.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { NamedProgram } from './admission-evaluation.ts'
import type { FollowedConfigurations } from './followed-configurations.ts'
import { MatchConditions } from './match-conditions.ts'
import { RequestMatcher } from './request-matcher.ts'

export interface PolicyCommon {
  readonly name: string
  readonly ignoresFailure: boolean
  readonly matcher: RequestMatcher
  readonly conditions: MatchConditions | undefined
  readonly paramKind: ParamKind | undefined
  readonly variables: PolicyVariables
}

export interface CompiledValidation {
  readonly validation: Validation
  compiled(): Compiled
  readonly message: (() => Compiled) | undefined
}

export interface ValidatingPolicy extends PolicyCommon {
  readonly validations: readonly CompiledValidation[]
  readonly annotations: readonly { readonly key: string; readonly source: string; compiled(): Compiled }[]
}

export interface PolicyBinding {
  readonly name: string
  readonly policyName: string
  readonly matcher: RequestMatcher | undefined
  readonly paramRef: ParamRef | undefined
  readonly actions: readonly string[]
}

export interface PolicyHook<P extends PolicyCommon> {
  readonly policy: P
  readonly bindings: readonly PolicyBinding[]
}

/** Policies that have bindings (PH1), joined anew only after a change of either. */
export class PolicyHooks<P extends PolicyCommon> {
  readonly #policies: FollowedConfigurations<P>
  readonly #bindings: FollowedConfigurations<PolicyBinding>
  #joined: { readonly policies: readonly P[]; readonly bindings: readonly PolicyBinding[]; readonly hooks: readonly PolicyHook<P>[] } | undefined

  constructor(policies: FollowedConfigurations<P>, bindings: FollowedConfigurations<PolicyBinding>) {
    this.#policies = policies
    this.#bindings = bindings
  }

  get all(): readonly PolicyHook<P>[] {
    const bindings = this.#bindings.all
    const policies = this.#policies.all
    if (this.#joined?.policies !== policies || this.#joined.bindings !== bindings) {
      const hooks = policies.map(policy => ({ policy, bindings: bindings.filter(binding => binding.policyName === policy.name) })).filter(hook => hook.bindings.length > 0)
      this.#joined = { policies, bindings, hooks }
    }
    return this.#joined.hooks
  }
}

interface CommonSpec {
  readonly failurePolicy?: string
  readonly paramKind?: ParamKind
  readonly matchConstraints?: MatchResources
  readonly matchConditions?: readonly MatchCondition[]
  readonly variables?: readonly Variable[]
}

export interface CompiledCommon {
  readonly common: PolicyCommon
  /** Where the policy's own expressions stand. */
  readonly place: ExpressionPlace
}

export function compileCommon(object: KubeObject): CompiledCommon {
  const name = object.metadata.name!
  const spec = object['spec'] as CommonSpec
  const ignoresFailure = spec.failurePolicy === 'Ignore'
  const place = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const variables = new PolicyVariables(spec.variables ?? [], place)
  const conditions = spec.matchConditions ?? []
  return {
    common: {
      name,
      ignoresFailure,
      matcher: matcherOf(spec.matchConstraints ?? {}, false),
      conditions: conditions.length === 0 ? undefined : new MatchConditions(conditions, { kind: 'policy', type: 'validate', name, ignoresFailure, hasParams: place.hasParams }),
      paramKind: spec.paramKind,
      variables,
    },
    place: { ...place, variables: variables.declared },
  }
}

/** PH3: the variables of one policy, and what later expressions know of them. */
export class PolicyVariables {
  readonly declared = new DeclaredVariables()
  readonly programs: NamedProgram[] = []
  readonly #variables: readonly Variable[]
  readonly #place: ExpressionPlace
  #ready: Promise<void> | undefined

  constructor(variables: readonly Variable[], place: ExpressionPlace) {
    this.#variables = variables
    this.#place = { ...place, variables: this.declared }
  }

  /** To be waited for before any expression of the policy is compiled. */
  ready(): Promise<void> {
    return (this.#ready ??= inTurns(this.#compile()))
  }

  *#compile(): Steps<void> {
    for (const { name, expression } of this.#variables) {
      const compiled = compileExpression(expression, this.#place, [])
      if (compiled.program !== undefined) this.declared.declare(name, compiled.program.type)
      this.programs.push({ name, source: expression, compiled })
      yield
    }
  }
}

/** PH4 */
export function compiledLater(source: string, place: ExpressionPlace, expected: readonly CelType[]): () => Compiled {
  let compiled: Compiled | undefined
  return () => (compiled ??= compileExpression(source, place, expected))
}

export function compileValidatingPolicy(object: KubeObject): ValidatingPolicy[] {
  const { common, place } = compileCommon(object)
  const spec = object['spec'] as ValidatingAdmissionPolicySpec
  const withoutAuthorizer = { ...place, hasAuthorizer: false }
  return [{
    ...common,
    validations: (spec.validations ?? []).map(validation => ({
      validation,
      compiled: compiledLater(validation.expression, place, [boolType]),
      message: (validation.messageExpression ?? '') === '' ? undefined : compiledLater(validation.messageExpression!, withoutAuthorizer, [stringType]),
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({ key, source: valueExpression, compiled: compiledLater(valueExpression, place, [stringType, nullType]) })),
  }]
}

export function compileBinding(object: KubeObject): PolicyBinding[] {
  const spec = object['spec'] as { policyName?: string; matchResources?: MatchResources; paramRef?: ParamRef; validationActions?: readonly string[] }
  return [{
    name: object.metadata.name!,
    policyName: spec.policyName ?? '',
    matcher: spec.matchResources === undefined ? undefined : matcherOf(spec.matchResources, true),
    paramRef: spec.paramRef,
    actions: spec.validationActions ?? [],
  }]
}

function matcherOf(match: MatchResources, matchesWithoutRules: boolean): RequestMatcher {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy = 'Equivalent', namespaceSelector, objectSelector } = match
  return new RequestMatcher({
    rules: resourceRules,
    excludeRules: excludeResourceRules,
    matchPolicy,
    matchesWithoutRules,
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    ...(objectSelector === undefined ? {} : { objectSelector }),
  })
}
