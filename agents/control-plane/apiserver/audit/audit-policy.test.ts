import { describe, expect, test } from 'vitest'
import { positionedYaml } from '../config-files/positioned-yaml.ts'
import type { Attributes } from '../access/authorizer.ts'
import { readAuditPolicy } from './audit-policy.ts'

const read = (text: string) => readAuditPolicy(positionedYaml(text, 'policy.yaml'))
const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'
const attributes = (of: Partial<Attributes>): Attributes => ({ user: { name: 'bob', uid: '', groups: ['system:authenticated'], extra: {} }, verb: 'get', isResourceRequest: true, group: '', version: 'v1', resource: 'pods', subresource: '', namespace: 'web', name: 'a', path: '/api/v1/namespaces/web/pods/a', fieldSelector: '', labelSelector: '', ...of })

describe('audit policy', () => {
  test('AP1 to AP4: the first rule that matches decides', () => {
    const policy = read(`${head}omitStages: [RequestReceived]
omitManagedFields: true
rules:
- level: None
  users: ["system:kube-proxy"]
  verbs: [watch]
- level: None
  nonResourceURLs: ["/healthz*", "/version"]
- level: Metadata
  resources:
  - {group: "", resources: [secrets, configmaps, serviceaccounts/token]}
- level: Request
  namespaces: [kube-system]
  omitStages: [ResponseStarted]
- level: RequestResponse
  resources:
  - {group: "", resources: [pods/*, "*/scale"]}
  - {group: apps}
  omitManagedFields: false
- level: Request
  resources:
  - {group: "*", resources: ["*"], resourceNames: [special]}
- level: Metadata
  userGroups: [auditors]
`)
    const level = (of: Partial<Attributes>) => policy.decide(attributes(of))?.level
    expect(level({ verb: 'watch', user: { name: 'system:kube-proxy', uid: '', groups: [], extra: {} } })).toBeUndefined()
    const path = (text: string) => ({ isResourceRequest: false, path: text, resource: '', namespace: '', name: '' })
    expect([level(path('/healthz/etcd')), level(path('/version')), level(path('/metrics'))]).toEqual([undefined, undefined, undefined])
    expect([level({ resource: 'secrets' }), level({ resource: 'serviceaccounts', subresource: 'token' }), level({ resource: 'serviceaccounts' })]).toEqual(['Metadata', 'Metadata', undefined])
    expect(policy.decide(attributes({ namespace: 'kube-system' }))).toEqual({ level: 'Request', omits: new Set(['RequestReceived', 'ResponseStarted']), omitManagedFields: true })
    expect(policy.decide(attributes({ subresource: 'log' }))).toEqual({ level: 'RequestResponse', omits: new Set(['RequestReceived']), omitManagedFields: false })
    expect([level({ resource: 'replicationcontrollers', subresource: 'scale' }), level({ group: 'apps', resource: 'deployments' })]).toEqual(['RequestResponse', 'RequestResponse'])
    expect([level({ resource: 'services', name: 'special' }), level({ resource: 'services', name: 'other' }), level({})]).toEqual(['Request', undefined, 'RequestResponse'])
    expect(level({ resource: 'nodes', namespace: '', user: { name: 'x', uid: '', groups: ['auditors'], extra: {} } })).toBe('Metadata')
  })

  test('AP5 a wrong policy is refused with its place', () => {
    expect(() => read('apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: []')).toThrow('policy.yaml:1:1: unknown group version field audit.k8s.io/v1beta1, Kind=Policy in policy')
    expect(() => read(`${head}rules:\n- level: Everything\n`)).toThrow('policy.yaml:4:3: rules[0].level: Unsupported value: "Everything": supported values: "None", "Metadata", "Request", "RequestResponse"')
    expect(() => read(`${head}rules:\n- level: None\n  nonResourceURLs: ["x"]\n`)).toThrow("policy.yaml:5:21: rules[0].nonResourceURLs[0]: Invalid value: \"x\": non-resource URL rules must begin with a '/' character")
    expect(() => read(`${head}rules:\n- level: None\n  omitStages: [Never]\n`)).toThrow('policy.yaml:5:16: rules[0].omitStages[0]: Invalid value: "Never": allowed stages are')
    expect(() => read(`${head}rules: []\n`)).toThrow('policy.yaml:3:1: loaded illegal policy with 0 rules')
    expect(() => read(`${head}rules:\n- level: None\n level: x\n`)).toThrow(/^policy\.yaml:5:\d+: /)
    expect(read(`${head}rules:\n- level: None\n  levle: x\n`).warnings).toEqual(['policy.yaml:5:3: unknown field "rules[0].levle"'])
  })
})
