/** The process that plays all simulated nodes, against the real API server and store. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node, Pod } from '../../agents/api/groups/core-v1/types.ts'
import type { Lease } from '../../agents/api/groups/coordination-v1/types.ts'
import type { SimulatedNode } from '../../agents/node/simulated-kubelets/nodes/simulated-node.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { simulatedNodes, startSimulatedKubelets, type SimulatedKubelets } from './plane-programs.ts'
import { rawApi, type RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi
let kubelets: SimulatedKubelets
const nodes: SimulatedNode[] = simulatedNodes(3, { givesPodCidrs: true, cpus: 8, resources: { 'example.com/gpu': '4' }, taints: [{ key: 'kubarium.dev/simulated', value: 'true', effect: 'NoSchedule' }] })
const lease = ['--node-lease-duration-seconds=4']
const flaky = { lifecycles: [{ match: { labels: { app: 'flaky' } }, stages: [{ from: 'scheduled', to: 'started' }, { from: 'running', to: 'crashed', exitCode: 137, reason: 'OOMKilled' }] }] }
const withPower = (name: string, power: SimulatedNode['power']) => nodes.map(node => (node.name === name ? { ...node, power } : node))

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
  kubelets = await startSimulatedKubelets(plane, nodes, { flags: lease, simulation: flaky })
  await eventually(async () => (await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })).status !== 404)
}, 120_000)

afterAll(async () => {
  await kubelets[Symbol.asyncDispose]()
  await plane.stop()
})

async function eventually(holds: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  for (const until = Date.now() + withinMs; !(await holds()); await pause(50)) if (Date.now() > until) throw new Error(`not in time; the log ends:\n${kubelets.log().slice(-2_000)}`)
}

async function nodeOf(name: string): Promise<Node | undefined> {
  const { status, json } = await api.call('GET', `/api/v1/nodes/${name}`)
  return status === 200 ? (json as Node) : undefined
}

const readyOf = async (name: string) => (await nodeOf(name))?.status.conditions?.find(({ type }) => type === 'Ready')?.status

async function podOf(name: string): Promise<Pod | undefined> {
  const { status, json } = await api.call('GET', `/api/v1/namespaces/default/pods/${name}`)
  return status === 200 ? (json as Pod) : undefined
}

async function run(name: string, node: string, more: { readonly labels?: Record<string, string>; readonly spec?: object; readonly ownerReferences?: readonly object[] } = {}): Promise<void> {
  const { status, text } = await api.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name, labels: more.labels ?? {}, ownerReferences: more.ownerReferences ?? [] }, spec: { nodeName: node, containers: [{ name: 'web', image: 'nginx:1', resources: { requests: { cpu: '200m', memory: '100Mi' } } }], ...more.spec } })
  expect(status, text).toBe(201)
}

const phaseBecomes = (name: string, phase: string) => eventually(async () => (await podOf(name))?.status.phase === phase)

describe('simulated nodes', () => {
  it('register with what the file says, and say that they are simulated', async () => {
    await eventually(async () => (await Promise.all(nodes.map(({ name }) => readyOf(name)))).every(ready => ready === 'True'))
    const node = (await nodeOf('sim-2'))!
    expect(node.metadata.labels).toMatchObject({ 'kubarium.dev/provider': 'simulated', 'kubernetes.io/hostname': 'sim-2', 'topology.kubernetes.io/zone': 'zone-2', 'node.kubernetes.io/instance-type': 'simulated' })
    expect(node.status.capacity).toMatchObject({ cpu: '8', pods: '110', 'example.com/gpu': '4' })
    expect(node.status.nodeInfo).toMatchObject({ osImage: 'Simulated by Kubarium (no machine)', containerRuntimeVersion: 'simulated://1' })
    expect(node.spec.taints).toContainEqual({ key: 'kubarium.dev/simulated', value: 'true', effect: 'NoSchedule' })
  })

  it('LK2 renew their Leases, which their Nodes own', async () => {
    const read = async () => (await api.call('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/sim-1')).json as Lease
    await eventually(async () => (await read()).spec?.renewTime !== undefined)
    const before = await read()
    expect(before.spec).toMatchObject({ holderIdentity: 'sim-1', leaseDurationSeconds: 4 })
    await eventually(async () => (await read()).spec!.renewTime! > before.spec!.renewTime!)
    expect(before.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'sim-1', uid: (await nodeOf('sim-1'))!.metadata.uid }])
  })

  it('NK1 leave a node of another kind alone', async () => {
    await api.call('POST', '/api/v1/nodes', { metadata: { name: 'real-1' } })
    kubelets.play([...nodes, { ...nodes[0]!, name: 'real-1', address: '198.19.9.9' }], flaky)
    await eventually(async () => Promise.resolve(kubelets.log().includes('is there already and is not simulated')))
    expect((await nodeOf('real-1'))!.metadata.labels?.['kubarium.dev/provider']).toBeUndefined()
    kubelets.play(nodes, flaky)
  })
})

describe('pods on simulated nodes', () => {
  it('become ready with an address of their node, and go when they are deleted', async () => {
    await run('web', 'sim-1')
    await phaseBecomes('web', 'Running')
    const pod = (await podOf('web'))!
    expect(pod.status.podIP).toMatch(/^10\.128\.0\.\d+$/)
    expect(pod.status).toMatchObject({ hostIP: '198.19.0.1', containerStatuses: [{ ready: true, restartCount: 0 }] })
    await api.call('DELETE', '/api/v1/namespaces/default/pods/web')
    await eventually(async () => (await podOf('web')) === undefined)
  })

  it('PK3 PR8 say how they ended when somebody still holds them', async () => {
    await run('held', 'sim-1')
    await phaseBecomes('held', 'Running')
    const finalizers = (list: readonly string[]) => api.call('PATCH', '/api/v1/namespaces/default/pods/held', { metadata: { finalizers: list } }, { 'content-type': 'application/merge-patch+json' })
    await finalizers(['example.com/held'])
    await api.call('DELETE', '/api/v1/namespaces/default/pods/held')
    await phaseBecomes('held', 'Failed')
    expect((await podOf('held'))!.status.containerStatuses).toMatchObject([{ state: { terminated: { exitCode: 143, reason: 'Error' } } }])
    await finalizers([])
    await eventually(async () => (await podOf('held')) === undefined)
  })

  it('PK5 share the address of their node on its network', async () => {
    await run('host', 'sim-1', { spec: { hostNetwork: true } })
    await phaseBecomes('host', 'Running')
    expect((await podOf('host'))!.status.podIP).toBe('198.19.0.1')
  })

  it('SG1 of a Job are done after a second', async () => {
    await run('once', 'sim-1', { spec: { restartPolicy: 'Never' }, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: '00000000-0000-4000-8000-000000000001', controller: true }] })
    await phaseBecomes('once', 'Succeeded')
  })

  it('PR3 crash and wait as their data says', async () => {
    await run('flaky', 'sim-2', { labels: { app: 'flaky' } })
    await eventually(async () => (await podOf('flaky'))?.status.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff')
    expect((await podOf('flaky'))!.status.containerStatuses![0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } })
  })

  it('PR5 stay as they are when the process that plays them is killed and started again', async () => {
    await run('steady', 'sim-1')
    await phaseBecomes('steady', 'Running')
    const before = (await podOf('steady'))!
    await kubelets.end('SIGKILL')
    kubelets = await startSimulatedKubelets(plane, nodes, { flags: lease, simulation: flaky })
    await run('after', 'sim-1')
    await phaseBecomes('after', 'Running')
    const after = (await podOf('steady'))!
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    expect((await podOf('after'))!.status.podIP).not.toBe(before.status.podIP)
  })
})

describe('the power of a simulated node', () => {
  it('LK4 PK4 off: no Lease, nothing happens to its pods; on again: they have been restarted', async () => {
    await run('lamp', 'sim-3')
    await phaseBecomes('lamp', 'Running')
    kubelets.play(withPower('sim-3', 'off'), flaky)
    const renewed = async () => ((await api.call('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/sim-3')).json as Lease).spec!.renewTime!
    await pause(1_500)
    const last = await renewed()
    await run('dark', 'sim-3')
    await pause(2_500)
    expect(await renewed()).toBe(last)
    expect((await podOf('dark'))!.status.phase).toBe('Pending')
    expect(await readyOf('sim-3')).toBe('True') // nobody told otherwise: that is the node lifecycle controller's part
    kubelets.play(nodes, flaky)
    await phaseBecomes('dark', 'Running')
    await eventually(async () => (await podOf('lamp'))!.status.containerStatuses![0]!.restartCount === 1)
    expect((await podOf('lamp'))!.status.containerStatuses![0]!.lastState).toMatchObject({ terminated: { exitCode: 255, reason: 'Unknown' } })
  })

  it('NK3 stopped in order: it says that it is not ready', async () => {
    kubelets.play(withPower('sim-3', 'stopped'), flaky)
    await eventually(async () => (await readyOf('sim-3')) === 'False')
    kubelets.play(nodes, flaky)
    await eventually(async () => (await readyOf('sim-3')) === 'True')
  })
})

describe('the port of the simulated kubelets', () => {
  it('KP1 KP2 tells what each node uses', async () => {
    await run('busy', 'sim-2')
    await phaseBecomes('busy', 'Running')
    await eventually(async () => (await kubelets.get('/stats/summary', '198.19.0.2:10250')).text.includes('"busy"'))
    const summary = JSON.parse((await kubelets.get('/stats/summary', '198.19.0.2:10250')).text) as { node: { nodeName: string }; pods: { podRef: { name: string }; containers: { cpu: { usageNanoCores: number }; memory: { workingSetBytes: number } }[] }[] }
    expect(summary.node.nodeName).toBe('sim-2')
    expect(summary.pods.find(({ podRef }) => podRef.name === 'busy')!.containers[0]).toMatchObject({ cpu: { usageNanoCores: 20_000_000 }, memory: { workingSetBytes: 50 * 1024 ** 2 } })
    const { text } = await kubelets.get('/metrics/resource', '198.19.0.2:10250')
    expect(text).toMatch(/^container_memory_working_set_bytes\{container="web",namespace="default",pod="busy"\} 52428800/m)
    expect(text).toMatch(/^node_cpu_usage_seconds_total /m)
    expect((await kubelets.get('/stats/summary', '198.19.0.1:10250')).text).not.toContain('"busy"')
  })

  it('KP3 refuses logs and exec by name', async () => {
    const { status, text } = await kubelets.get('/containerLogs/default/busy/web', '198.19.0.2')
    expect([status, text]).toEqual([501, 'pod default/busy is played by simulated node sim-2: no process stands behind it, so it has no logs\n'])
    expect((await kubelets.get('/exec/default/busy/web?command=ls', '198.19.0.2')).status).toBe(501)
  })

  it('answers its own health and inspection under its own address', async () => {
    expect((await kubelets.get('/healthz')).status).toBe(200)
    expect(JSON.parse((await kubelets.get('/debug/inspect/nodes/sim-1')).text)).toMatchObject([{ name: 'sim-1', registered: true, nameIsTaken: false }])
    expect((await kubelets.get('/metrics')).text).toMatch(/^simulated_kubelets_nodes\{power="on"\} 3$/m)
  })
})
