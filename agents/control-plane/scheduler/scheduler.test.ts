import { afterEach, describe, expect, test } from 'vitest'
import type { Node, Pod } from '../../api/groups/core-v1/types.ts'
import { nodes, pods } from '../../api/resources.ts'
import { FakeClock } from '../../base/fake-clock.ts'
import { silentLog } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { Informers } from '../../machinery/informers.ts'
import { noMetrics } from '../../machinery/metrics.ts'
import { FakeCluster } from '../../../test/fakes/fake-cluster.ts'
import { assembleScheduler } from './assembly.ts'
import { detailsOf } from './decisions/decision-log.ts'
import { ClusterFeed } from './feed/cluster-feed.ts'
import type { ExtenderPost } from './extender/extender.ts'
import { Extender } from './extender/extender.ts'
import type { PermitAnswer, PermitPlugin, ReservePlugin } from './framework/plugin.ts'
import type { EnabledPlugin } from './framework/plugin-set.ts'
import { pluginSetOf } from './framework/plugin-set.ts'
import { fits, rejected } from './framework/verdict.ts'
import { allPluginFactories, defaultEnabled } from './profile/default-plugins.ts'
import { defaultPluginArgs } from './framework/plugin-args.ts'
import { Cluster } from './snapshot/cluster.ts'
import { node, pod } from './testing/scenario.ts'

const stops: AbortController[] = []
afterEach(() => { for (const stop of stops.splice(0)) stop.abort(new Error('test over')) })

interface Told {
  readonly reason: string
  readonly about: string
  readonly message: string
}

async function start(options: { readonly extra?: readonly EnabledPlugin[]; readonly extenders?: readonly Extender[] } = {}) {
  const clock = new FakeClock()
  const server = new FakeCluster({ clock })
  const stop = new AbortController()
  stops.push(stop)
  const bound: string[] = []
  let bindFails: Error | null = null
  const createSubresource = async (_type: unknown, key: { namespace?: string; name: string }, subresource: string, body: { target: { name: string } }) => {
    if (subresource !== 'binding') throw new Error(`unexpected subresource ${subresource}`)
    if (bindFails !== null) throw bindFails
    const current = await server.get(pods, key)
    await server.update(pods, { ...current, spec: { ...current.spec, nodeName: body.target.name } })
    bound.push(`${key.name} on ${body.target.name}`)
  }
  const client = new Proxy(server, { get: (target, name) => (name === 'createSubresource' ? createSubresource : (value => (typeof value === 'function' ? value.bind(target) as unknown : value))(Reflect.get(target, name) as unknown)) })
  const informers = new Informers({ client, clock, log: silentLog, random: seededRandom(1) })
  const podInformer = informers.for(pods)
  const nodeInformer = informers.for(nodes)
  const cluster = new Cluster()
  const told: Told[] = []
  const assembled = assembleScheduler({
    profiles: ['default-scheduler', 'second'].map(name => ({
      name, percentageOfNodesToScore: 0,
      plugins: handle => pluginSetOf([...defaultEnabled.map(({ name: plugin, weight }) => ({ plugin: allPluginFactories[plugin](defaultPluginArgs, handle), ...(weight === undefined ? {} : { weight }) })), ...options.extra ?? []]),
    })),
    extenders: options.extenders ?? [], cluster, client, clock, random: seededRandom(1), log: silentLog, metrics: noMetrics, signal: stop.signal,
    findPod: (namespace, name) => podInformer.cache.get({ namespace, name }),
    budgets: () => [],
    event: (_, subject, __, reason, message) => { told.push({ reason, about: subject.metadata.name, message }) },
    breathe: () => Promise.resolve(),
  })
  const feed = new ClusterFeed({ cluster, queue: assembled.queue, waitingPods: assembled.waitingPods, clock, metrics: assembled.metrics, isOurs: pod => assembled.profiles.has(pod.spec.schedulerName ?? 'default-scheduler') })
  feed.followNodes(nodeInformer)
  feed.followPods(podInformer)
  informers.start(stop.signal)
  await clock.advance(10)
  void assembled.scheduler.run(stop.signal)
  return {
    ...assembled, clock, server, cluster, bound, told,
    addNode: async (added: Node) => {
      const created = await server.create(nodes, added)
      await server.update(nodes, { ...created, status: added.status }, { subresource: 'status' })
      await clock.advance(10)
    },
    addPod: async (added: Pod) => { const { uid: _, resourceVersion: __, ...metadata } = added.metadata; await server.create(pods, { ...added, metadata } as Pod); await clock.advance(10) },
    read: (name: string) => server.get(pods, { namespace: 'default', name }),
    conditionOf: async (name: string) => (await server.get(pods, { namespace: 'default', name })).status.conditions?.find(condition => condition.type === 'PodScheduled'),
    failBindings: (error: Error | null) => { bindFails = error },
  }
}

