import { beforeEach, expect, test } from 'vitest'
import type { FaultTarget } from '../../contract/faults.ts'
import { toldKind, translations } from './fault-texts.ts'
import type { Fault, FaultOrder } from './fault.ts'
import { faults } from './fault-kinds.ts'
import { readParameters } from './read-order.ts'
import { FakeWorld } from './testing/fake-world.ts'

let world: FakeWorld
beforeEach(() => {
  world = new FakeWorld()
})

function usualTarget({ kind }: Fault): FaultTarget {
  switch (kind.target) {
    case 'component':
      return { type: 'component', name: kind.components?.[0] ?? 'etcd' }
    case 'node':
      return { type: 'node', name: 'node-1' }
    case 'link':
      return { type: 'link', from: 'node-1', to: 'node-2', bothWays: false }
    case 'object':
      return kind.resource === 'namespaces' ? { type: 'object', namespace: '', name: 'default' } : { type: 'object', namespace: 'default', name: kind.resource === 'pods' ? 'web-1' : 'web' }
  }
}

async function order(fault: Fault, parameters = {}): Promise<FaultOrder> {
  const target = usualTarget(fault)
  return { id: 'fault-1', target, parameters: readParameters(fault.kind, parameters), memory: (await fault.prepare?.(world, target)) ?? null, leftMs: null }
}

const named = (name: string): Fault => faults.find(({ kind }) => kind.name === name)!

async function injected(name: string, parameters = {}): Promise<{ readonly did: readonly string[]; heal(): Promise<readonly string[]> }> {
  const fault = named(name)
  const given = await order(fault, parameters)
  await fault.inject(world, given)
  const did = world.did.splice(0)
  return {
    did,
    async heal() {
      await fault.heal!(world, given, 'asked')
      return world.did.splice(0)
    },
  }
}

test('every fault is described whole, under a name of its own, with defaults inside its ranges', () => {
  expect(new Set(faults.map(({ kind }) => kind.name)).size).toBe(faults.length)
  for (const { kind, heal } of faults) {
    for (const text of [kind.effect, kind.evidence, kind.healing]) expect(text, kind.name).toMatch(/^\S.*\.$/)
    expect(kind.title, kind.name).toMatch(/^\S.*[^.]$/)
    expect(heal !== undefined, kind.name).toBe(kind.lasts)
    expect(() => readParameters(kind, {}), kind.name).not.toThrow()
  }
})

test('every fault is told in every language, and no language tells of one that there is not', () => {
  const chinese = /[\u4e00-\u9fff]/
  for (const [language, { faults: told, healings }] of Object.entries(translations)) {
    expect(Object.keys(told).sort(), language).toEqual(faults.map(({ kind }) => kind.name).sort())
    expect(Object.keys(healings).sort(), language).toEqual([...new Set(faults.map(({ kind }) => kind.healing))].sort())
    for (const { kind } of faults) for (const text of Object.values(toldKind(kind).texts[language as 'zh-Hant'])) expect(text, `${kind.name} in ${language}`).toMatch(chinese)
  }
  const [hant, hans] = [translations['zh-Hant'], translations['zh-Hans']].map(({ faults: told }) => Object.values(told).map(({ effect }) => effect).join(''))
  expect(hant).not.toMatch(/[这个节点时钟环镜连卷]{2}/)
  expect(hans).not.toMatch(/[這個節點時鐘環鏡連卷]{2}/)
})

test('there are at least a hundred faults, in every group of the catalogue', () => {
  expect(faults.length).toBeGreaterThanOrEqual(100)
  expect([...new Set(faults.map(({ kind }) => kind.group))].sort()).toEqual(['api-server', 'cloud', 'cluster', 'component', 'controllers', 'identity', 'load', 'machine', 'names', 'network', 'node-agents', 'resources', 'scheduler', 'storage', 'store', 'time', 'workload'])
})

test('FA1 FA2 every fault changes something when it is injected, nothing before, and can be healed twice', async () => {
  for (const fault of faults) {
    world = new FakeWorld()
    const given = await order(fault)
    expect(world.changes, fault.kind.name).toEqual([])
    await fault.inject(world, given)
    expect(world.changes.length, fault.kind.name).toBeGreaterThan(0)
    await fault.heal?.(world, given, 'asked')
    await fault.heal?.(world, given, 'asked')
  }
})

test('FA2 what an object had before is put back; what somebody else changed meanwhile is not', async () => {
  const deployment = world.objects['/apis/apps/v1/namespaces/default/deployments/web']!
  const scaled = await injected('deployment-scaled-to-zero')
  expect(deployment.spec['replicas']).toBe(0)
  await scaled.heal()
  expect(deployment.spec['replicas']).toBe(3)

  const again = await injected('deployment-scaled-to-zero')
  deployment.spec['replicas'] = 5
  expect(await again.heal()).toEqual([])
  expect(deployment.spec['replicas']).toBe(5)
})

