/**
 * Type checking of a ValidatingAdmissionPolicy against the kinds that it is about: what its author should know, which never
 * changes what the policy does. Upstream: apiserver/pkg/admission/plugin/policy/validating/typechecking.go.
 *
 *   TC1  Validations and their messageExpressions are compiled once for each kind, with object and oldObject of its type.
 *   TC2  Rules with wildcards say nothing about kinds, and subresources are left out; ten kinds at most.
 */
import type { CelType } from '../../cel/cel.ts'
import { compileExpression, DeclaredVariables } from './admission-expressions.ts'
import type { ExpressionPlace } from './admission-expressions.ts'
import type { ExpressionWarning, MatchResources, ValidatingAdmissionPolicySpec } from './types.ts'

export interface CheckedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly type: CelType
}

const maxKinds = 10

/** TC2 */
export function resourcesToCheck(match: MatchResources | undefined): { readonly group: string; readonly version: string; readonly resource: string }[] {
  const all = (match?.resourceRules ?? []).flatMap(({ apiGroups = [], apiVersions = [], resources = [] }) => {
    if ([...apiGroups, ...apiVersions].some(text => text.includes('*'))) return []
    const plain = resources.filter(resource => !/[*/]/.test(resource)).sort()
    return [...apiGroups].sort().flatMap(group => [...apiVersions].sort().flatMap(version => plain.map(resource => ({ group, version, resource }))))
  })
  const seen = new Set<string>()
  return all.filter(({ group, version, resource }) => {
    const key = `${group}/${version}/${resource}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  }).slice(0, maxKinds)
}

export function checkPolicyTypes(spec: ValidatingAdmissionPolicySpec, kinds: readonly CheckedKind[], params: CelType | undefined): ExpressionWarning[] {
  const sorted = [...kinds].sort((a, b) => compare([a.group, a.version, a.kind], [b.group, b.version, b.kind]))
  const check = (fieldRef: string, expression: string): ExpressionWarning[] => {
    const texts = sorted.flatMap(kind => {
      const error = compiledFor(kind, expression, spec, params)
      return error === undefined ? [] : [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${error}\n`]
    })
    return texts.length === 0 ? [] : [{ fieldRef, warning: texts.join('\n') }]
  }
  return (spec.validations ?? []).flatMap(({ expression, messageExpression = '' }, index) => [ // TC1
    ...check(`spec.validations[${index}].expression`, expression),
    ...(messageExpression === '' ? [] : check(`spec.validations[${index}].messageExpression`, messageExpression)),
  ])
}

function compiledFor(kind: CheckedKind, expression: string, spec: ValidatingAdmissionPolicySpec, params: CelType | undefined): string | undefined {
  const place: ExpressionPlace = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true, object: kind.type, ...(params === undefined ? {} : { params }) }
  const variables = new DeclaredVariables()
  for (const variable of spec.variables ?? []) {
    const { program } = compileExpression(variable.expression, { ...place, variables }, [])
    if (program !== undefined) variables.declare(variable.name, program.type)
  }
  return compileExpression(expression, { ...place, variables }, []).error
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index])
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1
}