const small = (cpu: string) => ({ requests: { cpu } })

describe('scheduler', () => {
  test('SD1 a pod is bound to a node that fits and the event says so', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('p', small('500m')))
    expect(scene.bound).toEqual(['p on a'])
    expect(scene.told).toEqual([{ reason: 'Scheduled', about: 'p', message: 'Successfully assigned default/p to a' }])
    expect(scene.cluster.assumedPods).toBe(0)
    expect(scene.queue.all()).toEqual([])
  })

  test('SD8 held, it decides nothing; a step lets one pod through, and resume the others', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '4' }))
    scene.scheduler.gate.pause()
    for (const name of ['p', 'q', 'r']) await scene.addPod(pod(name, small('100m')))
    expect(scene.bound).toEqual([])
    scene.scheduler.gate.step()
    await scene.clock.advance(10)
    expect(scene.bound).toEqual(['p on a'])
    scene.scheduler.gate.resume()
    await scene.clock.advance(10)
    expect(scene.bound).toEqual(['p on a', 'q on a', 'r on a'])
  })

  test('FH2 FH3 a pod that fits nowhere is told why, and placed when a node comes', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('p', small('2')))
    const message = '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
    expect(scene.told.at(-1)).toEqual({ reason: 'FailedScheduling', about: 'p', message })
    expect(await scene.conditionOf('p')).toMatchObject({ status: 'False', reason: 'Unschedulable', message })
    await scene.addNode(node('b', { cpu: '4' }))
    await scene.clock.advance(3_000)
    expect(scene.bound).toEqual(['p on b'])
    expect(scene.scheduler.decisions.list('default/p').map(record => [record.end.outcome, record.wokenBy.event, record.wokenBy.plugin])).toEqual([['bound', 'PopFromBackoffQ', null], ['unschedulable', 'UnschedulablePodAdd', null]])
  })

  test('FH2 without any node the message says so', async () => {
    const scene = await start()
    await scene.addPod(pod('p'))
    expect(await scene.conditionOf('p')).toMatchObject({ reason: 'Unschedulable', message: 'no nodes available to schedule pods' })
    await scene.addNode(node('a'))
    await scene.clock.advance(3_000)
    expect(scene.bound).toEqual(['p on a'])
  })

  test('CL1 a pod of an unknown scheduler is left alone, one of the second profile is not', async () => {
    const scene = await start()
    await scene.addNode(node('a'))
    await scene.addPod(pod('stranger', { spec: { schedulerName: 'somebody-else' } }))
    await scene.addPod(pod('other', { spec: { schedulerName: 'second' } }))
    expect(scene.bound).toEqual(['other on a'])
  })

  test('BC4 a binding that fails gives the node back, and the pod is tried again', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '1' }))
    scene.failBindings(new Error('the server refused the request'))
    await scene.addPod(pod('p', small('1')))
    expect(scene.cluster.node('a')?.pods.size).toBe(0)
    expect(await scene.conditionOf('p')).toMatchObject({ reason: 'SchedulerError', message: 'running Bind plugin "DefaultBinder": the server refused the request' })
    scene.failBindings(null)
    await scene.clock.advance(3_000)
    expect(scene.bound).toEqual(['p on a'])
  })

  test('DP1 EX1 a more important pod takes the place of a lesser one', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('low', { ...small('1'), priority: 1 }))
    await scene.addPod(pod('high', { ...small('1'), priority: 9 }))
    expect((await scene.read('high')).status.nominatedNodeName).toBe('a')
    const victim = await scene.read('low')
    expect(victim.metadata.deletionTimestamp).toBeDefined()
    expect(victim.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod' })
    expect(scene.told.find(({ reason }) => reason === 'Preempted')).toMatchObject({ about: 'low', message: `Preempted by pod ${(await scene.read('high')).metadata.uid} on node a` })
    expect(await scene.conditionOf('high')).toMatchObject({ message: '0/1 nodes are available: 1 Insufficient cpu.' })
    await scene.server.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 })
    await scene.clock.advance(3_000)
    expect(scene.bound).toEqual(['low on a', 'high on a'])
  })

  test('DP2 a pod whose victims are being evicted is not tried meanwhile', async () => {
    const scene = await start()
    const evicting = Promise.withResolvers<void>()
    const patch = scene.server.patch.bind(scene.server)
    scene.server.patch = async (type, key, ...more) => {
      if (key.name === 'low') await evicting.promise
      return patch(type, key, ...more)
    }
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('low', { ...small('1'), priority: 1 }))
    await scene.addPod(pod('high', { ...small('1'), priority: 9 }))
    await scene.addNode(node('b', { cpu: '1' }))
    await scene.clock.advance(30_000)
    expect(scene.bound).toEqual(['low on a'])
    evicting.resolve()
    await scene.clock.advance(1_000)
    await scene.server.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 })
    await scene.clock.advance(30_000)
    expect(scene.bound).toEqual(['low on a', 'high on a'])
  })

  test('DP3 a pod that finds no candidate any more gives up the node it was promised', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('low', { ...small('1'), priority: 1 }))
    await scene.addPod(pod('high', { ...small('1'), priority: 9 }))
    expect((await scene.read('high')).status.nominatedNodeName).toBe('a')
    await scene.server.update(nodes, { ...(await scene.server.get(nodes, { name: 'a' })), spec: { unschedulable: true } })
    await scene.clock.advance(10)
    await scene.server.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 })
    await scene.clock.advance(310_000)
    expect((await scene.read('high')).status.nominatedNodeName ?? '').toBe('')
  })

  test('CF3 the place of a victim is kept for the pod that it was promised to', async () => {
    const scene = await start()
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('low', { ...small('1'), priority: 1 }))
    await scene.addPod(pod('high', { ...small('1'), priority: 9 }))
    await scene.addPod(pod('other', { ...small('1'), priority: 9, spec: { preemptionPolicy: 'Never' } }))
    expect(await scene.conditionOf('other')).toMatchObject({ message: '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.' })
    await scene.server.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 })
    await scene.clock.advance(15_000)
    expect(scene.bound).toEqual(['low on a', 'high on a'])
  })

  test('SD4 a Reserve plugin that rejects speaks of the chosen node alone, and what was reserved is given back', async () => {
    const calls: string[] = []
    const first: ReservePlugin = { name: 'First', reserve: () => { calls.push('first'); return fits }, unreserve: () => { calls.push('first undone') } }
    const second: ReservePlugin = { name: 'Second', wakeOn: [], reserve: () => rejected('no room in the second', true), unreserve: () => { calls.push('second undone') } }
    const scene = await start({ extra: [{ plugin: first }, { plugin: second }] })
    await scene.addNode(node('a'))
    await scene.addPod(pod('p'))
    expect(calls).toEqual(['first', 'second undone', 'first undone'])
    expect(await scene.conditionOf('p')).toMatchObject({ reason: 'Unschedulable', message: '0/1 nodes are available: 1 no room in the second.' })
    expect(scene.cluster.node('a')?.pods.size).toBe(0)
  })

  test('WP1 BC1 a pod that waits for its permit is bound when it is allowed', async () => {
    const scene = await start({ extra: [{ plugin: permitting({ kind: 'wait', timeoutMs: 60_000 }) }] })
    await scene.addNode(node('a'))
    await scene.addPod(pod('p'))
    expect(scene.bound).toEqual([])
    expect((await scene.read('p')).status.nominatedNodeName).toBe('a')
    for (const waiting of scene.waitingPods.all()) waiting.allow('Permitting')
    await scene.clock.advance(10)
    expect(scene.bound).toEqual(['p on a'])
  })

  test('WP2 a permit that does not come in time rejects the pod', async () => {
    const scene = await start({ extra: [{ plugin: permitting({ kind: 'wait', timeoutMs: 2_000 }) }] })
    await scene.addNode(node('a'))
    await scene.addPod(pod('p'))
    await scene.clock.advance(2_000)
    expect(await scene.conditionOf('p')).toMatchObject({ reason: 'Unschedulable', message: '0/1 nodes are available: 1 rejected due to timeout after waiting 2s at plugin Permitting.' })
    expect(scene.cluster.node('a')?.pods.size).toBe(0)
  })

  test('EX5 a victim that waits for its permit is rejected in memory, not deleted', async () => {
    let answer: PermitAnswer = { kind: 'wait', timeoutMs: 600_000 }
    const scene = await start({ extra: [{ plugin: { name: 'Permitting', permit: () => answer } as PermitPlugin }] })
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('low', { ...small('1'), priority: 1 }))
    answer = { kind: 'approve' }
    await scene.addPod(pod('high', { ...small('1'), priority: 9 }))
    await scene.clock.advance(5_000)
    expect(scene.bound).toEqual(['high on a'])
    expect((await scene.read('low')).metadata.deletionTimestamp).toBeUndefined()
    expect(scene.told.find(({ reason }) => reason === 'Preempted')?.message).toMatch(/on node a \(in kube-scheduler memory\)\.$/)
  })

  test('CL3 an assumed pod that is deleted while it waits for its permit frees the node', async () => {
    const scene = await start({ extra: [{ plugin: permitting({ kind: 'wait', timeoutMs: 600_000 }) }] })
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('p', small('1')))
    await scene.server.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 })
    await scene.clock.advance(10)
    expect(scene.cluster.node('a')?.pods.size).toBe(0)
    expect(scene.queue.all()).toEqual([])
  })

  test('SD2 a pod that is being deleted is not tried', async () => {
    const scene = await start()
    await scene.addPod(pod('p'))
    const seen = await scene.read('p')
    await scene.server.update(pods, { ...seen, metadata: { ...seen.metadata, finalizers: ['test/keep'] } })
    await scene.server.delete(pods, { namespace: 'default', name: 'p' })
    await scene.addNode(node('a'))
    await scene.clock.advance(3_000)
    expect(scene.bound).toEqual([])
    expect(scene.told.at(-1)).toMatchObject({ reason: 'FailedScheduling', message: 'skip schedule deleting pod: default/p' })
  })

  test('SD6 DL2 a decision tells each verdict, each score and its end', async () => {
    const scene = await start()
    await scene.addNode(node('full', { cpu: '100m' }))
    await scene.addNode(node('a', { cpu: '2' }))
    await scene.addNode(node('b', { cpu: '4' }))
    await scene.addPod(pod('p', small('1')))
    const told = detailsOf(scene.scheduler.decisions.list('default/p')[0]!)
    expect(told).toMatchObject({ outcome: 'bound', node: 'b', nodes: { total: 3, asked: 3, feasible: 2, rejected: 1 }, verdicts: [{ node: 'full', plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'] }] })
    expect('scores' in told && told.scores.map(score => score.node)).toEqual(['b', 'a'])
    expect('scores' in told && told.scores[0]!.parts['NodeResourcesFit']).toMatchObject({ weighted: expect.any(Number) as number })
  })
})

describe('extenders', () => {
  const options = { urlPrefix: 'http://extender', filterVerb: 'filter', prioritizeVerb: 'prioritize', preemptVerb: '', bindVerb: '', weight: 5, nodeCacheCapable: true, ignorable: false, managedResources: [] }
  const twoNodes = async (extender: Extender) => {
    const scene = await start({ extenders: [extender] })
    await scene.addNode(node('a'))
    await scene.addNode(node('b'))
    await scene.addPod(pod('p'))
    return scene
  }

  test('XT2 XT5 names are sent and the nodes that are left out carry the reason', async () => {
    const asked: unknown[] = []
    const scene = await twoNodes(new Extender(options, async (verb, body) => { asked.push([verb, (body as { NodeNames: string[] }).NodeNames]); return { nodenames: [], failedNodes: { a: 'too red', b: 'too blue' } } }))
    expect(asked[0]).toEqual(['filter', ['a', 'b']])
    expect(await scene.conditionOf('p')).toMatchObject({ message: '0/2 nodes are available: 1 too blue, 1 too red. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.' })
  })

  test('XT4 scores count ten times their value times the weight', async () => {
    const post: ExtenderPost = async verb => (verb === 'filter' ? { NodeNames: ['a', 'b'] } : [{ Host: 'a', Score: 1 }, { Host: 'b', Score: 9 }])
    const scene = await twoNodes(new Extender(options, post))
    expect(scene.bound).toEqual(['p on b'])
    const told = detailsOf(scene.scheduler.decisions.list('default/p')[0]!)
    expect('scores' in told && told.scores[0]!.parts['http://extender']).toEqual({ raw: 9, normalized: 90, weighted: 450 })
  })

  test('XT3 one that fails fails the attempt, an ignorable one is passed over', async () => {
    const broken: ExtenderPost = () => Promise.reject(new Error('connection refused'))
    const strict = await twoNodes(new Extender(options, broken))
    expect(await strict.conditionOf('p')).toMatchObject({ reason: 'SchedulerError', message: 'connection refused' })
    const lax = await twoNodes(new Extender({ ...options, ignorable: true }, broken))
    expect(lax.bound).toHaveLength(1)
  })

  test('XT1 a pod without the managed resource is none of its business', async () => {
    const scene = await twoNodes(new Extender({ ...options, managedResources: [{ name: 'example.com/gpu', ignoredByScheduler: false }] }, () => Promise.reject(new Error('not to be asked'))))
    expect(scene.bound).toHaveLength(1)
  })

  /** Two full nodes, each with a pod that may be evicted; without an extender the less important one would go. */
  const fullNodes = async (more: Partial<Extender['options']>, post: ExtenderPost) => {
    const scene = await start({ extenders: [new Extender({ ...options, filterVerb: '', prioritizeVerb: '', preemptVerb: 'preempt', ...more }, post)] })
    await scene.addNode(node('a', { cpu: '1' }))
    await scene.addPod(pod('least', { ...small('1'), priority: 1 }))
    await scene.addNode(node('b', { cpu: '1' }))
    await scene.addPod(pod('lesser', { ...small('1'), priority: 2 }))
    await scene.addPod(pod('high', { ...small('1'), priority: 9 }))
    const evicted = async (name: string) => (await scene.read(name)).metadata.deletionTimestamp !== undefined
    return { ...scene, evicted: { least: await evicted('least'), lesser: await evicted('lesser') }, uid: async (name: string) => (await scene.read(name)).metadata.uid }
  }
  interface Asked {
    readonly NodeNameToMetaVictims: Readonly<Record<string, unknown>>
    readonly NodeNameToVictims: Readonly<Record<string, { readonly Pods: readonly Pod[] }>>
  }

  test('DP4 XT5 one that takes part in preemption drops candidates; it is sent uids when it knows the nodes', async () => {
    let asked: unknown
    const scene = await fullNodes({}, async (_, body) => {
      asked = (body as Asked).NodeNameToMetaVictims
      return { nodeNameToMetaVictims: { b: (body as Asked).NodeNameToMetaVictims['b'] } }
    })
    expect(asked).toEqual({ a: { Pods: [{ UID: await scene.uid('least') }], NumPDBViolations: 0 }, b: { Pods: [{ UID: await scene.uid('lesser') }], NumPDBViolations: 0 } })
    expect(scene.evicted).toEqual({ least: false, lesser: true })
    expect((await scene.read('high')).status.nominatedNodeName).toBe('b')
  })

  test('DP4 XT5 it is sent whole pods when it knows nothing', async () => {
    const names: unknown[] = []
    const scene = await fullNodes({ nodeCacheCapable: false }, async (_, body) => {
      const victims = (body as Asked).NodeNameToVictims
      names.push(victims['a']!.Pods.map(({ metadata }) => metadata.name))
      return { NodeNameToMetaVictims: { a: { Pods: [{ UID: victims['a']!.Pods[0]!.metadata.uid }] } } }
    })
    expect(names).toEqual([['least']])
    expect(scene.evicted).toEqual({ least: true, lesser: false })
  })

  test('DP4 one that leaves no candidate leaves everybody where he is', async () => {
    const scene = await fullNodes({}, () => Promise.resolve({ NodeNameToMetaVictims: {} }))
    expect(scene.evicted).toEqual({ least: false, lesser: false })
    expect(await scene.conditionOf('high')).toMatchObject({ message: expect.stringContaining('preemption: no candidate node for preemption') as string })
  })

  test('DP4 XT3 one that names a pod that is not there evicts nobody, an ignorable one is passed over', async () => {
    const inventing: ExtenderPost = () => Promise.resolve({ NodeNameToMetaVictims: { a: { Pods: [{ UID: 'nobody' }] } } })
    expect((await fullNodes({}, inventing)).evicted).toEqual({ least: false, lesser: false })
    expect((await fullNodes({ ignorable: true }, inventing)).evicted).toEqual({ least: true, lesser: false })
  })

  test('XT6 a binder binds instead of the Bind plugins', async () => {
    const bindings: unknown[] = []
    const scene = await twoNodes(new Extender({ ...options, filterVerb: '', prioritizeVerb: '', bindVerb: 'bind' }, async (_, body) => { bindings.push(body); return {} }))
    expect(bindings).toMatchObject([{ PodName: 'p', PodNamespace: 'default' }])
    expect(scene.bound).toEqual([])
  })
})

function permitting(answer: PermitAnswer): PermitPlugin {
  return { name: 'Permitting', wakeOn: [], permit: () => answer }
}
