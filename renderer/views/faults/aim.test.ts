import { expect, test } from 'vitest'
import { type Aim, aimText, readAim, strikes } from './aim.ts'

const components = ['etcd', 'kubelet@node-1', 'kubelet@node-2'].map(name => ({ name }))
const kind = (target: 'component' | 'node' | 'link' | 'object', more: { readonly resource?: string; readonly components?: readonly string[] } = {}) => ({ target, resource: more.resource ?? null, components: more.components ?? null })

test('an aim is read as it is written, and what is none is none', () => {
  const aims: readonly (readonly [string, Aim | null])[] = [
    ['nodes/node-1', { type: 'node', name: 'node-1' }], ['pods/default/web', { type: 'object', resource: 'pods', namespace: 'default', name: 'web' }], ['namespaces/shop', { type: 'object', resource: 'namespaces', namespace: '', name: 'shop' }],
    ['', null], ['pods', null], ['pods/', null], ['nodes/a/b', null], ['pods/a/b/c', null],
  ]
  for (const [text, aim] of aims) expect(readAim(text), text).toEqual(aim)
  expect(readAim(undefined)).toBe(null)
  expect(aims.flatMap(([, aim]) => (aim === null ? [] : [aimText(aim)]))).toEqual(['node-1', 'pods/default/web', 'namespaces/shop'])
})

test('AM1 a node is struck by its own faults, its links\' and its components\'', () => {
  const aim: Aim = { type: 'node', name: 'node-1' }
  expect([kind('node'), kind('link'), kind('component'), kind('component', { components: ['kubelet'] })].map(one => strikes(one, aim, components))).toEqual([true, true, true, true])
  expect([kind('component', { components: ['etcd'] }), kind('object', { resource: 'pods' })].map(one => strikes(one, aim, components))).toEqual([false, false])
})

test('AM1 an object is struck by the faults of its resource', () => {
  const aim: Aim = { type: 'object', resource: 'pods', namespace: 'default', name: 'web' }
  expect([kind('object', { resource: 'pods' }), kind('object', { resource: 'services' }), kind('node')].map(one => strikes(one, aim, components))).toEqual([true, false, false])
})
