/**
 * What expressions of webhooks and admission policies may speak about, and how they are compiled.
 * Upstream: apiserver/pkg/admission/plugin/cel/compile.go.
 *
 *   AX1  object, oldObject and params are whatever they are (dyn); request and namespaceObject have declared fields.
 *   AX2  variables has one field for each variable declared before, of the type that its expression has.
 *   AX3  An expression must have exactly one of the types that its place wants.
 */
import { authorizerType, boolType, CelCompileError, compileCel, dynType, intType, listType, mapType, objectType, resourceCheckType, stringType, timestampType, typeText } from '../../cel/cel.ts'
import type { CelEnvironment, CelField, CelProgram, CelType } from '../../cel/cel.ts'

const kindType = objectType('kubernetes.GroupVersionKind', { group: stringType, version: stringType, kind: stringType })
const resourceType = objectType('kubernetes.GroupVersionResource', { group: stringType, version: stringType, resource: stringType })
const userType = objectType('kubernetes.UserInfo', { username: stringType, uid: stringType, groups: listType(stringType), extra: mapType(stringType, listType(stringType)) })

const requestType = objectType('kubernetes.AdmissionRequest', {
  kind: kindType, resource: resourceType, subResource: stringType,
  requestKind: kindType, requestResource: resourceType, requestSubResource: stringType,
  name: stringType, namespace: stringType, operation: stringType,
  userInfo: userType, dryRun: boolType, options: dynType,
})

const namespaceType = objectType('kubernetes.Namespace', {
  metadata: objectType('kubernetes.NamespaceMetadata', {
    name: stringType, generateName: stringType, namespace: stringType,
    labels: mapType(stringType, stringType), annotations: mapType(stringType, stringType),
    UID: stringType, creationTimestamp: timestampType, deletionGracePeriodSeconds: intType, deletionTimestamp: timestampType,
    generation: intType, resourceVersion: stringType, finalizers: listType(stringType),
  }),
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: listType(stringType) }),
  status: objectType('kubernetes.NamespaceStatus', {
    conditions: listType(objectType('kubernetes.NamespaceCondition', { status: stringType, type: stringType, lastTransitionTime: timestampType, message: stringType, reason: stringType })),
    phase: stringType,
  }),
})

/** AX2: grows while expressions are compiled in their order. What was compiled before does not know what comes later. */
export class DeclaredVariables {
  readonly #fields = new Map<string, CelField>()
  readonly type: CelType = { kind: 'object', name: 'kubernetes.variables', fields: this.#fields }

  declare(name: string, type: CelType): void {
    this.#fields.set(name, { type, jsonName: name })
  }
}

export interface ExpressionPlace {
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** The variables so far (AX2); none where a place has no `variables`. */
  readonly variables?: DeclaredVariables
  /** Of object and oldObject, and of params, where they are known (type checking); dyn otherwise. */
  readonly object?: CelType
  readonly params?: CelType
  /** `Object{…}` and `JSONPatch{…}` may be made. */
  readonly mutates?: boolean
}

export function environmentOf({ hasParams, hasAuthorizer, variables, mutates = false, object = dynType, params = dynType }: ExpressionPlace): CelEnvironment {
  return {
    variables: {
      object,
      oldObject: object,
      request: requestType,
      namespaceObject: namespaceType,
      ...(hasParams ? { params } : {}),
      ...(hasAuthorizer ? { authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType } : {}),
      ...(variables === undefined ? {} : { variables: variables.type }),
    },
    ...(mutates ? { libraries: ['mutation'] as const } : {}),
  }
}

export type Compiled = { readonly program: CelProgram; readonly error?: undefined } | { readonly program?: undefined; readonly error: string }

/** AX3. `expected` empty: any type. */
export function compileExpression(source: string, place: ExpressionPlace, expected: readonly CelType[]): Compiled {
  try {
    const program = compileCel(source, environmentOf(place))
    if (expected.length === 0 || expected.some(type => typeText(type) === typeText(program.type))) return { program }
    const wanted = expected.map(shownType)
    const got = shownType(program.type)
    return { error: wanted.length === 1 ? `must evaluate to ${wanted[0]!} but got ${got}` : `must evaluate to one of [${wanted.join(' ')}] but got ${got}` }
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error
    return { error: `${error.stage === 'instantiation' ? 'program instantiation failed' : 'compilation failed'}: ${error.message}` }
  }
}

function shownType(type: CelType): string {
  return type.kind === 'null' ? 'null_type' : typeText(type)
}
