/**
 * The authorizer: `authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()`.
 *
 * An answer may take time, evaluating may not. So an evaluation asks a ledger of answers: what it does not hold yet ends the
 * evaluation with CelAuthorizationNeeded, the caller asks, writes the answer down and evaluates again.
 *
 *   AU1  The same question is asked once, however often an expression asks it.
 *   AU2  A selector that cannot be read travels with the question as its error; the authorizer decides without it.
 *   AU3  An empty path, resource or service account name is an error of the expression.
 */
import { CelFault, CelOpaque } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'

/** What an expression asks an authorizer. */
export interface CelAuthorizationAttributes {
  /** None: the user who made the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly verb: string
  /** Of a non-resource request; the fields below are of a resource request. */
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  /** As the expression wrote them; whoever answers reads them and ignores what cannot be read (AU2). */
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface CelAuthorizationDecision {
  readonly allowed: boolean
  readonly reason: string
  /** The authorizer failed: `errored()` is true and `error()` is this. */
  readonly error?: string
}

/** Ends an evaluation that needs an answer; never absorbed. */
export class CelAuthorizationNeeded extends Error {
  override readonly name = 'CelAuthorizationNeeded'
  readonly attributes: CelAuthorizationAttributes

  constructor(attributes: CelAuthorizationAttributes) {
    super('an authorization decision is needed')
    this.attributes = attributes
  }
}

/** Answers already given, by question (AU1). */
export class AuthorizationLedger {
  readonly #answers = new Map<string, CelAuthorizationDecision>()

  decide(attributes: CelAuthorizationAttributes): CelAuthorizationDecision {
    const answer = this.#answers.get(questionKey(attributes))
    if (answer === undefined) throw new CelAuthorizationNeeded(attributes)
    return answer
  }

  record(attributes: CelAuthorizationAttributes, decision: CelAuthorizationDecision): void {
    this.#answers.set(questionKey(attributes), decision)
  }
}

function questionKey(attributes: CelAuthorizationAttributes): string {
  const { serviceAccount, verb, path, group, resource, subresource, namespace, name, fieldSelector, labelSelector } = attributes
  return JSON.stringify([serviceAccount?.namespace, serviceAccount?.name, verb, path, group, resource, subresource, namespace, name, fieldSelector, labelSelector])
}

type Question = Omit<CelAuthorizationAttributes, 'verb'>

/** Upstream compares none of these. */
const incomparable = new CelFault('no such overload')

abstract class Asking extends CelOpaque {
  readonly ledger: AuthorizationLedger
  readonly question: Question

  constructor(ledger: AuthorizationLedger, question: Question) {
    super()
    this.ledger = ledger
    this.question = question
  }

  override equals(): CelFault {
    return incomparable
  }

  decision(verb: string): CelValue {
    return new DecisionValue(this.ledger.decide({ ...this.question, verb }))
  }
}

export class AuthorizerValue extends Asking {
  readonly typeName = 'kubernetes.authorization.Authorizer'
}

class PathCheckValue extends Asking {
  readonly typeName = 'kubernetes.authorization.PathCheck'
}

class GroupCheckValue extends Asking {
  readonly typeName = 'kubernetes.authorization.GroupCheck'
}

export class ResourceCheckValue extends Asking {
  readonly typeName = 'kubernetes.authorization.ResourceCheck'

  with(more: Question): ResourceCheckValue {
    return new ResourceCheckValue(this.ledger, { ...this.question, ...more })
  }
}

class DecisionValue extends CelOpaque {
  readonly typeName = 'kubernetes.authorization.Decision'
  readonly decision: CelAuthorizationDecision

  constructor(decision: CelAuthorizationDecision) {
    super()
    this.decision = decision
  }

  override equals(): CelFault {
    return incomparable
  }
}

/** AU3 */
function serviceAccount({ ledger }: AuthorizerValue, namespace: string, name: string): CelValue | CelFault {
  if (isDns1123Subdomain(name).length > 0) return new CelFault('Invalid service account name')
  if (isDns1123Label(namespace).length > 0) return new CelFault('Invalid service account namespace')
  return new AuthorizerValue(ledger, { serviceAccount: { namespace, name } })
}

export const authorization: readonly CelOverload[] = [
  member('authorizer_path', 'path', 'kubernetes.authorization.Authorizer, string -> kubernetes.authorization.PathCheck', ({ ledger, question }: AuthorizerValue, path: string) => (path === '' ? new CelFault('path must not be empty') : new PathCheckValue(ledger, { ...question, path }))),
  member('authorizer_group', 'group', 'kubernetes.authorization.Authorizer, string -> kubernetes.authorization.GroupCheck', ({ ledger, question }: AuthorizerValue, group: string) => new GroupCheckValue(ledger, { ...question, group })),
  member('authorizer_serviceaccount', 'serviceAccount', 'kubernetes.authorization.Authorizer, string, string -> kubernetes.authorization.Authorizer', serviceAccount),
  member('groupcheck_resource', 'resource', 'kubernetes.authorization.GroupCheck, string -> kubernetes.authorization.ResourceCheck', ({ ledger, question }: GroupCheckValue, resource: string) => (resource === '' ? new CelFault('resource must not be empty') : new ResourceCheckValue(ledger, { ...question, resource }))),
  ...(['subresource', 'namespace', 'name'] as const).map(part => member(`resourcecheck_${part}`, part, 'kubernetes.authorization.ResourceCheck, string -> kubernetes.authorization.ResourceCheck', (check: ResourceCheckValue, value: string) => check.with({ [part]: value }))),
  ...(['fieldSelector', 'labelSelector'] as const).map(part => member(`authorizer_${part.toLowerCase()}`, part, 'kubernetes.authorization.ResourceCheck, string -> kubernetes.authorization.ResourceCheck', (check: ResourceCheckValue, value: string) => check.with({ [part]: value }))),
  member('pathcheck_check', 'check', 'kubernetes.authorization.PathCheck, string -> kubernetes.authorization.Decision', (check: PathCheckValue, verb: string) => check.decision(verb)),
  member('resourcecheck_check', 'check', 'kubernetes.authorization.ResourceCheck, string -> kubernetes.authorization.Decision', (check: ResourceCheckValue, verb: string) => check.decision(verb)),
  member('decision_errored', 'errored', 'kubernetes.authorization.Decision -> bool', ({ decision }: DecisionValue) => decision.error !== undefined),
  member('decision_error', 'error', 'kubernetes.authorization.Decision -> string', ({ decision }: DecisionValue) => decision.error ?? ''),
  member('decision_allowed', 'allowed', 'kubernetes.authorization.Decision -> bool', ({ decision }: DecisionValue) => decision.allowed),
  member('decision_reason', 'reason', 'kubernetes.authorization.Decision -> string', ({ decision }: DecisionValue) => decision.reason),
]
