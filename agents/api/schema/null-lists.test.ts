import { describe, expect, test } from 'vitest'
import { decodeObject } from './decode.ts'
import { nullEmptyLists } from './null-lists.ts'

describe('lists that are null when empty', () => {
  test.each([
    ['io.k8s.api.rbac.v1.Role', { rules: [] }, { rules: null }],
    ['io.k8s.api.storage.v1.CSINode', { spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: [] }] } }, { spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: null }] } }],
    ['io.k8s.api.core.v1.Node', { status: { images: [{ names: [], sizeBytes: 3 }] } }, { status: { images: [{ names: null, sizeBytes: 3 }] } }],
    ['io.k8s.api.flowcontrol.v1.FlowSchema', { spec: { rules: [{ resourceRules: [{ namespaces: [], verbs: ['*'] }] }] } }, { spec: { rules: [{ resourceRules: [{ namespaces: null, verbs: ['*'] }] }] } }],
  ])('NL2 %s', (definition, object, kept) => {
    expect(nullEmptyLists(object, definition)).toBe(true)
    expect(object).toEqual(kept)
    expect(nullEmptyLists(object, definition)).toBe(false)
  })

  test('NL1 other lists stay, and types without any are left alone', () => {
    const pod = { spec: { containers: [], volumes: [] } }
    expect(nullEmptyLists(pod, 'io.k8s.api.core.v1.Pod')).toBe(false)
    expect(pod).toEqual({ spec: { containers: [], volumes: [] } })
    const config = { kind: 'ConfigMap', data: {} }
    expect(nullEmptyLists(config, 'io.k8s.api.core.v1.ConfigMap')).toBe(false)
  })

  test('NL3 those that are told from absent ones for a judgement go after it', () => {
    const definition = 'io.k8s.api.resource.v1.ResourceSlice'
    const { object } = decodeObject({ spec: { sharedCounters: [] } }, definition)
    expect(object).toMatchObject({ spec: { sharedCounters: [] } })
    expect(nullEmptyLists(object, definition)).toBe(true)
    expect(object['spec']).not.toHaveProperty('sharedCounters')
  })

  test('DE4 an absent one is null, one that was sent empty is not yet', () => {
    expect(decodeObject({}, 'io.k8s.api.discovery.v1.EndpointSlice').object).toMatchObject({ endpoints: null, ports: null })
    expect(decodeObject({ endpoints: [] }, 'io.k8s.api.discovery.v1.EndpointSlice').object).toMatchObject({ endpoints: [], ports: null })
    expect(decodeObject({ spec: {} }, 'io.k8s.api.core.v1.Pod').object).toMatchObject({ spec: { containers: [] } }) // which validation wants filled
    expect(decodeObject({}, 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition').object).toMatchObject({ status: { conditions: null, storedVersions: null, acceptedNames: { plural: '', kind: '' } } })
  })
})
