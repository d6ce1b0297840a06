/**
 * Compiling: parse, check, plan, estimate. Evaluating: a frame, the plan, what it cost.
 *
 *   PR1  Text that is no expression, and types that do not fit, are CelCompileError with stage 'compilation'; a constant that cannot
 *        be computed (`int('x')`) is one with stage 'instantiation'.
 *   PR2  An evaluation's cost is taken from the budget whatever its end; rounds that only found out what to ask an authorizer are not.
 */
import type { CelBudget } from './cel-budget.ts'
import { PlanFault } from './call-step.ts'
import { CelCompileError, CelCostError, CelEvaluationError } from './cel-error.ts'
import { isSameType, typeText } from './cel-type.ts'
import type { CelType } from './cel-type.ts'
import { CelFault } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { checkExpression } from './checker.ts'
import type { Problem } from './checker.ts'
import { estimateCost } from './cost-estimate.ts'
import { Frame, withWork } from './frame.ts'
import { mutationFunctions, opaqueTypeNames, standardFunctions } from './library.ts'
import { CelAuthorizationNeeded } from './libraries/authorizer.ts'
import { formatProblem } from './libraries/format-check.ts'
import { mutationObjectType } from './libraries/mutation.ts'
import { compiledRegex } from './libraries/regex.ts'
import { parseExpression, SyntaxFaults } from './parser.ts'
import { planProgram } from './planner.ts'
import type { ProgramPlan } from './planner.ts'
import type { Expression } from './syntax.ts'
import { isTimestampInRange, readGoDuration, readRfc3339 } from './time.ts'
import { noPosition } from './token-cursor.ts'

export interface CelEnvironment {
  /** Every variable an expression may use, dotted ones included. Kubernetes' libraries are always there. */
  readonly variables: Readonly<Record<string, CelType>>
  /** Libraries that only some places have: `bindings` (cel.bind; device selectors), `mutation` (Object, JSONPatch; mutating policies). */
  readonly libraries?: readonly ('bindings' | 'mutation')[]
}

export interface CelCostEstimate {
  readonly min: number
  /** Infinity where nothing bounds it. */
  readonly max: number
}

export type CelBindings = Readonly<Record<string, unknown>>

export interface CelProgram {
  readonly source: string
  readonly type: CelType
  readonly cost: CelCostEstimate
  /** The variables it reads. */
  readonly references: ReadonlySet<string>
  /** Throws CelEvaluationError or CelCostError. */
  evaluate(bindings: CelBindings, budget: CelBudget): CelValue
}

export function compileCel(source: string, environment: CelEnvironment, expected?: readonly CelType[]): CelProgram {
  const root = parsed(source, environment)
  check(source, root, environment)
  const type = root.type!
  if (expected !== undefined && type.kind !== 'dyn' && !expected.some(wanted => wanted.kind === 'dyn' || isSameType(wanted, type))) {
    throw new CelCompileError(source, [], { message: `must evaluate to ${expected.map(typeText).join(' or ')}`, stage: 'result type' })
  }
  return new Program(source, root, planned(source, root, environment), environment)
}

function parsed(source: string, environment: CelEnvironment): Expression {
  try {
    return parseExpression(source, environment.libraries?.includes('bindings') === true)
  } catch (error) {
    if (!(error instanceof SyntaxFaults)) throw error
    throw new CelCompileError(source, error.faults.map(fault => issueAt(source, fault)))
  }
}

function check(source: string, root: Expression, environment: CelEnvironment): void {
  const isMutation = environment.libraries?.includes('mutation') === true
  const problems = checkExpression(root, {
    variables: environment.variables,
    functions: isMutation ? mutationFunctions : standardFunctions,
    findObjectType: isMutation ? mutationObjectType : () => undefined,
    opaqueTypes: opaqueTypeNames,
    literalProblem,
    formatProblem,
  })
  if (problems.length > 0) throw new CelCompileError(source, problems.map(problem => issueAt(source, problem)))
}

/** Literals that a call could never read. */
function literalProblem(name: string, literal: CelValue): boolean {
  switch (name) {
    case 'timestamp':
      return typeof literal === 'bigint' ? !isTimestampInRange(literal * 1_000_000_000n) : typeof literal === 'string' && readRfc3339(literal) === undefined
    case 'duration':
      return typeof literal !== 'string' || readGoDuration(literal) === undefined
    case 'matches':
      return typeof literal === 'string' && compiledRegex(literal) instanceof CelFault
    default:
      return false
  }
}

function planned(source: string, root: Expression, environment: CelEnvironment): ProgramPlan {
  try {
    return planProgram(root, environment.variables)
  } catch (error) {
    if (!(error instanceof PlanFault)) throw error
    throw new CelCompileError(source, [], { message: error.message, stage: 'instantiation' }) // PR1
  }
}

function issueAt(source: string, { position, message }: Problem): { line: number; column: number; message: string } {
  if (position === noPosition) return { line: -1, column: -1, message }
  const before = source.slice(0, position)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length, message }
}

class Program implements CelProgram {
  readonly source: string
  readonly type: CelType
  readonly references: ReadonlySet<string>
  readonly #plan: ProgramPlan
  readonly #root: Expression
  readonly #environment: CelEnvironment
  #cost: CelCostEstimate | undefined

  constructor(source: string, root: Expression, plan: ProgramPlan, environment: CelEnvironment) {
    this.source = source
    this.type = root.type!
    this.references = new Set(plan.variables)
    this.#plan = plan
    this.#root = root
    this.#environment = environment
  }

  /** Only custom resource rules look at it: estimated when first asked for. */
  get cost(): CelCostEstimate {
    this.#cost ??= estimateCost(this.#root, this.#environment.variables)
    return this.#cost
  }

  evaluate(bindings: CelBindings, budget: CelBudget): CelValue {
    const limit = Math.max(0, Math.min(budget.perCall, budget.remaining))
    const reason = budget.perCall <= budget.remaining ? 'call' : 'budget'
    const frame = new Frame(bindings, this.#plan.slots, this.#plan.variables.length, limit, reason)
    try {
      const value = withWork(budget.perCall, () => this.#plan.step(frame))
      budget.take(frame.cost)
      if (value instanceof CelFault) throw new CelEvaluationError(value.message)
      return value
    } catch (error) {
      if (error instanceof CelCostError) budget.take(Math.min(frame.cost, budget.remaining))
      else if (!(error instanceof CelAuthorizationNeeded) && !(error instanceof CelEvaluationError)) budget.take(frame.cost) // PR2
      throw error
    }
  }
}
