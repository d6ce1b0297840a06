/** ValidatingAdmissionPolicy and MutatingAdmissionPolicy with the real processes. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawAnswer, RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi
let count = 0
const newest = findKubectls().at(-1)
const group = '/apis/admissionregistration.k8s.io/v1'
const merge = { 'content-type': 'application/merge-patch+json' }

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
})

afterAll(async () => {
  await plane?.stop()
})

async function freshNamespace(): Promise<string> {
  const ns = `p${++count}`
  expect((await api.call('POST', '/api/v1/namespaces', { metadata: { name: ns, labels: { scene: ns, team: 'blue' } } })).status).toBe(201)
  await api.call('POST', `/api/v1/namespaces/${ns}/serviceaccounts`, { metadata: { name: 'default' } })
  return ns
}

const configMaps = (ns: string) => `/api/v1/namespaces/${ns}/configmaps`
const cm = (name: string, data: object = {}, meta: object = {}) => ({ metadata: { name, ...meta }, data })
const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE'] }]

async function made(answer: Promise<RawAnswer>): Promise<void> {
  const { status, json } = await answer
  expect([status, json.message]).toEqual([201, undefined])
}

/** A validating policy about one namespace, in effect when this returns. */
async function validating(ns: string, spec: object, binding: object = {}): Promise<string> {
  const name = `${ns}-policy`
  await made(api.call('POST', `${group}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: rules }, ...spec } }))
  await made(api.call('POST', `${group}/validatingadmissionpolicybindings`, { metadata: { name: `${ns}-binding` }, spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: { scene: ns } } }, ...binding } }))
  return name
}

async function mutating(ns: string, mutations: object[], spec: object = {}): Promise<void> {
  const name = `${ns}-mutation`
  await made(api.call('POST', `${group}/mutatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: rules }, reinvocationPolicy: 'Never', mutations, ...spec } }))
  await made(api.call('POST', `${group}/mutatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, matchResources: { namespaceSelector: { matchLabels: { scene: ns } } } } }))
}

const until = (what: () => Promise<unknown>) => expect.poll(what, { timeout: 5_000, interval: 20 })

describe('ValidatingAdmissionPolicy', () => {
  test('denies with upstream\'s status, by expression, message and messageExpression', async () => {
    const ns = await freshNamespace()
    const policy = await validating(ns, { validations: [
      { expression: '!has(object.data) || !("a" in object.data)' },
      { expression: '!has(object.data) || !("b" in object.data)', message: 'no b, please', reason: 'Forbidden' },
      { expression: '!has(object.data) || !("c" in object.data)', messageExpression: '"no c in " + request.namespace + " for " + request.userInfo.username' },
    ] })
    await until(async () => (await api.call('POST', configMaps(ns), cm('x', { a: '1' }))).status).toBe(422)
    const byExpression = (await api.call('POST', configMaps(ns), cm('x', { a: '1' }))).json
    const text = `ValidatingAdmissionPolicy '${policy}' with binding '${ns}-binding' denied request: failed expression: !has(object.data) || !("a" in object.data)`
    expect(byExpression).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `configmaps "x" is forbidden: ${text}`, reason: 'Invalid', details: { name: 'x', kind: 'configmaps', causes: [{ message: text }] }, code: 422 })
    const byMessage = (await api.call('POST', configMaps(ns), cm('x', { b: '1' }))).json
    expect([byMessage.code, byMessage.reason, byMessage.message]).toEqual([403, 'Forbidden', `configmaps "x" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${ns}-binding' denied request: no b, please`])
    expect((await api.call('POST', configMaps(ns), cm('x', { c: '1' }))).json.message).toContain(`denied request: no c in ${ns} for kubernetes-admin`)
    expect((await api.call('POST', configMaps(ns), cm('x', { d: '1' }))).status).toBe(201)
  })

  test('Warn warns, Audit lets pass, and without a value failurePolicy decides', async () => {
    const ns = await freshNamespace()
    const policy = await validating(ns, { validations: [{ expression: 'object.data.none == "x"' }], failurePolicy: 'Fail' }, { validationActions: ['Warn', 'Audit'] })
    await until(async () => (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('x', { a: '1' }))).headers.warning).toBe(`299 - "Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${ns}-binding': expression 'object.data.none == \\"x\\"' resulted in error: no such key: none"`)
    await api.call('PATCH', `${group}/validatingadmissionpolicies/${policy}`, { spec: { failurePolicy: 'Ignore' } }, merge)
    await until(async () => (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('x', { a: '1' }))).headers.warning).toBeUndefined()
  })

  test('variables, matchConditions, oldObject, namespaceObject and the authorizer', async () => {
    const ns = await freshNamespace()
    await validating(ns, {
      matchConditions: [{ name: 'not-exempt', expression: '!(has(object.metadata.labels) && "exempt" in object.metadata.labels)' }],
      variables: [{ name: 'data', expression: 'has(object.data) ? object.data : {}' }, { name: 'size', expression: 'variables.data.size()' }, { name: 'may', expression: 'authorizer.group("").resource("secrets").namespace("default").check("get").allowed()' }],
      validations: [
        { expression: 'variables.size < 3', messageExpression: '"size is " + string(variables.size)' },
        { expression: 'request.operation != "UPDATE" || oldObject.metadata.name == object.metadata.name' },
        { expression: 'namespaceObject.metadata.labels.team == "blue"', message: 'wrong team' },
        { expression: '!("secret" in variables.data) || variables.may', message: 'not for you' },
      ],
    })
    const big = { a: '1', b: '2', c: '3' }
    await until(async () => (await api.call('POST', configMaps(ns), cm('big', big))).json.message as string).toContain('denied request: size is 3')
    expect((await api.call('POST', configMaps(ns), cm('big', big, { labels: { exempt: '' } }))).status).toBe(201)
    expect((await api.call('POST', configMaps(ns), cm('s', { secret: '1' }))).status).toBe(201)
    const small = rawApi(plane, await plane.certificateFor({ commonName: 'jane' }))
    await made(api.call('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/rolebindings`, { metadata: { name: 'jane' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }] }))
    await until(async () => (await small.call('POST', configMaps(ns), cm('t', { secret: '1' }))).json.message as string).toContain('denied request: not for you')
    await api.call('PATCH', `/api/v1/namespaces/${ns}`, { metadata: { labels: { team: 'red' } } }, merge)
    await until(async () => (await api.call('POST', configMaps(ns), cm('u'))).json.message as string).toContain('wrong team')
  })

  test('parameters by name and by selector, and what is missing', async () => {
    const ns = await freshNamespace()
    await made(api.call('POST', configMaps(ns), cm('limits', { max: '2' }, { labels: { role: 'limits' } })))
    const policy = await validating(ns, { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: '!has(object.data) || object.data.size() <= int(params.data.max)', messageExpression: '"at most " + params.data.max' }] }, { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } })
    await until(async () => (await api.call('POST', configMaps(ns), cm('x', { a: '1', b: '1', c: '1' }))).json.message as string).toContain('denied request: at most 2')
    await api.call('PATCH', `${group}/validatingadmissionpolicybindings/${ns}-binding`, { spec: { paramRef: { name: null, selector: { matchLabels: { role: 'none' } } } } }, merge)
    await until(async () => (await api.call('POST', configMaps(ns), cm('x'))).json.message as string).toBe(`configmaps "x" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${ns}-binding' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`)
    await api.call('PATCH', `${group}/validatingadmissionpolicybindings/${ns}-binding`, { spec: { paramRef: { parameterNotFoundAction: 'Allow' } } }, merge)
    await until(async () => (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('x'))).status).toBe(201)
  })

  test('custom resources: as parameters, and judged in the version the policy names', async () => {
    const ns = await freshNamespace()
    const version = (name: string, storage: boolean) => ({ name, served: true, storage, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { max: { type: 'integer' } } } } } } })
    await made(api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'limits.test.io' }, spec: { group: 'test.io', scope: 'Namespaced', names: { plural: 'limits', kind: 'Limit' }, versions: [version('v1', true), version('v2', false)] } }))
    const limits = `/apis/test.io/v2/namespaces/${ns}/limits`
    await until(async () => (await api.call('POST', limits, { apiVersion: 'test.io/v2', kind: 'Limit', metadata: { name: 'l' }, spec: { max: 1 } })).status).toBe(201)
    await validating(ns, { paramKind: { apiVersion: 'test.io/v2', kind: 'Limit' }, validations: [{ expression: 'object.data.size() <= params.spec.max', messageExpression: '"at most " + string(params.spec.max) + " says " + params.apiVersion' }] }, { paramRef: { name: 'l', parameterNotFoundAction: 'Deny' } })
    await until(async () => (await api.call('POST', configMaps(ns), cm('x', { a: '1', b: '2' }))).json.message as string).toContain('denied request: at most 1 says test.io/v2')
    const name = `${ns}-limits`
    await made(api.call('POST', `${group}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: [{ apiGroups: ['test.io'], apiVersions: ['v1'], resources: ['limits'], operations: ['*'] }] }, validations: [{ expression: 'object.spec.max < 10', messageExpression: 'object.apiVersion + " for " + request.requestKind.version' }] } }))
    await made(api.call('POST', `${group}/validatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } }))
    await until(async () => (await api.call('PATCH', `${limits}/l`, { spec: { max: 11 } }, merge)).json.message as string).toContain('denied request: test.io/v1 for v2')
    await mutating(ns, [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{max: 7}}' } }], { matchConstraints: { resourceRules: [{ apiGroups: ['test.io'], apiVersions: ['v1'], resources: ['limits'], operations: ['*'] }] } })
    await until(async () => (await api.call('PATCH', `${limits}/l`, { spec: { max: 5 } }, merge)).json.spec?.max as number).toBe(7)
  })

  test('excludeResourceRules and resourceNames', async () => {
    const ns = await freshNamespace()
    await validating(ns, { matchConstraints: { resourceRules: rules, excludeResourceRules: [{ ...rules[0], resourceNames: ['spared'] }] }, validations: [{ expression: 'false', message: 'never' }] })
    await until(async () => (await api.call('POST', configMaps(ns), cm('other'))).status).toBe(422)
    expect((await api.call('POST', configMaps(ns), cm('spared'))).status).toBe(201)
  })

  test('what does not compile is refused with where and why', async () => {
    const answer = (await api.call('POST', `${group}/validatingadmissionpolicies`, { metadata: { name: 'broken' }, spec: { matchConstraints: { resourceRules: [{ ...rules[0], operations: ['*', 'CREATE'] }] }, paramKind: { apiVersion: 'v1', kind: '' }, variables: [{ name: 'in', expression: '1' }], validations: [{ expression: 'object.' }, { expression: '1 + 1' }, { expression: 'variables.nope' }, { expression: 'true', message: 'a\nb', reason: 'Nope' }], auditAnnotations: [{ key: 'k', valueExpression: '1' }] } })).json
    expect(answer.code).toBe(422)
    expect(answer.details.causes.map((cause: { field: string; reason: string; message: string }) => `${cause.field}: ${cause.message}`)).toEqual([
      'spec.paramKind.kind: Required value',
      'spec.matchConstraints.resourceRules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
      'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      expect.stringContaining('spec.validations[0].expression: Invalid value: "object.": compilation failed: ERROR: <input>:1:8: Syntax error: '),
      'spec.validations[1].expression: Invalid value: "1 + 1": must evaluate to bool but got int',
      expect.stringContaining('spec.validations[2].expression: Invalid value: "variables.nope": compilation failed: ERROR: <input>:1:10: undefined field \'nope\''),
      'spec.validations[3].message: Invalid value: "a\\nb": must not contain line breaks',
      'spec.validations[3].reason: Unsupported value: "Nope": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
    ])
  })

  test.skipIf(newest === undefined)('kubectl prints the denial', async () => {
    const ns = await freshNamespace()
    const policy = await validating(ns, { validations: [{ expression: 'object.metadata.name != "bad"', message: 'bad name' }] })
    await until(async () => (await api.call('POST', configMaps(ns), cm('bad'))).status).toBe(422)
    const kubectl = kubectlWith(newest!, plane.kubeconfig)
    expect((await kubectl(`create configmap bad -n ${ns}`)).stderr).toBe(`error: failed to create configmap: configmaps "bad" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${ns}-binding' denied request: bad name\n`)
    expect((await kubectl('get validatingadmissionpolicies')).stdout).toContain(policy)
  })
})

