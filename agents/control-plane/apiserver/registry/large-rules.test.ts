import { expect, test } from 'vitest'
import type { KubeObject } from './kube-object.ts'
import { askRules, isAskedElsewhere } from './large-rules.ts'
import type { ServedResource } from './served-resource.ts'

const configMaps = { group: '', version: 'v1', resource: 'configmaps', custom: undefined } as unknown as ServedResource
const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' } as unknown as ServedResource

function configMap(data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'n' }, data } as unknown as KubeObject
}

const widget = {
  metadata: { name: 'widgets.e.com', uid: 'u', resourceVersion: '1' },
  spec: {
    group: 'e.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'only grows' }] } } } } } } }],
  },
  status: {},
}
const widgets = { group: 'e.com', version: 'v1', resource: 'widgets', custom: { hasManyRules: true, source: () => ({ key: 'u/1', definition: JSON.stringify(widget) }) } } as unknown as ServedResource
const widgetOf = (size: number) => ({ apiVersion: 'e.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'n', finalizers: ['odd'] }, spec: { size } }) as unknown as KubeObject

test('LR1 a thread says what the rules of a kind say, of new objects and of changes', async () => {
  const warn = () => {}
  expect(await askRules(configMaps, 'create', configMap({ fine: 'v' }), undefined, warn)).toEqual([])
  expect(await askRules(configMaps, 'create', configMap({ 'a/b': 'v' }), undefined, warn)).toEqual([expect.objectContaining({ path: 'data[a/b]', reason: 'FieldValueInvalid' })])
  const fixed = { ...configMap({ a: 'v' }), immutable: true } as KubeObject
  expect(await askRules(configMaps, 'update', { ...fixed, data: { a: 'w' } } as KubeObject, fixed, warn)).toContainEqual(expect.objectContaining({ path: 'data', reason: 'FieldValueForbidden' }))
})

test('LR2 the rules of a custom resource come from its definition, and warn', async () => {
  const warnings: string[] = []
  const failures = await askRules(widgets, 'update', widgetOf(1), { ...widgetOf(2), metadata: { name: 'w', namespace: 'n' } } as KubeObject, text => { warnings.push(text) })
  expect(failures).toContainEqual(expect.objectContaining({ path: 'spec.size', message: 'Invalid value: 1: only grows' }))
  expect(warnings).toEqual([expect.stringContaining('"odd": prefer a domain-qualified finalizer name')])
})

test('LR2 LR3 who is asked about elsewhere', () => {
  expect([isAskedElsewhere(configMaps, {}), isAskedElsewhere(configMaps, { isHeavy: true }), isAskedElsewhere(configMaps, { isHeavy: true, isLarge: true })]).toEqual([false, false, true])
  expect([isAskedElsewhere(definitions, {}), isAskedElsewhere(definitions, { isHeavy: true }), isAskedElsewhere(widgets, {})]).toEqual([false, true, true])
})
