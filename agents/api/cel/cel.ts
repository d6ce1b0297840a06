/**
 * The Common Expression Language as Kubernetes speaks it: compile once, evaluate often.
 *
 *   const program = compileCel('self.replicas <= self.maxReplicas', { variables: { self: celTypeOfSchema(schema) } }, [boolType])
 *   program.cost.max                                   // worst case, from the schema's maxItems and maxLength
 *   program.evaluate({ self: object }, new CelBudget())   // true
 *
 *   CE1  Bindings are plain JSON (read as their declared types say) or CelValues; nothing is converted before it is asked for.
 *   CE2  An evaluation ends: by its value, by CelEvaluationError, or by CelCostError. It never waits.
 *   CE3  What needs an authorizer's answer is asked outside: `evaluateWithAuthorizer` evaluates, asks what was missing, and
 *        evaluates again. Costs of the abandoned rounds are given back.
 */
import type { CelBudget } from './cel-budget.ts'
import type { CelType } from './cel-type.ts'
import type { CelValue } from './cel-value.ts'

export { CelBudget, celLimits } from './cel-budget.ts'
export { CelCompileError, CelCostError, CelEvaluationError } from './cel-error.ts'
export type { CelIssue } from './cel-error.ts'
export { boolType, bytesType, doubleType, durationType, dynType, intType, listType, mapType, nullType, objectType, opaqueType, optionalType, stringType, timestampType, typeText, uintType } from './cel-type.ts'
export type { CelField, CelType, ObjectType } from './cel-type.ts'

export interface CelEnvironment {
  /** Every variable an expression may use. Kubernetes' libraries are always there. */
  readonly variables: Readonly<Record<string, CelType>>
  /** Libraries that only some places have: `bindings` (cel.bind; DRA), `mutation` (JSONPatch, jsonpatch.escapeKey, Object; mutating policies). */
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
  evaluate(bindings: CelBindings, budget: CelBudget): CelValue
}

/** Throws CelCompileError. `expected`: the types the result may have; dyn results are let through. */
export function compileCel(_source: string, _environment: CelEnvironment, _expected?: readonly CelType[]): CelProgram {
  throw new Error('under construction')
}

/** The type of a structural schema (JSON). */
export function celTypeOfSchema(_schema: unknown, _options?: { readonly name?: string; readonly isResourceRoot?: boolean }): CelType {
  throw new Error('under construction')
}

/** The plain JSON of a value. */
export function celToJson(_value: CelValue): unknown {
  throw new Error('under construction')
}

/** What an expression asks an authorizer. */
export interface CelAuthorizationAttributes {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly verb: string
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface CelAuthorizationDecision {
  readonly allowed: boolean
  readonly reason: string
  /** The authorizer failed: `errored()` is true and `error()` is this. */
  readonly error?: string
}

export type CelAuthorize = (attributes: CelAuthorizationAttributes) => Promise<CelAuthorizationDecision>

/** Evaluates with an authorizer (CE3): the variables `authorizer` and `authorizer.requestResource` need no binding. */
export async function evaluateWithAuthorizer(_program: CelProgram, _bindings: CelBindings, _budget: CelBudget, _authorize: CelAuthorize, _requestResource?: CelAuthorizationAttributes): Promise<CelValue> {
  throw new Error('under construction')
}
