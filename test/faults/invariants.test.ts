/** Each invariant complains when what it guards is broken: one that never does guards nothing. */
import { describe, expect, it } from 'vitest'
import { deployments, jobs, nodes, podDisruptionBudgets, pods, volumeAttachments } from '../../agents/api/resources.ts'
import { attachedToOneNode, budgetsAreHonest, eachIndexOnce, inOrder, neverMoreSucceeded, onePodPerOrdinal, podCidrsAreDistinct, staysAvailable, withinSurge } from './invariants.ts'
import { meta, readyPod } from './scenario.ts'
import { readyNode, World } from './world.ts'

const owner = (kind: string, name: string) => [{ apiVersion: 'x/v1', kind, name, uid: name, controller: true }]
const pod = (name: string, app: string) => readyPod(name, app, '10.244.0.1')

describe('invariants', () => {
  it('maxSurge: a deployment has never more live pods than replicas and surge', () => {
    const world = new World()
    world.put(deployments, { metadata: meta('web'), spec: { replicas: 2, selector: {}, template: {} } })
    world.invariants.push(withinSurge('web', 1))
    for (const index of [1, 2, 3]) world.put(pods, pod(`web-${index}`, 'web'))
    expect(world.broken).toEqual([])
    world.put(pods, pod('web-4', 'web'))
    expect(world.broken).toEqual(['deployment web: 4 live pods of 2 + 1'])
  })

  it('maxUnavailable: once pods are ready, never fewer than replicas less maxUnavailable are', () => {
    const world = new World()
    world.invariants.push(staysAvailable('web', 3, 2))
    for (const index of [1, 2, 3]) world.put(pods, pod(`web-${index}`, 'web'))
    for (const index of [1, 2]) {
      expect(world.broken).toEqual([])
      world.put(pods, { ...pod(`web-${index}`, 'web'), status: { phase: 'Failed' } })
    }
    expect(world.broken).toEqual(['web: 1 ready pods, at least 2 must stay'])
  })

  it('one pod per ordinal of a stateful set, and none before those before it', () => {
    const world = new World()
    world.invariants.push(onePodPerOrdinal('db'), inOrder('db'))
    const ordinal = (name: string, index: string) => ({ ...pod(name, 'db'), metadata: { ...meta(name), labels: { 'app': 'db', 'apps.kubernetes.io/pod-index': index } } })
    world.put(pods, ordinal('db-0', '0'))
    world.put(pods, ordinal('db-2', '2'))
    expect(world.broken).toEqual(['db-2 was made before db-1 was ready'])
    world.put(pods, ordinal('other-0', '0'))
    expect(world.broken).toContain('db: two pods of one ordinal among 0, 2, 0')
  })

  it('Job counts: no index twice, no more at once than parallelism, no more succeeded than completions', () => {
    const world = new World()
    world.put(jobs, { metadata: meta('work'), spec: { completions: 2, template: {} }, status: { succeeded: 3 } })
    world.invariants.push(eachIndexOnce('work', 1), neverMoreSucceeded('work', 2))
    const worker = (name: string, index: string) => ({ ...pod(name, 'work'), metadata: { ...meta(name), ownerReferences: owner('Job', 'work'), annotations: { 'batch.kubernetes.io/job-completion-index': index } } })
    world.put(pods, worker('a', '0'))
    world.put(pods, worker('b', '1'))
    world.put(pods, worker('c', '1'))
    expect(world.broken).toEqual(['job work: 3 of 2 succeeded', 'job work: 2 active pods, parallelism is 1', 'job work: index 1 has two pods'])
  })

  it('pod CIDRs are distinct, and a volume for one node is attached to one', () => {
    const world = new World()
    world.invariants.push(podCidrsAreDistinct, attachedToOneNode)
    for (const name of ['n1', 'n2']) world.put(nodes, { ...readyNode(name), spec: { podCIDR: '10.244.0.0/24' } })
    for (const nodeName of ['n1', 'n2']) world.put(volumeAttachments, { metadata: { name: nodeName }, spec: { attacher: 'd', nodeName, source: { persistentVolumeName: 'v' } } })
    expect(world.broken).toEqual(['two nodes have one pod CIDR: 10.244.0.0/24, 10.244.0.0/24', 'attached twice: v on n1, v on n2'])
  })

  it.each<[string, object, string[]]>([
    ['3 healthy, 2 must stay, 1 allowed', { currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 }, []],
    ['none allowed while too few are healthy', { currentHealthy: 1, desiredHealthy: 2, disruptionsAllowed: 0 }, []],
    ['3 healthy, 2 must stay, 2 allowed', { currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 2 }, ['budget web allows 2 of 3 healthy pods, 2 must stay']],
    ['less must stay than the budget says', { currentHealthy: 3, desiredHealthy: 1, disruptionsAllowed: 2 }, ['budget web allows 2 of 3 healthy pods, 2 must stay']],
    ['more are healthy than there are', { currentHealthy: 4, desiredHealthy: 2, disruptionsAllowed: 2 }, ['budget web counts 4 healthy pods of 3']],
  ])('a budget allows what its pods can lose: %s', (_, status, broken) => {
    const world = new World()
    world.invariants.push(budgetsAreHonest)
    for (const index of [1, 2, 3]) world.put(pods, pod(`web-${index}`, 'web'))
    world.put(podDisruptionBudgets, { metadata: meta('web'), spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } }, status: { expectedPods: 3, ...status } })
    expect(world.broken).toEqual(broken)
  })
})
