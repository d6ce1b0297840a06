import { expect, test } from 'vitest'
import { fieldChanges } from './field-changes.ts'

test('fields are compared one by one, lists as a whole, and what means nothing is left out', () => {
  const before = { metadata: { resourceVersion: '1', labels: { a: '1' } }, spec: { list: [1, 2], same: {} } }
  const after = { metadata: { resourceVersion: '2', labels: { a: '1', b: '2' } }, spec: { list: [1], same: {} } }
  expect(fieldChanges(before, after, path => path === 'metadata.resourceVersion')).toEqual([{ path: 'metadata.labels.b', to: '2' }, { path: 'spec.list', from: [1, 2], to: [1] }])
  expect(fieldChanges({ spec: { replicas: 1 } }, { spec: {} })).toEqual([{ path: 'spec.replicas', from: 1 }])
})
