import { describe, expect, test } from 'vitest'
import type { ResourceKind } from '../../../electron/contract/resources.ts'
import { groupKinds } from './kind-groups.ts'

const kind = (group: string, resource: string): ResourceKind => ({ group, version: 'v1', resource, kind: resource, namespaced: true, shortNames: [], categories: [], verbs: ['list'], subresources: [] })

describe('groups of kinds', () => {
  test('pods come first, a custom resource stands under its API group', () => {
    const groups = groupKinds([kind('example.com', 'widgets'), kind('apps', 'deployments'), kind('', 'pods')])
    expect(groups.map(({ name, kinds }) => [name, kinds.map(({ resource }) => resource)])).toEqual([['workloads', ['pods', 'deployments']], ['example.com', ['widgets']]])
  })

  test('a group of which the server has nothing is not shown', () => {
    expect(groupKinds([kind('', 'secrets')]).map(({ name }) => name)).toEqual(['configuration'])
  })
})
