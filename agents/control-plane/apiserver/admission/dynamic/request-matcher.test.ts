import { describe, expect, it } from 'vitest'
import type { AdmissionRequest } from '../admission.ts'
import { object, requestOf } from '../admission.sample.ts'
import { forms } from './dynamic.sample.ts'
import { RequestMatcher } from './request-matcher.ts'
import type { MatchCriteria } from './request-matcher.ts'
import { isExempt } from './resource-rules.ts'

const rule = (some: object = {}) => ({ apiGroups: ['test'], apiVersions: ['v1'], resources: ['gadgets'], operations: ['CREATE'], ...some })
const gadget = (labels: Record<string, string> = {}, namespace = 'ns') => object('Gadget', 'g', { metadata: { labels } }, namespace)
const asked = (some: Partial<AdmissionRequest> = {}) => requestOf({ group: 'test', version: 'v1', resource: 'gadgets', object: gadget(), ...some })
const match = async (criteria: MatchCriteria, some: Partial<AdmissionRequest> = {}) => {
  const shown = await new RequestMatcher(criteria).match(asked(some), forms)
  return shown === undefined ? 'no' : `${shown.version}${shown.isOwn ? '' : ' converted'}`
}

describe('rules', () => {
  it('RL1: groups, versions, operations, resources and subresources, with wildcards', async () => {
    const matches = (some: object, request: Partial<AdmissionRequest> = {}) => match({ rules: [rule(some)], matchPolicy: 'Exact' }, request)
    expect([await matches({}), await matches({ apiGroups: ['other'] }), await matches({ apiVersions: ['v2'] }), await matches({ operations: ['DELETE'] }), await matches({ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] })]).toEqual(['v1', 'no', 'no', 'no', 'v1'])
    const onStatus = { subresource: 'status' }
    expect([await matches({}, onStatus), await matches({ resources: ['*'] }, onStatus), await matches({ resources: ['gadgets/status'] }, onStatus), await matches({ resources: ['*/status'] }, onStatus), await matches({ resources: ['gadgets/*'] }), await matches({ resources: ['*/*'] }, onStatus)]).toEqual(['no', 'no', 'v1', 'v1', 'v1', 'v1'])
  })

  it('RL2 RL3: scope and names', async () => {
    const cluster = { namespace: '' }
    const scoped = (scope: string, request: Partial<AdmissionRequest> = {}) => match({ rules: [rule({ scope })], matchPolicy: 'Exact' }, request)
    expect([await scoped('Namespaced'), await scoped('Namespaced', cluster), await scoped('Cluster'), await scoped('Cluster', cluster), await scoped('*', cluster)]).toEqual(['v1', 'no', 'no', 'v1', 'v1'])
    const namespaces = { rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['namespaces'], operations: ['*'], scope: 'Cluster' }] }
    expect(await match(namespaces, { group: '', resource: 'namespaces', namespace: 'ns', object: object('Namespace', 'ns') })).toBe('v1')
    expect([await match({ rules: [rule({ resourceNames: ['g'] })] }), await match({ rules: [rule({ resourceNames: ['other'] })] })]).toEqual(['v1', 'no'])
  })

  it('RL4: what configures admission is exempt', () => {
    expect(isExempt(asked({ kind: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicyBinding' } }))).toBe(true)
    expect(isExempt(asked())).toBe(false)
  })
})

describe('matching', () => {
  it('RM2: Equivalent shows another version, Exact does not, the own version goes before', async () => {
    expect([await match({ rules: [rule({ apiVersions: ['v2'] })] }), await match({ rules: [rule({ apiVersions: ['v2'] })], matchPolicy: 'Exact' }), await match({ rules: [rule({ apiVersions: ['v2', 'v1'] })] })]).toEqual(['v2 converted', 'no', 'v1'])
    const scale = { subresource: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } }
    expect(await match({ rules: [rule({ apiVersions: ['v2'], resources: ['gadgets/scale'] })] }, scale)).toBe('v2')
  })

  it('RM3: excluding rules win, in every version', async () => {
    expect([await match({ rules: [rule()], excludeRules: [rule()] }), await match({ rules: [rule()], excludeRules: [rule({ apiVersions: ['v2'] })] }), await match({ rules: [rule()], excludeRules: [rule({ apiVersions: ['v2'] })], matchPolicy: 'Exact' })]).toEqual(['no', 'no', 'v1'])
  })

  it('RM4: selectors of objects and namespaces', async () => {
    const selecting = (matchLabels: Record<string, string>) => ({ rules: [rule({ operations: ['*'] })], objectSelector: { matchLabels } })
    expect([await match(selecting({ a: 'b' })), await match(selecting({ a: 'b' }), { object: gadget({ a: 'b' }) }), await match(selecting({ a: 'b' }), { object: undefined, oldObject: gadget({ a: 'b' }), operation: 'DELETE' })]).toEqual(['no', 'v1', 'v1'])
    const inNamespace = (name: string) => ({ rules: [rule()], namespaceSelector: { matchLabels: { name } } })
    expect([await match(inNamespace('ns')), await match(inNamespace('other')), await match(inNamespace('other'), { namespace: '' })]).toEqual(['v1', 'no', 'v1'])
    await expect(match(inNamespace('gone'), { namespace: 'gone' })).rejects.toThrow('namespaces "gone" not found')
    const namespaces = { rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['namespaces'], operations: ['*'] }], namespaceSelector: { matchLabels: { new: 'yes' } } }
    expect(await match(namespaces, { group: '', resource: 'namespaces', namespace: 'made', object: object('Namespace', 'made', { metadata: { labels: { new: 'yes' } } }) })).toBe('v1')
  })
})
