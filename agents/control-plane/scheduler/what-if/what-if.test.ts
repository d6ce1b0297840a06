import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import type { Cluster } from '../snapshot/cluster.ts'
import { cluster, node, pod } from '../testing/scenario.ts'
import { readWhatIfPods } from './read-pods.ts'
import { whatIf } from './what-if.ts'

function ask(on: Cluster, value: unknown, count = 1) {
  const profiles = new Map([['default-scheduler', { name: 'default-scheduler', plugins: defaultPlugins({ cluster: on }), percentageOfNodesToScore: 0 }]])
  return whatIf({ cluster: on, profiles, nominatedOn: () => [], random: seededRandom(1), budgets: () => [] }, readWhatIfPods(value, count), { details: false })
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

  test('WP2 what is no Pod is refused, and so is an unknown priority class', () => {
    expect(() => readWhatIfPods({ kind: 'Deployment', spec: {} }, 1)).toThrow('the pod must be a Pod')
    expect(() => readWhatIfPods(wanting('1', { priorityClassName: 'mine' }), 1)).toThrow('name the value in spec.priority')
    expect(readWhatIfPods(wanting('1', { priorityClassName: 'system-node-critical' }), 1)[0]!.spec.priority).toBe(2_000_001_000)
    expect(() => readWhatIfPods(wanting('1'), 0)).toThrow('count must be')
  })
})
