import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../registry/kube-object.ts'
import { attributesOfReview, validateReview } from './review-attributes.ts'
import { user } from './testing/fakes.ts'

const review = (spec: object, kind = 'SubjectAccessReview', metadata: KubeObject['metadata'] = {}): KubeObject => ({ apiVersion: 'authorization.k8s.io/v1', kind, metadata, spec })
const problems = (body: KubeObject) => validateReview(body).map(({ path, message }) => `${path}: ${message}`)
const resource = { verb: 'get', resource: 'pods', namespace: 'a' }

describe('access reviews', () => {
  test('RW1 exactly one thing asked, by somebody, without metadata', () => {
    expect(problems(review({ user: 'x', resourceAttributes: resource }))).toEqual([])
    expect(problems(review({ user: 'x' }))).toEqual(['spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified'])
    expect(problems(review({ groups: ['g'], resourceAttributes: resource, nonResourceAttributes: { path: '/x' } }))[0]).toContain('spec.nonResourceAttributes: Invalid value')
    expect(problems(review({ resourceAttributes: resource }))).toEqual(['spec.user: Invalid value: "": at least one of user or group must be specified'])
    expect(problems(review({ resourceAttributes: resource }, 'SelfSubjectAccessReview'))).toEqual([])
    expect(problems(review({ user: 'x', resourceAttributes: resource }, 'SubjectAccessReview', { name: 'n' }))[0]).toContain('metadata: Invalid value')
  })

  test('RW1 a local review is about its namespace', () => {
    expect(problems(review({ user: 'x', resourceAttributes: resource }, 'LocalSubjectAccessReview', { namespace: 'a' }))).toEqual([])
    expect(problems(review({ user: 'x', resourceAttributes: resource }, 'LocalSubjectAccessReview', { namespace: 'b' }))).toEqual(['spec.resourceAttributes.namespace: Invalid value: "a": must match metadata.namespace'])
    expect(problems(review({ user: 'x', nonResourceAttributes: { path: '/' } }, 'LocalSubjectAccessReview', { namespace: 'b' }))[0]).toContain('disallowed on this kind of request')
  })

  test('RW2 selectors are raw or requirements', () => {
    const withSelector = (fieldSelector: object) => problems(review({ user: 'x', resourceAttributes: { ...resource, fieldSelector } }))
    expect(withSelector({ rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In', values: ['b'] }] })).toEqual(['spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements'])
    expect(withSelector({})[0]).toContain('spec.resourceAttributes.fieldSelector.requirements: Required value')
    expect(withSelector({ requirements: [{ key: 'a', operator: 'In' }] })[0]).toContain('requirements[0].values: Required value')
  })

  test('RW2 what can be understood is asked, the rest is told', () => {
    const of = (more: object) => attributesOfReview({ resourceAttributes: { ...resource, ...more } }, user('x'))
    expect(of({ fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }, { key: 'a', operator: 'Exists' }] } })).toMatchObject({ attributes: { fieldSelector: 'spec.nodeName=n1' }, errors: ['spec.resourceAttributes.fieldSelector partially ignored due to parse error'] })
    expect(of({ labelSelector: { requirements: [{ key: 'app', operator: 'NotIn', values: ['a', 'b'] }, { key: 'x', operator: 'DoesNotExist' }] } })).toMatchObject({ attributes: { labelSelector: 'app notin (a,b),!x' }, errors: [] })
    expect(of({ labelSelector: { rawSelector: 'a in (' } })).toMatchObject({ attributes: { labelSelector: '' }, errors: ['spec.resourceAttributes.labelSelector ignored due to parse error'] })
  })
})
