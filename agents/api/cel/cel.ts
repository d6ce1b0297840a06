/**
 * The Common Expression Language as Kubernetes speaks it: compile once, evaluate often. The door of this room.
 *
 *   const program = compileCel('self.replicas <= self.maxReplicas', { variables: { self: celTypeOfSchema(schema) } }, [boolType])
 *   program.cost.max                                      // worst case, from the schema's maxItems and maxLength
 *   program.evaluate({ self: object }, new CelBudget())   // true
 *
 *   CE1  Bindings are plain JSON (read as their declared types say) or CelValues; nothing is converted before it is asked for.
 *   CE2  An evaluation ends: by its value, by CelEvaluationError, or by CelCostError. It never waits.
 *   CE3  What needs an authorizer's answer is asked outside: `evaluateWithAuthorizer` evaluates, asks what was missing, and
 *        evaluates again. Costs of the abandoned rounds are given back.
 */
import type { CelBudget } from './cel-budget.ts'
import { opaqueType } from './cel-type.ts'
import type { CelType } from './cel-type.ts'
import type { CelValue } from './cel-value.ts'
import { AuthorizationLedger, AuthorizerValue, CelAuthorizationNeeded, ResourceCheckValue } from './libraries/authorizer.ts'
import type { CelAuthorizationAttributes, CelAuthorizationDecision } from './libraries/authorizer.ts'
import type { CelBindings, CelProgram } from './program.ts'
import { typeOfSchema } from './schema-type.ts'
import type { SchemaTypeOptions, StructuralSchema } from './schema-type.ts'

export { CelBudget, celLimits } from './cel-budget.ts'
export { CelCompileError, CelCostError, CelEvaluationError } from './cel-error.ts'
export type { CelCostLimit, CelIssue } from './cel-error.ts'
export { boolType, bytesType, doubleType, durationType, dynType, intType, listType, mapType, nullType, objectType, opaqueType, optionalType, stringType, timestampType, typeText, uintType } from './cel-type.ts'
export type { CelField, CelType, ObjectType } from './cel-type.ts'
export { CelDuration, CelFault, CelLazyObject, CelList, CelMap, CelOptional, CelStruct, CelTimestamp, CelUint, typeNameOf } from './cel-value.ts'
export type { CelValue } from './cel-value.ts'
export { escapeIdentifier, unescapeIdentifier } from './identifier.ts'
export type { CelAuthorizationAttributes, CelAuthorizationDecision } from './libraries/authorizer.ts'
export { applyConfigurationType, jsonPatchType, objectTypeProblems } from './libraries/mutation.ts'
export { compileCel } from './program.ts'
export type { CelBindings, CelCostEstimate, CelEnvironment, CelProgram } from './program.ts'
export { maxCardinality } from './schema-type.ts'
export type { SchemaTypeOptions, StructuralSchema } from './schema-type.ts'
export { celToJson } from './to-json.ts'

/** The variables `authorizer` and `authorizer.requestResource`. */
export const authorizerType: CelType = opaqueType('kubernetes.authorization.Authorizer')
export const resourceCheckType: CelType = opaqueType('kubernetes.authorization.ResourceCheck')

/** The type of a structural schema (JSON); an empty object where the schema says nothing of its shape. */
export function celTypeOfSchema(schema: StructuralSchema, options: SchemaTypeOptions = {}): CelType {
  return typeOfSchema(schema, { name: 'selfType', ...options }) ?? { kind: 'object', name: 'selfType', fields: new Map(), maxElements: 0, minSerializedSize: 2 }
}

export type CelAuthorize = (attributes: CelAuthorizationAttributes) => Promise<CelAuthorizationDecision>

/**
 * The values of `authorizer` and `authorizer.requestResource` and the loop that answers their questions (CE3). One session serves
 * all expressions of a request: a question asked by one is answered for all.
 */
export class CelAuthorizerSession {
  readonly bindings: CelBindings
  readonly #ledger = new AuthorizationLedger()
  readonly #authorize: CelAuthorize

  constructor(authorize: CelAuthorize, requestResource: Omit<CelAuthorizationAttributes, 'verb'> = {}) {
    this.#authorize = authorize
    this.bindings = {
      authorizer: new AuthorizerValue(this.#ledger, {}),
      'authorizer.requestResource': new ResourceCheckValue(this.#ledger, requestResource),
    }
  }

  /** Runs what evaluates until every question it asks is answered. */
  async evaluate<T>(run: () => T): Promise<T> {
    for (;;) {
      try {
        return run()
      } catch (error) {
        if (!(error instanceof CelAuthorizationNeeded)) throw error
        this.#ledger.record(error.attributes, await this.#authorize(error.attributes))
      }
    }
  }
}

/** Evaluates one program with an authorizer; `authorizer` and `authorizer.requestResource` need no binding. */
export function evaluateWithAuthorizer(program: CelProgram, bindings: CelBindings, budget: CelBudget, authorize: CelAuthorize, requestResource?: Omit<CelAuthorizationAttributes, 'verb'>): Promise<CelValue> {
  const session = new CelAuthorizerSession(authorize, requestResource)
  return session.evaluate(() => program.evaluate({ ...bindings, ...session.bindings }, budget))
}
