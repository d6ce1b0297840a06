import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import { leases, nodes, pods } from '../../../../api/resources.ts'
import { microTimeText, timeText } from '../../../../base/clock.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { createNodeLifecycleController } from './node-lifecycle-controller.ts'
import { planTaints } from './plan-node.ts'
import { ZoneTally } from './zones.ts'

let scene: ControllerScene
const alive = new Set<string>()

beforeEach(async () => {
  scene = createControllerScene()
  alive.clear()
  await scene.start(createNodeLifecycleController(sampleConfig))
})
afterEach(() => scene[Symbol.asyncDispose]())

function addNode(name: string, ready = 'True', zone = 'a') {
  alive.add(name)
  scene.cluster.put(nodes, {
    metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } }, spec: {},
    status: { conditions: ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map(type => ({ type, status: type === 'Ready' ? ready : 'False', lastHeartbeatTime: timeText(scene.clock.now()) })) },
  })
}

/** Lets time pass while living kubelets renew their leases. */
async function live(seconds: number) {
  for (let passed = 0; passed < seconds; passed += 10) {
    for (const name of alive) scene.cluster.put(leases, { metadata: { namespace: 'kube-node-lease', name }, spec: { renewTime: microTimeText(scene.clock.now()) } })
    await scene.settle(10_000)
  }
}

const node = (name: string) => scene.cluster.peek(nodes, { name })!
const taints = (name: string) => (node(name).spec.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
const ready = (name: string) => node(name).status.conditions?.find(({ type }) => type === 'Ready')

describe('node lifecycle controller', () => {
  it('NH3, NL1: leases alone keep a node alive; silence for the grace period makes it Unknown and tainted', async () => {
    for (const name of ['n1', 'n2', 'n3']) addNode(name)
    await live(120)
    expect(ready('n1')?.status).toBe('True')
    alive.delete('n1')
    await live(40)
    expect(ready('n1')?.status).toBe('True')
    await live(20)
    expect(ready('n1')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' })
    expect(taints('n1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute'])
    expect(taints('n2')).toEqual([])
  })

  it('NH1: a kubelet whose clock is an hour behind is alive as long as it renews', async () => {
    for (const name of ['n1', 'n2', 'n3']) addNode(name)
    alive.delete('n1')
    for (let passed = 0; passed < 120; passed += 10) {
      scene.cluster.put(leases, { metadata: { namespace: 'kube-node-lease', name: 'n1' }, spec: { renewTime: microTimeText(scene.clock.now() - 3_600_000) } })
      await live(10)
    }
    expect([ready('n1')?.status, taints('n1')]).toEqual(['True', []])
  })

  it('NH2: Pods of a silent node are marked not ready', async () => {
    for (const name of ['n1', 'n2', 'n3']) addNode(name)
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'web' }, spec: { nodeName: 'n1', containers: [] }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
    alive.delete('n1')
    await live(70)
    expect(scene.cluster.peek(pods, { namespace: 'default', name: 'web' })!.status.conditions).toMatchObject([{ type: 'Ready', status: 'False' }])
  })

  it('NL4: a node that comes back loses its taints, not those of others', async () => {
    for (const name of ['n1', 'n2', 'n3']) addNode(name)
    alive.delete('n1')
    await live(70)
    expect(taints('n1')).not.toEqual([])
    addNode('n1')
    scene.cluster.put(nodes, { ...node('n1'), spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }, { key: 'mine', effect: 'NoSchedule' }] } })
    await live(10)
    expect(taints('n1')).toEqual(['mine:NoSchedule'])
  })

  it('NL3: while every zone is down no NoExecute taint is given, and those given are taken back', async () => {
    addNode('n1')
    addNode('n2')
    alive.delete('n1')
    await live(70)
    expect(taints('n1')).toContain('unreachable:NoExecute')
    alive.delete('n2')
    await live(70)
    expect([taints('n1'), taints('n2')]).toEqual([['unreachable:NoSchedule'], ['unreachable:NoSchedule']])
  })

  it('NH3, NZ2: nodes of a zone lose their Pods one at a time, one every 10 s', async () => {
    for (let index = 0; index < 9; index++) addNode(`n${index}`)
    await live(10)
    for (const name of ['n0', 'n1']) {
      alive.delete(name)
      addNode(name, 'False')
      alive.delete(name)
    }
    await scene.settle(1_000)
    const evicting = () => ['n0', 'n1'].filter(name => taints(name).includes('not-ready:NoExecute')).length
    expect(evicting()).toBe(1)
    await scene.settle(12_000)
    expect(evicting()).toBe(2)
  })

  it('NL2: conditions and spec.unschedulable become NoSchedule taints', async () => {
    addNode('n1')
    scene.cluster.put(nodes, { ...node('n1'), spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'DiskPressure', status: 'True' }] } })
    await scene.settle()
    expect(taints('n1')).toEqual(['disk-pressure:NoSchedule', 'unschedulable:NoSchedule'])
  })
})

describe('zones', () => {
  const many = (total: number, notReady: number): Node[] => Array.from({ length: total }, (_, index) => ({ metadata: { name: `n${index}` }, spec: {}, status: { conditions: [{ type: 'Ready', status: index < notReady ? 'Unknown' : 'True' }] } }) as unknown as Node)
  it.each([[2, 1, 'Normal', 0.1], [2, 2, 'FullDisruption', 0.1], [10, 5, 'Normal', 0.1], [10, 6, 'PartialDisruption', 0], [100, 60, 'PartialDisruption', 0.01]])('NZ1, NZ2: %i nodes, %i not ready: %s at %d', (total, notReady, state, rate) => {
    const tally = new ZoneTally()
    for (const node of many(total, notReady)) tally.see(node)
    expect(tally.zones(sampleConfig)[0]).toMatchObject({ state, rate })
  })
})

describe('taints', () => {
  it('NL3: unreachable replaces not-ready at once, without waiting for the pace again', () => {
    const node = { metadata: { name: 'n' }, spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: 'x' }] }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } } as unknown as Node
    expect(planTaints(node, 0, { allZonesDown: () => false, mayEvict: () => false }).taints?.map(({ key, effect }) => `${key}:${effect}`)).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'])
  })

  it('NL4: a taint that stays keeps its time', () => {
    const node = { metadata: { name: 'n' }, spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: 'before' }] }, status: { conditions: [{ type: 'Ready', status: 'False' }, { type: 'DiskPressure', status: 'True' }] } } as unknown as Node
    expect(planTaints(node, 0, { allZonesDown: () => true, mayEvict: () => false }).taints?.map(({ key, timeAdded }) => [key, timeAdded])).toEqual([['node.kubernetes.io/not-ready', 'before'], ['node.kubernetes.io/disk-pressure', timeText(0)]])
  })

  it('NZ3 counts a node once, in the zone and state it has now', () => {
    const node = (name: string, zone: string, ready: boolean) => ({ metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } }, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } }) as unknown as Node
    const tally = new ZoneTally()
    const counts = () => tally.zones(sampleConfig).map(({ name, nodes, notReady }) => `${name} ${notReady}/${nodes}`)
    for (const seen of [node('a', 'x', true), node('a', 'x', true), node('b', 'x', false), node('a', 'x', false)]) tally.see(seen)
    expect(counts()).toEqual([':x 2/2'])
    tally.see(node('a', 'y', true))
    expect(counts()).toEqual([':x 1/1', ':y 0/1'])
    tally.forget('b')
    expect(counts()).toEqual([':y 0/1'])
  })
})
