/**
 * Evaluates the expressions of one webhook or policy about one request, out of one budget.
 * Upstream: apiserver/pkg/admission/plugin/cel/{activation,condition,composition}.go.
 *
 *   EV-1  Nothing is prepared that no expression asks for.
 *   EV-2  Variables are computed when first read, once for all expressions, whatever they ask.
 *   EV-3  An expression without a value is an error of that expression; running out of budget ends all of them.
 */
import { CelAuthorizerSession, CelBudget, CelCostError, CelEvaluationError, CelFault, CelLazyObject } from '../../../../api/cel/cel.ts'
import type { CelAuthorize, CelBindings, CelProgram, CelValue } from '../../../../api/cel/cel.ts'
import type { Compiled } from '../../../../api/groups/admissionregistration-v1/admission-expressions.ts'
import { serviceAccountGroups } from '../../access/service-account-groups.ts'
import type { Authorizer } from '../../access/authorizer.ts'
import type { UserInfo } from '../../access/user-info.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { AdmissionRequest } from '../admission.ts'
import { userOf } from './admission-review.ts'
import type { ShownAs } from './request-matcher.ts'
import type { ShownPair } from './shown-objects.ts'

export interface EvaluationInput {
  readonly request: AdmissionRequest
  readonly as: ShownAs
  readonly shown: ShownPair
  /** Absent: the place has no params; null: there are none. */
  readonly params?: KubeObject | null
  readonly namespaceObject?: () => KubeObject | null
  readonly variables?: readonly NamedProgram[]
  readonly authorizer: Authorizer
  readonly budget: number
}

export interface NamedProgram {
  readonly name: string
  readonly source: string
  readonly compiled: Compiled
}

export type Outcome = { readonly value: CelValue; readonly error?: undefined } | { readonly value?: undefined; readonly error: string }

/** EV-3 */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

export class AdmissionEvaluation {
  readonly #input: EvaluationInput
  readonly #budget: CelBudget
  readonly #mayAsk: boolean
  #session: CelAuthorizerSession | undefined
  #bindings: Record<string, unknown> | undefined

  constructor(input: EvaluationInput) {
    this.#input = input
    this.#budget = new CelBudget(input.budget)
    this.#mayAsk = (input.variables ?? []).some(({ compiled }) => compiled.program !== undefined && asksAuthorizer(compiled.program))
  }

  get remaining(): number {
    return this.#budget.remaining
  }

  async evaluate(source: string, compiled: Compiled): Promise<Outcome> {
    if (compiled.program === undefined) return { error: `compilation error: ${compiled.error}` }
    const { program } = compiled
    try {
      return { value: await this.#run(program) }
    } catch (error) {
      if (error instanceof CelCostError && error.limit === 'budget') throw new BudgetError(outOfBudget)
      if (error instanceof CelEvaluationError || error instanceof CelCostError) return { error: `expression '${source}' resulted in error: ${error.message}` }
      throw error
    }
  }

  async #run(program: CelProgram): Promise<CelValue> {
    const evaluate = () => program.evaluate(this.#bind(), this.#budget)
    const mayAsk = asksAuthorizer(program) || (this.#mayAsk && program.references.has('variables'))
    return mayAsk ? await this.#authorizer().evaluate(evaluate) : evaluate()
  }

  #authorizer(): CelAuthorizerSession {
    const { group, resource, subresource, namespace, name } = this.#input.request
    return (this.#session ??= new CelAuthorizerSession(this.#authorize(), { group, resource, ...(subresource === '' ? {} : { subresource }), ...(namespace === '' ? {} : { namespace }), ...(name === '' ? {} : { name }) }))
  }

  /** EV-1 */
  #bind(): CelBindings {
    if (this.#bindings !== undefined) return this.#bindings
    const { request, as, shown, params, namespaceObject, variables } = this.#input
    const known: Record<string, unknown> = {}
    const lazily = (name: string, read: () => unknown) => {
      let value: unknown
      let isRead = false
      Object.defineProperty(known, name, {
        enumerable: true,
        get() {
          if (!isRead) value = read()
          isRead = true
          return value
        },
      })
    }
    known['object'] = shown.object ?? null
    known['oldObject'] = shown.oldObject ?? null
    lazily('request', () => requestValue(request, as))
    lazily('namespaceObject', () => namespaceObject?.() ?? null)
    lazily('authorizer', () => this.#authorizer().bindings['authorizer'])
    lazily('authorizer.requestResource', () => this.#authorizer().bindings['authorizer.requestResource'])
    if (params !== undefined) known['params'] = params
    if (variables !== undefined) known['variables'] = new CelLazyObject('kubernetes.variables', name => this.#variable(name))
    this.#bindings = known
    return known
  }

  #variable(name: string): CelValue | CelFault | undefined {
    const variable = this.#input.variables?.find(candidate => candidate.name === name)
    if (variable === undefined) return undefined
    if (variable.compiled.program === undefined) return new CelFault(`composited variable ${JSON.stringify(name)} fails to compile: ${variable.compiled.error}`)
    try {
      return variable.compiled.program.evaluate(this.#bind(), this.#budget)
    } catch (error) {
      if (error instanceof CelEvaluationError) return new CelFault(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`)
      throw error
    }
  }

  #authorize(): CelAuthorize {
    const { request, authorizer } = this.#input
    return async asked => {
      try {
        const verdict = await authorizer.authorize({
          user: asked.serviceAccount === undefined ? request.user : serviceAccountUser(asked.serviceAccount),
          verb: asked.verb,
          isResourceRequest: asked.path === undefined,
          group: asked.group ?? '',
          version: asked.path === undefined ? '*' : '',
          resource: asked.resource ?? '',
          subresource: asked.subresource ?? '',
          namespace: asked.namespace ?? '',
          name: asked.name ?? '',
          path: asked.path ?? '',
          fieldSelector: asked.fieldSelector ?? '',
          labelSelector: asked.labelSelector ?? '',
        })
        return { allowed: verdict.decision === 'allow', reason: verdict.reason }
      } catch (error) {
        return { allowed: false, reason: '', error: error instanceof Error ? error.message : String(error) }
      }
    }
  }
}

function asksAuthorizer(program: CelProgram): boolean {
  return program.references.has('authorizer') || program.references.has('authorizer.requestResource')
}

function serviceAccountUser({ namespace, name }: { readonly namespace: string; readonly name: string }): UserInfo {
  const user = `system:serviceaccount:${namespace}:${name}`
  return { name: user, uid: '', groups: [...(serviceAccountGroups(user) ?? []), 'system:authenticated'], extra: {} }
}

function requestValue(request: AdmissionRequest, as: ShownAs): Record<string, unknown> {
  const { group, version, kind } = request.kind
  const own = { group, version, kind }
  return {
    kind: as.isOwn ? own : { group: as.group, version: as.version, kind: as.kind },
    resource: { group: as.group, version: as.version, resource: as.resource },
    ...(request.subresource === '' ? {} : { subResource: request.subresource, requestSubResource: request.subresource }),
    requestKind: own,
    requestResource: { group: request.group, version: request.version, resource: request.resource },
    ...(request.name === '' ? {} : { name: request.name }),
    ...(request.namespace === '' ? {} : { namespace: request.namespace }),
    operation: request.operation,
    userInfo: userOf(request.user),
    dryRun: request.dryRun,
    options: Object.keys(request.options).length === 0 ? null : request.options,
  }
}
