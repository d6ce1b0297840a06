import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import type { Cluster } from '../snapshot/cluster.ts'
import { cluster, node, pod } from '../testing/scenario.ts'
import { readWhatIfPods } from './read-pods.ts'
import { whatIf } from './what-if.ts'

function ask(on: Cluster, value: unknown, count = 1) {
  const profiles = new Map([['default-scheduler', { name: 'default-scheduler', plugins: defaultPlugins({ cluster: on }), percentageOfNodesToScore: 0 }]])
  return whatIf({ cluster: on, profiles, nominatedOn: () => [], random: seededRandom(1), budgets: () => [] }, readWhatIfPods([value], count).pods, { details: false })
}

const wanting = (cpu: string, spec: object = {}) => ({ kind: 'Pod', metadata: { name: 'w' }, spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }], ...spec } })

describe('what if', () => {
  test('WI1 the node, or the message', () => {
    const one = cluster([{ node: node('a', { cpu: '2' }) }])
    expect(ask(one, wanting('1'))[0]).toMatchObject({ pod: 'default/w', node: 'a', message: 'would be assigned to a' })
    expect(ask(one, wanting('3'))[0]).toMatchObject({ node: null, message: '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.' })
  })

  test('WI2 several fill the cluster one after the other, and leave it as it was', () => {
    const one = cluster([{ node: node('a', { cpu: '2' }) }])
    expect(ask(one, wanting('900m'), 3).map(answer => answer.node)).toEqual(['a', 'a', null])
    expect(one.node('a')?.pods.size).toBe(0)
    expect(one.assumedPods).toBe(0)
  })

  test('WI3 each plugin says what would cure its rejection', () => {
    const two = cluster([
      { node: node('full', { cpu: '1' }), pods: [pod('x', { requests: { cpu: '600m' } })] },
      { node: node('tainted', { cpu: '8', spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } }) },
    ])
    expect(ask(two, wanting('500m'))[0]!.cures).toEqual([
      { plugin: 'NodeResourcesFit', nodes: 1, reasons: ['Insufficient cpu'], cures: [{ kind: 'free-resource', node: 'full', resource: 'cpu', amount: '100m' }] },
      { plugin: 'TaintToleration', nodes: 1, reasons: [expect.stringContaining('untolerated taint') as string], cures: [{ kind: 'toleration', node: 'tainted', taint: { key: 'k', value: 'v', effect: 'NoSchedule' } }] },
    ])
  })

  test('WI4 preemption is searched and not carried out', () => {
    const full = cluster([{ node: node('a', { cpu: '1' }), pods: [pod('low', { requests: { cpu: '1' }, priority: 1 })] }])
    expect(ask(full, wanting('1', { priority: 5 }))[0]).toMatchObject({ node: null, message: '0/1 nodes are available: 1 Insufficient cpu.', preemption: { node: 'a', victims: ['default/low'], budgetViolations: 0 } })
    expect(full.node('a')?.pods.size).toBe(1)
  })

  test('WI5 a gated pod is not decided, one of another scheduler neither', () => {
    const one = cluster([{ node: node('a') }])
    expect(ask(one, wanting('1', { schedulingGates: [{ name: 'later' }] }))[0]).toMatchObject({ node: null, message: 'waiting for scheduling gates: [later]' })
    expect(ask(one, wanting('1', { schedulerName: 'other' }))[0]!.message).toMatch(/^no profile named other/)
  })

  test('WP1 limits become requests, a list is a series', () => {
    const one = cluster([{ node: node('a', { cpu: '2' }) }])
    const limited = { kind: 'Pod', spec: { containers: [{ name: 'c', image: 'x', resources: { limits: { cpu: '3' } } }] } }
    expect(ask(one, { kind: 'List', items: [limited, wanting('1')] }).map(answer => answer.node)).toEqual([null, 'a'])
  })

  test('WP2 what makes no pods is left out, and refused when nothing else is there; so is an unknown priority class', () => {
    const service = { kind: 'Service', metadata: { name: 's' } }
    expect(readWhatIfPods([service, wanting('1')], 1)).toMatchObject({ pods: [{ metadata: { name: 'w' } }], leftOut: ['Service/s'] })
    expect(() => readWhatIfPods([service], 1)).toThrow('nothing here makes pods: Service/s')
    expect(() => readWhatIfPods([null], 1)).toThrow('the question names no pod')
    expect(() => readWhatIfPods([{ kind: 'Deployment', spec: {} }], 1)).toThrow('the pod must be a Pod')
    expect(() => readWhatIfPods([wanting('1', { priorityClassName: 'mine' })], 1)).toThrow('name the value in spec.priority')
    expect(readWhatIfPods([wanting('1', { priorityClassName: 'system-node-critical' })], 1).pods[0]!.spec.priority).toBe(2_000_001_000)
    expect(() => readWhatIfPods([wanting('1')], 0)).toThrow('count must be')
  })

  test('WP3 a workload stands for the pods it would make', () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: wanting('1').spec }
    const named = (value: unknown, count = 1) => readWhatIfPods([value], count).pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    expect(named({ kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: { replicas: 3, template } })).toEqual(['shop/web-0', 'shop/web-1', 'shop/web-2'])
    expect(named({ kind: 'StatefulSet', metadata: { name: 'db' }, spec: { template } })).toEqual(['default/db'])
    expect(named({ kind: 'Job', metadata: { name: 'j' }, spec: { parallelism: 5, completions: 2, template } })).toEqual(['default/j-0', 'default/j-1'])
    expect(named({ kind: 'CronJob', metadata: { name: 'c' }, spec: { jobTemplate: { spec: { template } } } }, 2)).toEqual(['default/c-0', 'default/c-1'])
    expect(readWhatIfPods([{ kind: 'Deployment', metadata: { name: 'web' }, spec: { template } }], 1).pods[0]!.metadata.labels).toEqual({ app: 'web' })
  })

  test('WP4 a DaemonSet is refused by name', () => {
    expect(() => readWhatIfPods([{ kind: 'DaemonSet', metadata: { name: 'd' }, spec: {} }], 1)).toThrow('DaemonSet/d: a DaemonSet makes a pod for each node')
  })
})
