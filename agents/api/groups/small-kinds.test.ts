/** Rules of kinds that have few. */
import { expect, test } from 'vitest'
import { fieldErrorsText } from '../field-error.ts'
import type { Kind } from '../kind.ts'
import type { KubernetesObject } from '../kubernetes-object.ts'
import { lease } from './coordination-v1/lease.ts'
import { namespace } from './core-v1/namespace.ts'
import { node } from './core-v1/node.ts'
import { endpointSlice } from './discovery-v1/endpoint-slice.ts'
import { runtimeClass } from './node-v1/runtime-class.ts'
import { clusterRole } from './rbac-v1/roles.ts'
import { resourceClaimTemplate } from './resource-v1/resource-kinds.ts'
import { priorityClass } from './scheduling-v1/priority-class.ts'
import { csiDriver, storageClass } from './storage-v1/storage-kinds.ts'

/** As it is after a create; what is wrong with it beside. */
function made<T extends KubernetesObject>(kind: Kind<T>, fields: object): { object: T; errors: string } {
  const object = { metadata: { name: 'x', ...(kind.type.namespaced ? { namespace: 'n' } : {}) }, ...fields } as unknown as T
  kind.setDefaults(object)
  kind.prepareForCreate(object)
  return { object, errors: fieldErrorsText(kind.validate(object)) }
}

test('fields whose gates are off, or that were taken away, are dropped', () => {
  expect(made(lease, { spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'a' } }).object.spec).toEqual({})
  expect(made(node, { spec: { configSource: {} } }).object.spec).toEqual({})
  expect(made(csiDriver, { spec: { preventPodSchedulingIfMissing: true } }).object.spec.preventPodSchedulingIfMissing).toBeUndefined()
  expect(made(endpointSlice, { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { a: 'b' } }] }).object.endpoints![0]).not.toHaveProperty('deprecatedTopology')
})

test('ND ranges of a node are CIDRs, one a family', () => {
  expect(made(node, { spec: { podCIDR: 'likely' } }).errors).toContain('spec.podCIDRs[0]: Invalid value: "likely": must be a valid CIDR value')
  expect(made(node, { spec: { podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] } }).errors).toContain('may specify no more than one CIDR for each IP family')
  expect(made(node, { spec: { podCIDRs: ['10.0.0.0/24', 'fd00::/64'] } }).errors).toBe('[]')
  expect(node.warnings!({ metadata: { name: 'x' }, spec: { externalID: 'e' } } as never)).toEqual(['spec.externalID: this field is deprecated, and is unused by Kubernetes'])
})

test('a finalizer of a namespace that is no name is no standard one either', () => {
  expect(made(namespace, { spec: { finalizers: ['Not Likely!'] } }).errors).toContain('name is neither a standard finalizer name nor is it fully qualified')
})

test('hints name zones and nodes', () => {
  const hinted = (hints: object) => made(endpointSlice, { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], hints }] }).errors
  expect(hinted({ forNodes: [{ name: '' }] })).toContain('endpoints[0].hints.forNodes[0].name: Invalid value: ""')
  expect(hinted({ forZones: [{ name: 'a' }, { name: 'a' }] })).toBe('endpoints[0].hints.forZones[1].name: Duplicate value: "a"')
})

test('a runtime class tolerates what a pod can, once', () => {
  expect(made(runtimeClass, { handler: 'h', scheduling: { tolerations: [{}] } }).errors).toContain('scheduling.tolerations[0].operator: Invalid value: "": operator must be Exists')
  expect(made(runtimeClass, { handler: 'h', scheduling: { tolerations: [{ key: 'a' }, { key: 'a' }] } }).errors).toBe('scheduling.tolerations[1]: Duplicate value: {"key":"a"}')
})

test('a selector of cluster roles that is wrong is none', () => {
  expect(made(clusterRole, { aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'Odd' }] }] } }).errors).toBe('[aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Odd": not a valid selector operator, aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.]')
})

test('a template of claims gives labels and annotations, and no other metadata', () => {
  const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'd' } }] } }
  expect(made(resourceClaimTemplate, { spec: { metadata: { labels: { a: 'b' }, uid: 'u', managedFields: [] }, spec } }).errors).toBe('[spec.metadata.uID: Forbidden: cannot be set, spec.metadata.managedFields: Forbidden: cannot be set]')
})

test('a policy of preemption that is nothing is missing', () => {
  expect(made(priorityClass, { value: 1, preemptionPolicy: '' }).errors).toBe('preemptionPolicy: Required value')
})

test('terms of topology say something, and each something else', () => {
  const term = (value: string) => ({ matchLabelExpressions: [{ key: 'zone', values: [value] }] })
  const errors = (...allowedTopologies: object[]) => made(storageClass, { provisioner: 'e.com/p', allowedTopologies }).errors
  expect(errors({})).toBe('allowedTopologies[0].matchLabelExpressions: Duplicate value: ""')
  expect(errors(term('a'), term('a'))).toBe('allowedTopologies[1].matchLabelExpressions: Duplicate value: ""')
  expect(errors(term('a'), term('b'))).toBe('[]')
})

test('a driver is warned that tokens stand among the attributes of volumes', () => {
  expect(csiDriver.warnings!(made(csiDriver, { spec: { tokenRequests: [{ audience: 'a' }] } }).object)[0]).toContain('serviceAccountTokenInSecrets is unset')
})