describe('MutatingAdmissionPolicy', () => {
  test('ApplyConfiguration merges as apply does', async () => {
    const ns = await freshNamespace()
    await mutating(ns, [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"by": "policy"}}, spec: Object.spec{containers: [Object.spec.containers{name: "side", image: "side"}]}}' } }], { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }] }, matchConditions: [{ name: 'once', expression: '!object.spec.containers.exists(c, c.name == "side")' }] })
    await until(async () => (await api.call('POST', `/api/v1/namespaces/${ns}/pods?dryRun=All`, { metadata: { name: 'probe' }, spec: { containers: [{ name: 'c', image: 'web' }] } })).json.spec?.containers.length as number).toBe(2)
    const pod = (await api.call('POST', `/api/v1/namespaces/${ns}/pods`, { metadata: { name: 'p', labels: { own: '1' } }, spec: { containers: [{ name: 'c', image: 'web' }] } })).json
    expect(pod.metadata.labels).toEqual({ own: '1', by: 'policy' })
    expect(pod.spec.containers.map((container: { name: string }) => container.name).sort()).toEqual(['c', 'side'])
    const side = pod.spec.containers.find((container: { name: string }) => container.name === 'side')
    expect([side.imagePullPolicy, side.volumeMounts.length]).toEqual(['Always', 1]) // defaulted, and seen by the second round
  })

  test('JSONPatch, with escaped keys and a failing test', async () => {
    const ns = await freshNamespace()
    await mutating(ns, [
      { patchType: 'JSONPatch', jsonPatch: { expression: 'has(object.data) ? [JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("a.b"), value: string(object.data.size())}] : [JSONPatch{op: "add", path: "/data", value: {"made": "here"}}]' } },
      { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "test", path: "/data/made", value: "here"}, JSONPatch{op: "replace", path: "/data/made", value: "tested"}]' } },
    ])
    await until(async () => (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('x', { k: 'v' }))).json.data).toEqual({ 'k': 'v', 'a.b': '1' })
    expect((await api.call('POST', configMaps(ns), { metadata: { name: 'empty' } })).json.data).toEqual({ made: 'tested' })
  })

  test('refuses with the reason, and atomic parts may not be named', async () => {
    const ns = await freshNamespace()
    await mutating(ns, [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{data: Object.data{x: "1"}, metadata: Object.metadata{labels: Object.wrong{a: "b"}}}' } }])
    const name = `${ns}-mutation`
    await until(async () => (await api.call('POST', configMaps(ns), cm('x'))).status).toBe(403)
    const answer = (await api.call('POST', configMaps(ns), cm('x'))).json
    expect([answer.reason, answer.message]).toEqual(['Invalid', `policy '${name}' with binding '${name}' denied request: type mismatch: unexpected type name "Object.wrong", expected "Object.metadata.labels", which matches field name path from root Object type`])
    await api.call('PATCH', `${group}/mutatingadmissionpolicies/${name}`, { spec: { failurePolicy: 'Ignore' } }, merge)
    await until(async () => (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('x'))).status).toBe(201)
  })

  test('with IfNeeded sees what a later policy made', async () => {
    const ns = await freshNamespace()
    await mutating(ns, [{ patchType: 'JSONPatch', jsonPatch: { expression: 'has(object.data) && "late" in object.data && !("seen" in object.data) ? [JSONPatch{op: "add", path: "/data/seen", value: "yes"}] : []' } }], { reinvocationPolicy: 'IfNeeded' })
    const name = `${ns}-zz`
    await made(api.call('POST', `${group}/mutatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: rules }, reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/data/late", value: "1"}]' } }] } }))
    await made(api.call('POST', `${group}/mutatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, matchResources: { namespaceSelector: { matchLabels: { scene: ns } } } } }))
    await until(async () => (await api.call('POST', `${configMaps(ns)}?dryRun=All`, cm('x', { k: 'v' }))).json.data).toEqual({ k: 'v', late: '1', seen: 'yes' })
  })

  test('DELETE is not for it', async () => {
    const answer = (await api.call('POST', `${group}/mutatingadmissionpolicies`, { metadata: { name: 'deletes' }, spec: { matchConstraints: { resourceRules: [{ ...rules[0], operations: ['DELETE'] }] }, reinvocationPolicy: 'Often', mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } }] } })).json
    expect(answer.details.causes.map((cause: { field: string; message: string }) => `${cause.field}: ${cause.message}`)).toEqual([
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      'spec.reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"',
    ])
  })
})