test('a Service with a wrong selector or port gets its own back', async () => {
  const service = world.objects['/api/v1/namespaces/default/services/web']!
  const before = structuredClone(service.spec)
  const selector = await injected('service-selector-wrong')
  expect(service.spec['selector']).toEqual({ 'kubarium.dev/no-such-pod': 'true' })
  await selector.heal()
  expect(service.spec).toEqual(before)
  const port = await injected('service-port-wrong', { targetPort: 9_999 })
  expect(service.spec['ports']).toEqual([{ port: 80, targetPort: 9_999 }])
  await port.heal()
  expect(service.spec).toEqual(before)
})

test('a node that is gone has nothing left to heal', async () => {
  for (const name of ['node-cordoned', 'node-tainted']) {
    const { heal } = await injected(name)
    delete world.objects['/api/v1/nodes/node-1']
    await expect(heal(), name).resolves.toBeDefined()
    world = new FakeWorld()
  }
})

test('an object that is gone stays gone', async () => {
  const scaled = await injected('deployment-scaled-to-zero')
  delete world.objects['/apis/apps/v1/namespaces/default/deployments/web']
  expect(await scaled.heal()).toEqual([])
})

test('a node keeps its own taints', async () => {
  const tainted = await injected('node-tainted')
  expect(world.objects['/api/v1/nodes/node-1']!.spec['taints']).toEqual([{ key: 'mine', effect: 'NoSchedule' }, { key: 'kubarium.dev/fault', effect: 'NoExecute' }])
  await tainted.heal()
  expect(world.objects['/api/v1/nodes/node-1']!.spec['taints']).toEqual([{ key: 'mine', effect: 'NoSchedule' }])
})

test('a node that was cordoned before stays so', async () => {
  world.objects['/api/v1/nodes/node-1']!.spec['unschedulable'] = true
  expect(await (await injected('node-cordoned')).heal()).toEqual([])
})

test('only containers that run are meant, and only those still paused are resumed', async () => {
  const paused = await injected('pod-pause')
  expect(paused.did).toEqual(['run on node-1: ctr --namespace k8s.io tasks pause c1'])
  world.printed = 'TASK    PID     STATUS\nc1      77      PAUSED\nc9      78      PAUSED\n'
  expect(await paused.heal()).toEqual(['run on node-1: ctr --namespace k8s.io tasks list', 'run on node-1: ctr --namespace k8s.io tasks resume c1'])
})

test('rules in the kernel of a node are a table of the fault, and it can be deleted twice', async () => {
  const blocked = await injected('node-port-block', { port: 6_443 })
  expect(blocked.did[0]).toContain('table inet kubarium_fault_fault_1 {\n  chain input {\n    type filter hook input priority -300; policy accept;\n    tcp dport 6443 counter drop\n  }')
  expect(await blocked.heal()).toEqual(['run on node-1: nft -f -\nadd table inet kubarium_fault_fault_1\ndelete table inet kubarium_fault_fault_1\n'])
})

test('a clock is set off by the desktop\'s, and set right by it', async () => {
  const off = await injected('node-clock-offset', { seconds: -60 })
  expect(off.did).toEqual(['run on node-1: date -u -s @999940.000'])
  expect(await off.heal()).toEqual(['run on node-1: date -u -s @1000000.000'])
})

test('what is put into the network of a pod is a table of the fault in the namespace that CNI named, and goes with the pod', async () => {
  const isolated = await injected('pod-isolated')
  expect(isolated.did.at(-1)).toContain('cni-1 nft -f -\ntable inet kubarium_fault_fault_1 {\n  chain input {\n    type filter hook input priority -300; policy accept;\n    iifname != "lo"  counter drop')
  expect((await isolated.heal())[0]).toContain('[ -e "$path" ] || exit 0')
})

test('a pod with the network of its node is refused', async () => {
  world.objects['/api/v1/namespaces/default/pods/web-1']!.spec['hostNetwork'] = true
  await expect(injected('pod-isolated')).rejects.toThrow(/has the network of its node/)
})

test('volumes of a pod are those that a CSI driver mounted for it, and a pod without any is refused', async () => {
  expect((await injected('volume-read-only')).did.at(-1)).toBe('run on node-1: mount -o remount,ro /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/v1/mount')
  world.printed = '/dev/sda / ext4 rw 0 0'
  await expect(injected('volume-read-only')).rejects.toThrow(/no volume of a CSI driver/)
})
