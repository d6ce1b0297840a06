/**
 * The matchConditions of a webhook or policy. Upstream: webhook/matchconditions.
 *
 *   MC1  One condition that is false keeps the request away from its owner, whatever the others say.
 *   MC2  Without a false one, an error counts by failurePolicy: Fail refuses the request, Ignore leaves the owner out.
 *   MC3  All conditions share one budget; running out of it is an error.
 */
import { boolType, celLimits } from '../../../../api/cel/cel.ts'
import { compileExpression } from '../../../../api/groups/admissionregistration-v1/admission-expressions.ts'
import type { Compiled } from '../../../../api/groups/admissionregistration-v1/admission-expressions.ts'
import type { MatchCondition } from '../../../../api/groups/admissionregistration-v1/types.ts'
import type { Authorizer } from '../../access/authorizer.ts'
import type { AdmissionMetrics, ConditionOwner } from '../admission-metrics.ts'
import { AdmissionEvaluation, BudgetError } from './admission-evaluation.ts'
import type { EvaluationInput } from './admission-evaluation.ts'

export interface ConditionsOf {
  readonly kind: ConditionOwner
  readonly type: string
  readonly name: string
  readonly ignoresFailure: boolean
  readonly hasParams?: boolean
}

export interface ConditionDeps {
  readonly authorizer: Authorizer
  readonly metrics: AdmissionMetrics
  readonly monotonic: () => number
}

export interface ConditionResult {
  readonly matches: boolean
  readonly error?: string
}

export class MatchConditions {
  readonly #of: ConditionsOf
  readonly #conditions: readonly MatchCondition[]
  #compiled: readonly Compiled[] | undefined

  constructor(conditions: readonly MatchCondition[], of: ConditionsOf) {
    this.#conditions = conditions
    this.#of = of
  }

  async evaluate(input: Omit<EvaluationInput, 'authorizer' | 'budget'>, deps: ConditionDeps): Promise<ConditionResult> {
    const { kind, type, name, ignoresFailure } = this.#of
    const started = deps.monotonic()
    const errors: string[] = []
    const evaluation = new AdmissionEvaluation({ ...input, authorizer: deps.authorizer, budget: celLimits.matchConditions })
    const done = (result: ConditionResult): ConditionResult => {
      deps.metrics.conditions(kind, name, type, input.request.operation, { ms: deps.monotonic() - started, errors: errors.length, excluded: !result.matches && result.error === undefined })
      return result
    }
    try {
      for (const [index, compiled] of this.#programs().entries()) {
        const outcome = await evaluation.evaluate(this.#conditions[index]!.expression, compiled)
        if (outcome.error !== undefined) errors.push(outcome.error)
        else if (outcome.value === false) return done({ matches: false }) // MC1
      }
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      errors.push(error.message) // MC3
    }
    if (errors.length === 0) return done({ matches: true })
    return done(ignoresFailure ? { matches: false } : { matches: false, error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` }) // MC2
  }

  #programs(): readonly Compiled[] {
    return (this.#compiled ??= this.#conditions.map(({ expression }) => compileExpression(expression, { hasParams: this.#of.hasParams === true, hasAuthorizer: true }, [boolType])))
  }
}
