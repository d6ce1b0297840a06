import { expect, test } from 'vitest'
import { objectDiff } from './object-diff.ts'

test('a changed field is told with both values, bookkeeping is not (OD1)', () => {
  const before = { kind: 'Pod', metadata: { name: 'a', resourceVersion: '1', managedFields: [1] }, spec: { containers: [{ image: 'web' }] } }
  const after = { kind: 'Pod', metadata: { name: 'a', resourceVersion: '2', managedFields: [2] }, spec: { containers: [{ image: 'web:v2' }], nodeName: 'n' } }
  expect(objectDiff(before, after)).toEqual([
    { path: 'spec.containers[0].image', before: 'web', after: 'web:v2' },
    { path: 'spec.nodeName', before: null, after: 'n' },
  ])
})

test('an object that came or went is told by its parts', () => {
  const object = { kind: 'ConfigMap', metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, data: { b: '1' } }
  expect(objectDiff(null, object).map(({ path }) => path)).toEqual(['metadata.name', 'metadata.labels', 'data'])
  expect(objectDiff(object, null).every(({ after }) => after === null)).toBe(true)
})

test('OD2 values of Secrets are never told', () => {
  const changes = objectDiff({ kind: 'Secret', data: { password: 'b2xk' } }, { kind: 'Secret', data: { password: 'bmV3' } })
  expect(changes).toEqual([{ path: 'data.password', before: '•••', after: '•••' }])
})
