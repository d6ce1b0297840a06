import { describe, expect, it } from 'vitest'
import type { CustomResourceDefinition } from '../../../api/groups/apiextensions-v1/types.ts'
import { deprecationOf } from './definition.ts'
import { nextStatus } from './definition-status.ts'

const time = '2026-01-01T00:00:00Z'

function definition(name: string, kind: string, more: Partial<CustomResourceDefinition['spec']> = {}, annotations: Record<string, string> = {}): CustomResourceDefinition {
  const group = more.group ?? 'example.com'
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
    metadata: { name: `${name}.${group}`, annotations } as unknown as CustomResourceDefinition['metadata'],
    spec: { group, scope: 'Namespaced', names: { plural: name, singular: kind.toLowerCase(), kind, listKind: `${kind}List` }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }], ...more },
    status: {},
  }
}

/** Every step until nothing is left to say, as "Type=Status/Reason". */
function settle(object: CustomResourceDefinition, others: readonly CustomResourceDefinition[] = []): string[] {
  const steps: string[] = []
  for (let status = nextStatus(object, others, time); status !== undefined; status = nextStatus(object, others, time)) {
    object.status = status
    steps.push((status.conditions ?? []).map(condition => `${condition.type}=${condition.status}/${condition.reason ?? ''}`).join(' '))
    if (steps.length > 5) throw new Error('it does not end')
  }
  return steps
}

describe('status of a definition', () => {
  it('DS2 names first, then established, in two steps', () => {
    expect(settle(definition('foos', 'Foo'))).toEqual([
      'NamesAccepted=True/NoConflicts Established=False/Installing',
      'NamesAccepted=True/NoConflicts Established=True/InitialNamesAccepted',
    ])
  })

  it('DS1 what others have is refused, what is free is taken', () => {
    const first = definition('foos', 'Foo')
    settle(first)
    const second = definition('bars', 'Foo', { names: { plural: 'bars', singular: 'foo', kind: 'Foo', listKind: 'FooList', shortNames: ['foos', 'b'] } })
    expect(settle(second, [first])).toEqual(['NamesAccepted=False/ListKindConflict Established=False/NotAccepted'])
    expect(second.status.acceptedNames).toEqual({ plural: 'bars', kind: '' })
    expect(second.status.conditions?.[0]?.message).toBe('"FooList" is already in use')
    first.status = {}
    expect(settle(second, [first]).at(-1)).toBe('NamesAccepted=True/NoConflicts Established=True/InitialNamesAccepted')
  })

  it('DS2 an established definition that loses a name stays established', () => {
    const other = definition('others', 'Other')
    settle(other)
    const own = definition('foos', 'Foo')
    settle(own)
    own.spec.names = { ...own.spec.names, shortNames: ['others'] }
    expect(settle(own, [other])).toEqual(['NamesAccepted=False/ShortNamesConflict Established=True/InitialNamesAccepted'])
  })

  it('DS3 violations of the rules of structural schemas are told', () => {
    const own = definition('foos', 'Foo', { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } } }] })
    expect(settle(own).at(-1)).toContain('NonStructuralSchema=True/Violations')
    expect(own.status.conditions?.[2]?.message).toBe('spec.versions[0].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields')
    own.spec = definition('foos', 'Foo').spec
    expect(settle(own).at(-1)).not.toContain('NonStructuralSchema')
  })

  it('DS3 groups of the community say whether they were approved', () => {
    const groups: Record<string, string>[] = [{}, { 'api-approved.kubernetes.io': 'unapproved, an experiment' }, { 'api-approved.kubernetes.io': 'https://example.com/1' }]
    const reasons = groups.map(annotations => settle(definition('foos', 'Foo', { group: 'x.k8s.io' }, annotations)).at(-1)!.split(' ').at(-1))
    expect(reasons).toEqual([
      'KubernetesAPIApprovalPolicyConformant=False/MissingAnnotation',
      'KubernetesAPIApprovalPolicyConformant=False/UnapprovedAnnotation',
      'KubernetesAPIApprovalPolicyConformant=True/ApprovedAnnotation',
    ])
  })

  it('a deprecated version names the best one that is not', () => {
    const version = (name: string, deprecated: boolean) => ({ name, served: true, storage: name === 'v1', deprecated })
    const own = definition('foos', 'Foo', { versions: [version('v1', false), version('v1beta1', true), version('v1alpha1', true)] })
    expect(own.spec.versions.map(each => deprecationOf(each, own))).toEqual([undefined, 'example.com/v1beta1 Foo is deprecated; use example.com/v1 Foo', 'example.com/v1alpha1 Foo is deprecated; use example.com/v1 Foo'])
    const last = definition('foos', 'Foo', { versions: [version('v1', true)] })
    expect(deprecationOf(last.spec.versions[0]!, last)).toBe('example.com/v1 Foo is deprecated')
  })
})
