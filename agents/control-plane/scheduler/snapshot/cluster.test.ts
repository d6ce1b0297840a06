import { describe, expect, test } from 'vitest'
import { node, pod } from '../testing/scenario.ts'
import { Cluster, kindOf } from './cluster.ts'
import { everyNode } from './node-filter.ts'
import { selectorOf } from '../../../api/selectors/label-selector.ts'

const zone = (name: string, value: string) => node(name, { labels: { zone: value } })
const on = (name: string, nodeName: string, app = 'web') => {
  const made = pod(name, { labels: { app } })
  return { ...made, spec: { ...made.spec, nodeName } }
}

function webByZone(cluster: Cluster) {
  return cluster.counters.counter(cluster.counters.staying('default', selectorOf({ matchLabels: { app: 'web' } }), 'app=web'), 'zone', everyNode).counts
}

describe('Cluster', () => {
  test('CV1 CV2 an assumed pod counts until it is forgotten or confirmed', () => {
    const cluster = new Cluster()
    cluster.setNode(zone('a', '1'))
    const counts = webByZone(cluster)
    const one = pod('one', { labels: { app: 'web' } })
    cluster.assume(one, 'a')
    expect(counts.get('1')).toBe(1)
    cluster.forget(one.metadata.uid)
    expect(counts.get('1')).toBe(0)
    cluster.assume(one, 'a')
    cluster.setPod({ ...one, spec: { ...one.spec, nodeName: 'a' } })
    cluster.forget(one.metadata.uid)
    expect([counts.get('1'), cluster.assumedPods]).toEqual([1, 0])
  })

  test('CV4 a pod that is told before its node waits for it, and outlives it', () => {
    const cluster = new Cluster()
    cluster.setPod(on('one', 'a'))
    cluster.setNode(zone('a', '1'))
    const counts = webByZone(cluster)
    expect(counts.get('1')).toBe(1)
    cluster.removeNode('a')
    expect(counts.size).toBe(0)
    cluster.setNode(zone('a', '2'))
    expect(counts.get('2')).toBe(1)
  })

  test('CV5 NO2 nodes are listed zone by zone in turn', () => {
    const cluster = new Cluster()
    for (const [name, value] of [['a', '1'], ['b', '1'], ['c', '1'], ['d', '2'], ['e', '3']] as const) cluster.setNode(node(name, { labels: { 'topology.kubernetes.io/zone': value } }))
    expect(cluster.nodes.map(view => view.name).join('')).toBe('adebc')
    expect(cluster.nodes).toBe(cluster.nodes)
  })

  test('CV6 NV2 a status that is reported changes no generation, what counts does', () => {
    const cluster = new Cluster()
    cluster.setNode(zone('a', '1'))
    const one = on('one', 'a')
    cluster.setPod(one)
    const view = cluster.node('a')!
    const before = view.generation
    cluster.setPod({ ...one, status: { ...one.status, phase: 'Running' } })
    cluster.setNode({ ...view.node, status: { ...view.node.status, conditions: [{ type: 'Ready', status: 'True' }] } })
    expect(view.generation).toBe(before)
    expect(cluster.pod(one.metadata.uid)!.status.phase).toBe('Running')
    cluster.setNode({ ...view.node, spec: { unschedulable: true } })
    expect(view.generation).toBeGreaterThan(before)
  })

  test('PC1 PC2 pods of one template are one kind, and one number changes with each', () => {
    const cluster = new Cluster()
    cluster.setNode(zone('a', '1'))
    cluster.setNode(zone('b', '2'))
    const counts = webByZone(cluster)
    for (let index = 0; index < 5; index++) cluster.setPod(on(`w${index}`, index < 3 ? 'a' : 'b'))
    expect(cluster.counters.size).toEqual({ kinds: 1, matchers: 1, counters: 1 })
    cluster.setNode(zone('b', '1'))
    expect([counts.get('1'), counts.size]).toEqual([5, 1])
  })

  test('ST3 a term that comes and goes is known to kinds that asked before', () => {
    const cluster = new Cluster()
    cluster.setNode(zone('a', '1'))
    const web = kindOf(pod('p', { labels: { app: 'web' } }))
    const towards = cluster.standingTerms.towards(web)
    expect(towards.refuses).toEqual([])
    const refuser = on('x', 'a', 'db')
    cluster.setPod({ ...refuser, spec: { ...refuser.spec, affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } } }] } } } })
    expect(towards.refuses.map(term => term.get('1'))).toEqual([1])
    cluster.removePod(refuser.metadata.uid)
    expect([towards.refuses.length, cluster.standingTerms.size]).toEqual([0, 0])
  })
})