test('type checking: the controller manager says in the status what does not fit the kind', async () => {
  const name = 'typed'
  await made(api.call('POST', `${group}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['*'] }] }, validations: [{ expression: 'object.spec.replicsa > 1' }] } }))
  const serving = await plane.certificateFor({ commonName: 'kube-controller-manager', ips: ['127.0.0.1'] })
  const file = (path: string, text: string) => {
    writeFileSync(join(plane.folder, path), text)
    return join(plane.folder, path)
  }
  const manager = spawn(process.execPath, [join(import.meta.dirname, '../../agents/control-plane/controller-manager/edge/main.ts'), `--kubeconfig=${await plane.kubeconfigFor({ name: 'system:kube-controller-manager' })}`, '--secure-port=0', `--tls-cert-file=${file('kcm.crt', serving.cert)}`, `--tls-private-key-file=${file('kcm.key', serving.key)}`, '--bind-address=127.0.0.1', '--use-service-account-credentials=true', '--controllers=validatingadmissionpolicy-status-controller'], { stdio: 'ignore' })
  try {
    const status = async () => (await api.call('GET', `${group}/validatingadmissionpolicies/${name}`)).json.status
    await expect.poll(status, { timeout: 60_000, interval: 100 }).toMatchObject({ observedGeneration: 1, typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression', warning: expect.stringContaining("apps/v1, Kind=Deployment: compilation failed: ERROR: <input>:1:12: undefined field 'replicsa'") }] } })
  } finally {
    manager.kill()
  }
})

test('metrics and the record name policy and binding', async () => {
  const metrics = (await api.call('GET', '/metrics')).text
  expect(metrics).toMatch(/apiserver_validating_admission_policy_check_total\{policy="p1-policy",policy_binding="p1-binding",error_type="invalid_error",enforcement_action="deny"\} [1-9]/)
  expect(metrics).toMatch(/apiserver_mutating_admission_policy_check_total\{policy="p\d+-mutation",policy_binding="p\d+-mutation",error_type="no_error"\} [1-9]/)
})
