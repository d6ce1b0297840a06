import { describe, expect, test } from 'vitest'
import { kindsOf } from './read-kinds.ts'

const resource = (name: string, verbs: readonly string[] = ['get', 'list', 'watch']) => ({ resource: name, responseKind: { kind: name }, scope: 'Namespaced' as const, verbs })

describe('kinds', () => {
  test('a resource of several versions is taken in the one that the server names first', () => {
    const kinds = kindsOf({ items: [{ metadata: { name: 'autoscaling' }, versions: [{ version: 'v2', resources: [resource('horizontalpodautoscalers')] }, { version: 'v1', resources: [resource('horizontalpodautoscalers')] }] }] })
    expect(kinds.map(({ group, version }) => `${group}/${version}`)).toEqual(['autoscaling/v2'])
  })

  test('what cannot be listed, such as a review, is no kind to look at', () => {
    expect(kindsOf({ items: [{ versions: [{ version: 'v1', resources: [resource('bindings', ['create'])] }] }] })).toEqual([])
  })
})
