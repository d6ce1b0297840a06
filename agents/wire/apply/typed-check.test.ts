import { expect, test } from 'vitest'
import { applySchemaOf, applySchemaOfStructural } from './apply-schema.ts'
import { checkTyped, TypedValueError } from './typed-check.ts'

const deployment = applySchemaOf('io.k8s.api.apps.v1.Deployment')
const withContainer = (container: unknown) => ({ spec: { template: { spec: { containers: [container] } } } })
const inContainer = '.spec.template.spec.containers[name="a"]'

test.each([
  ['an unknown field', { spec: { foo: 1 } }, '.spec.foo: field not declared in schema'],
  ['a map for a list', { spec: { template: { spec: { containers: { a: 1, b: ['x', null] } } } } }, '.spec.template.spec.containers: expected list, got &{map[a:1 b:[x <nil>]]}'],
  ['a text for a map', { spec: 'x' }, '.spec: expected map, got &{x}'],
  ['a number for a text', { metadata: { labels: { a: 1 } } }, '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}'],
  ['a map for a text', withContainer({ name: 'a', image: { b: ['x', true] } }), `${inContainer}.image: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":[]interface {}{"x", true}}}`],
  ['a text for a number', { spec: { replicas: '3' } }, '.spec.replicas: expected numeric (int or float), got string'],
  ['a text for a truth value', { spec: { paused: 'yes' } }, '.spec.paused: expected boolean, got &{yes}'],
  ['a list for a quantity', withContainer({ name: 'a', resources: { limits: { cpu: [1] } } }), `${inContainer}.resources.limits.cpu: expected any scalar, got &{[1]}`],
  ['a number in a list owned as a whole', withContainer({ name: 'a', command: ['x', 2] }), `${inContainer}.command[1]: expected string, got &value.valueUnstructured{Value:2}`],
  ['an unknown field in a struct owned as a whole', { spec: { selector: { matchLabel: {} } } }, '.spec.selector.matchLabel: field not declared in schema'],
  ['an element without its key', withContainer({ image: 'b' }), '.spec.template.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)'],
  ['an element that is no map', withContainer('a'), '.spec.template.spec.containers: element 0: associative list with keys may not have non-map elements'],
  ['an element that is null', withContainer(null), '.spec.template.spec.containers: element 0: associative list with keys may not have a null element'],
  ['an element twice', { metadata: { finalizers: ['a/b', 'a/b'] } }, '.metadata.finalizers: duplicate entries for key [="a/b"]'],
  ['a map in a set', { metadata: { finalizers: [{}] } }, '.metadata.finalizers: element 0: associative list without keys has an element that\'s a map type'],
])('TC2 TC3 %s', (_, value, text) => {
  expect(() => { checkTyped(value, deployment) }).toThrow(new TypedValueError(text))
})

test('TC1 all problems are told; null fits, and what has several forms is not looked into', () => {
  expect(() => { checkTyped({ spec: { replicas: 'x', paused: 1 } }, deployment) }).toThrow(new TypedValueError('errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.paused: expected boolean, got &{1}'))
  checkTyped({ metadata: null, spec: { replicas: null, template: null, strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } } } }, deployment)
})

test('AS5 custom resources are checked by their own schema', () => {
  const schema = applySchemaOfStructural({ type: 'object', properties: {
    at: { type: 'string', format: 'date-time' }, port: { 'x-kubernetes-int-or-string': true }, free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    list: { type: 'array', items: { type: 'integer' } }, whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: { type: 'boolean' } } },
  } })
  checkTyped({ at: 1, port: 'x', free: { a: [1, 'b'] }, list: [1, 2], whole: { a: true } }, schema)
  expect(() => { checkTyped({ list: ['x'] }, schema) }).toThrow(new TypedValueError('.list[0]: expected numeric (int or float), got string'))
  expect(() => { checkTyped({ whole: { a: 'x' } }, schema) }).toThrow(new TypedValueError('.whole.a: expected boolean, got &{x}'))
})
