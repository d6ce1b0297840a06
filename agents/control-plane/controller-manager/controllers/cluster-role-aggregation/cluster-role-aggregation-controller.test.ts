import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { PolicyRule } from '../../../../api/groups/rbac-v1/types.ts'
import { clusterRoles } from '../../../../api/resources.ts'
import { clusterRoleAggregationController } from './cluster-role-aggregation-controller.ts'

describe('cluster role aggregation', () => {
  it('CA1: gathers the rules of the selected roles, in order of their names, each once', async () => {
    await using scene = createControllerScene()
    await scene.start(clusterRoleAggregationController)
    const read: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
    const write: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['create'] }
    scene.cluster.put(clusterRoles, { metadata: { name: 'all' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'all' } }] }, rules: [] })
    scene.cluster.put(clusterRoles, { metadata: { name: 'b', labels: { to: 'all' } }, rules: [write, read] })
    scene.cluster.put(clusterRoles, { metadata: { name: 'a', labels: { to: 'all' } }, rules: [read] })
    scene.cluster.put(clusterRoles, { metadata: { name: 'c' }, rules: [{ ...read, verbs: ['*'] }] })
    await scene.settle()
    const rules = () => scene.cluster.peek(clusterRoles, { name: 'all' })!.rules
    expect(rules()).toEqual([read, write])
    scene.cluster.vanish(clusterRoles, { name: 'b' })
    await scene.settle()
    expect(rules()).toEqual([read])
  })

  it('CA2: a role that its own selector fits does not gather from itself', async () => {
    await using scene = createControllerScene()
    await scene.start(clusterRoleAggregationController)
    const rule: PolicyRule = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
    scene.cluster.put(clusterRoles, { metadata: { name: 'all', labels: { to: 'all' } }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'all' } }] }, rules: [rule] })
    await scene.settle()
    expect(scene.cluster.peek(clusterRoles, { name: 'all' })!.rules).toEqual([])
  })
})
