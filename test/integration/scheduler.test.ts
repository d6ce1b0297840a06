/** The real scheduler against the real API server and store; nodes are objects only, and nobody runs the pods. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node, Pod, PodSpec } from '../../agents/api/groups/core-v1/types.ts'
import { deviceClasses, events, nodes, pods, priorityClasses, resourceClaims, resourceSlices, serviceAccounts } from '../../agents/api/resources.ts'
import { createClient } from '../../agents/machinery/client.ts'
import type { Client } from '../../agents/machinery/client.ts'
import { createHttpTransport, readKubeconfig, systemClock } from '../../agents/runtime/index.ts'
import type { HttpTransport } from '../../agents/runtime/index.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'

const program = join(import.meta.dirname, '../../agents/control-plane/scheduler/edge/main.ts')
const firstPort = 20_000 + (process.pid % 20_000)
let plane: ControlPlane
let transport: HttpTransport
let client: Client

interface RunningScheduler {
  readonly port: number
  readonly child: ChildProcess
  log(): string
  stop(signal?: NodeJS.Signals): Promise<void>
}

const running: RunningScheduler[] = []

async function startScheduler(name: string, offset: number, flags: readonly string[] = []): Promise<RunningScheduler> {
  const kubeconfig = await plane.kubeconfigFor({ name: 'system:kube-scheduler' })
  const serving = await plane.certificateFor({ commonName: 'kube-scheduler', ips: ['127.0.0.1'] })
  const write = (file: string, text: string) => {
    const path = join(plane.folder, file)
    writeFileSync(path, text)
    return path
  }
  const files = [`--tls-cert-file=${write(`${name}.crt`, serving.cert)}`, `--tls-private-key-file=${write(`${name}.key`, serving.key)}`, `--client-ca-file=${write(`${name}-ca.crt`, plane.ca)}`]
  const logFile = join(plane.folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const port = firstPort + offset
  const child = spawn(process.execPath, [program, `--kubeconfig=${kubeconfig}`, `--secure-port=${port}`, ...files, ...flags], { stdio: ['ignore', log, log] })
  const scheduler: RunningScheduler = {
    port, child,
    log: () => readFileSync(logFile, 'utf8'),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill(signal)
      await gone
    },
  }
  running.push(scheduler)
  return scheduler
}

/** A GET or POST on a scheduler's own port, as an administrator. */
function ask(scheduler: RunningScheduler, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: scheduler.port, path, method: body === undefined ? 'GET' : 'POST', ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => { text += chunk })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, text }) })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function addNode(name: string, cpu: string, labels: Record<string, string> = {}): Promise<void> {
  const created = await client.create(nodes, { metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } }, spec: {} } as Parameters<typeof client.create<Node>>[1])
  await client.patch(nodes, { name }, { status: { allocatable: { cpu, memory: '8Gi', pods: '110' }, capacity: { cpu, memory: '8Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '', lastHeartbeatTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' }] } }, { patchType: 'strategic', subresource: 'status' })
  const taints = ((await client.get(nodes, { name })).spec.taints ?? []).filter(taint => taint.key !== 'node.kubernetes.io/not-ready')
  await client.patch(nodes, { name }, { spec: { taints } }, { patchType: 'merge' })
  expect(created.metadata.name).toBe(name)
}

async function addPod(name: string, cpu: string, spec: Partial<PodSpec> = {}): Promise<void> {
  await client.create(pods, { metadata: { namespace: 'default', name }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu } } }], ...spec } } as Parameters<typeof client.create<Pod>>[1])
}

const read = (name: string) => client.get(pods, { namespace: 'default', name })
const nodeOf = async (name: string) => (await read(name)).spec.nodeName
const conditionOf = async (name: string) => (await read(name)).status.conditions?.find(({ type }) => type === 'PodScheduled')
const remove = (name: string) => client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 })
const eventsOf = async (name: string) => (await client.list(events, { namespace: 'default', fieldSelector: `involvedObject.name=${name}` })).items

beforeAll(async () => {
  plane = await startControlPlane()
  transport = createHttpTransport(readKubeconfig(plane.kubeconfig))
  client = createClient(transport, { userAgent: 'test', clock: systemClock })
  await client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'default' } })
  await addNode('node-1', '2')
})

afterAll(async () => {
  await Promise.all(running.map(scheduler => scheduler.stop('SIGKILL')))
  transport?.[Symbol.dispose]()
  await plane?.stop()
})

describe('kube-scheduler', () => {
  let scheduler: RunningScheduler

  it('binds a pod and says so', async () => {
    scheduler = await startScheduler('first', 0)
    await addPod('plain', '100m')
    await expect.poll(() => nodeOf('plain')).toBe('node-1')
    await expect.poll(async () => (await eventsOf('plain')).map(({ reason, message, action, reportingComponent }) => ({ reason, message, action, reportingComponent }))).toEqual([{ reason: 'Scheduled', message: 'Successfully assigned default/plain to node-1', action: 'Binding', reportingComponent: 'default-scheduler' }])
    await remove('plain')
  })

  it('holds a pod with gates and places it when the last is gone', async () => {
    await addPod('gated', '100m', { schedulingGates: [{ name: 'example.com/later' }] })
    await expect.poll(async () => JSON.parse((await ask(scheduler, '/debug/inspect/queue')).text)).toMatchObject({ counts: { gated: 1 } })
    expect(await conditionOf('gated')).toMatchObject({ status: 'False', reason: 'SchedulingGated' })
    expect(JSON.parse((await ask(scheduler, '/debug/inspect/why/default/gated')).text)).toMatchObject([{ place: 'gated', pod: 'default/gated', node: null, message: 'waiting for scheduling gates: [example.com/later]' }])
    await client.patch(pods, { namespace: 'default', name: 'gated' }, { spec: { schedulingGates: null } }, { patchType: 'merge' })
    await expect.poll(() => nodeOf('gated')).toBe('node-1')
    await remove('gated')
  })

  it('gives a pod the device that its claim asks for, and the next pod when it is given back', async () => {
    const driver = 'gpu.example.com'
    await client.create(deviceClasses, { metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] } })
    await client.create(resourceSlices, { metadata: { name: 'node-1-gpus' }, spec: { driver, nodeName: 'node-1', pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0', attributes: { model: { string: 'a' } } }] } })
    const selectors = [{ cel: { expression: `device.attributes["${driver}"].model == "a"` } }]
    for (const name of ['first', 'second']) {
      await client.create(resourceClaims, { metadata: { namespace: 'default', name }, spec: { devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'gpu', selectors } }] } } })
    }
    const claim = (name: string) => client.get(resourceClaims, { namespace: 'default', name })
    await addPod('owner', '100m', { resourceClaims: [{ name: 'gpu', resourceClaimName: 'first' }] })
    await expect.poll(() => nodeOf('owner')).toBe('node-1')
    expect(await claim('first')).toMatchObject({
      metadata: { finalizers: ['resource.kubernetes.io/delete-protection'] },
      status: { allocation: { devices: { results: [{ request: 'one', driver, pool: 'node-1', device: 'gpu-0' }] } }, reservedFor: [{ resource: 'pods', name: 'owner' }] },
    })
    await addPod('waits', '100m', { resourceClaims: [{ name: 'gpu', resourceClaimName: 'second' }] })
    await expect.poll(async () => (await conditionOf('waits'))?.message).toContain('0/1 nodes are available: 1 cannot allocate all claims.')
    await remove('owner')
    await client.update(resourceClaims, { ...await claim('first'), status: {} }, { subresource: 'status' }) // as the claim's controller does
    await expect.poll(() => nodeOf('waits')).toBe('node-1')
    await remove('waits')
  })

  it('makes room for a more important pod', async () => {
    await client.create(priorityClasses, { metadata: { name: 'high' }, value: 1_000 })
    await addPod('low', '1500m')
    await expect.poll(() => nodeOf('low')).toBe('node-1')
    await addPod('high', '1500m', { priorityClassName: 'high' })
    await expect.poll(async () => (await read('high')).status.nominatedNodeName).toBe('node-1')
    await expect.poll(async () => (await read('low').catch(() => undefined))?.metadata.deletionTimestamp).toBeDefined()
    expect((await read('low')).status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'PreemptionByScheduler' })
    await remove('low')
    await expect.poll(() => nodeOf('high')).toBe('node-1')
    await expect.poll(async () => (await eventsOf('low')).map(({ reason }) => reason)).toContain('Preempted')
    await remove('high')
  })

  it('tells upstream\'s numbers', async () => {
    const { text } = await ask(scheduler, '/metrics')
    for (const line of ['scheduler_schedule_attempts_total{result="scheduled",profile="default-scheduler"}', 'scheduler_pending_pods{queue="gated"} 0', 'scheduler_queue_incoming_pods_total{queue="active",event="UnschedulablePodAdd"}', 'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"}', 'scheduler_framework_extension_point_duration_seconds_count{extension_point="Filter",status="Success",profile="default-scheduler"}']) expect(text).toContain(line)
    expect(text).toMatch(/^scheduler_preemption_attempts_total [1-9]/m)
  })

  it('is not needed for what it did before it died', async () => {
    await addPod('before', '100m')
    await expect.poll(() => nodeOf('before')).toBe('node-1')
    await scheduler.stop('SIGKILL')
    await addPod('after', '1800m')
    await addPod('too-much', '1800m')
    scheduler = await startScheduler('second', 1, ['--leader-elect=false'])
    await expect.poll(async () => [await nodeOf('after'), await nodeOf('too-much')].filter(node => node !== undefined)).toEqual(['node-1'])
    await expect.poll(async () => [await conditionOf('after'), await conditionOf('too-much')].map(condition => condition?.message)).toContain('0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.')
    const late = (await nodeOf('after')) === undefined ? 'after' : 'too-much'
    expect(JSON.parse((await ask(scheduler, `/debug/inspect/why/default/${late}`)).text)).toMatchObject([{ place: 'unschedulable', cures: [{ plugin: 'NodeResourcesFit', cures: [{ kind: 'free-resource', node: 'node-1', resource: 'cpu', amount: '1700m' }] }] }])
    await Promise.all(['before', 'after', 'too-much'].map(remove))
  })

  it('answers what would happen to a pod that does not exist', async () => {
    const wanted = { kind: 'Pod', metadata: { name: 'imagined' }, spec: { containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '1900m' } } }] } }
    await expect.poll(async () => JSON.parse((await ask(scheduler, '/debug/inspect/nodes')).text)).toMatchObject([{ node: 'node-1', pods: 0 }])
    const { status, text } = await ask(scheduler, '/debug/what-if?count=2', wanted)
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ pods: 2, placed: 1, answers: [{ node: 'node-1' }, { node: null, cures: [{ plugin: 'NodeResourcesFit', cures: [{ kind: 'free-resource', node: 'node-1', resource: 'cpu', amount: '1800m' }] }] }] })
    expect((await ask(scheduler, '/debug/what-if', { kind: 'Deployment' })).status).toBe(400)
    expect((await client.list(pods, { namespace: 'default' })).items.map(({ metadata }) => metadata.name)).not.toContain('imagined')
  })
})

describe('a scheduler of its own beside the first, with a configuration file and an extender', () => {
  let extender: Server
  const asked: { readonly path: string; readonly nodes: readonly string[] }[] = []
  let own: RunningScheduler

  beforeAll(async () => {
    await addNode('node-2', '2')
    extender = createServer((incoming, response) => {
      let body = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => { body += chunk })
      incoming.on('end', () => {
        const { NodeNames } = JSON.parse(body) as { NodeNames: string[] }
        asked.push({ path: incoming.url!, nodes: NodeNames })
        const answer = incoming.url === '/filter' ? { NodeNames: NodeNames.filter(name => name !== 'node-1'), FailedNodes: { 'node-1': 'the extender does not like it' } } : NodeNames.map(name => ({ Host: name, Score: 1 }))
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      })
    })
    await new Promise<void>(resolve => { extender.listen(0, '127.0.0.1', resolve) })
    const config = join(plane.folder, 'scheduler.yaml')
    writeFileSync(config, `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: true, resourceName: own-scheduler}
profiles:
- schedulerName: packing
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}
  plugins:
    score: {disabled: [{name: NodeResourcesBalancedAllocation}]}
- schedulerName: no-scores
  plugins:
    score: {disabled: [{name: '*'}]}
extenders:
- urlPrefix: http://127.0.0.1:${(extender.address() as AddressInfo).port}
  filterVerb: filter
  prioritizeVerb: prioritize
  weight: 1
  nodeCacheCapable: true
  managedResources: [{name: example.com/thing, ignoredByScheduler: true}]
`)
    own = await startScheduler('own', 2, [`--config=${config}`])
  })

  afterAll(() => { extender?.close() })

  it('places the pods that name it, and packs them as it is told', async () => {
    await addPod('first-of-pack', '300m', { schedulerName: 'packing', nodeSelector: { 'kubernetes.io/hostname': 'node-2' } })
    await expect.poll(() => nodeOf('first-of-pack')).toBe('node-2')
    await addPod('second-of-pack', '300m', { schedulerName: 'packing' })
    await expect.poll(() => nodeOf('second-of-pack')).toBe('node-2')
    await expect.poll(async () => (await eventsOf('second-of-pack')).map(({ reportingComponent }) => reportingComponent)).toEqual(['packing'])
  })

  it('leaves pods of unknown names alone', async () => {
    await addPod('of-nobody', '100m', { schedulerName: 'nobody' })
    await addPod('plain-again', '100m')
    await addPod('unscored', '100m', { schedulerName: 'no-scores' })
    await expect.poll(async () => [await nodeOf('plain-again'), await nodeOf('unscored')].includes(undefined)).toBe(false)
    expect(await nodeOf('of-nobody')).toBeUndefined()
    expect((await read('of-nobody')).status.conditions ?? []).toEqual([])
  })

  it('asks the extender about pods with its resource only', async () => {
    expect(asked).toEqual([])
    await client.create(pods, { metadata: { namespace: 'default', name: 'extended' }, spec: { schedulerName: 'packing', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'pause', resources: { requests: { 'example.com/thing': '1' }, limits: { 'example.com/thing': '1' } } }] } } as Parameters<typeof client.create<Pod>>[1])
    await expect.poll(() => nodeOf('extended')).toBe('node-2')
    expect(asked.map(({ path }) => path)).toEqual(['/filter'])
    expect([...asked[0]!.nodes].sort()).toEqual(['node-1', 'node-2'])
    const told = JSON.parse((await ask(own, '/debug/inspect/decisions/default/extended')).text) as { verdicts: unknown[] }[]
    expect(told[0]!.verdicts).toEqual([{ node: 'node-1', plugin: 'Extender', reasons: ['the extender does not like it'], curable: true }])
  })

  it('tells its configuration and that it leads', async () => {
    expect(JSON.parse((await ask(own, '/configz')).text)).toMatchObject({ 'kubescheduler.config.k8s.io': { profiles: [{ schedulerName: 'packing' }, { schedulerName: 'no-scores' }], leaderElection: { resourceName: 'own-scheduler' } } })
    expect((await ask(own, '/metrics')).text).toContain('leader_election_master_status{name="own-scheduler"} 1')
    expect((await ask(own, '/readyz')).status).toBe(200)
  })

  it('refuses a configuration that is wrong, with line and column', async () => {
    const wrong = join(plane.folder, 'wrong.yaml')
    writeFileSync(wrong, 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofile: []\n')
    const scheduler = await startScheduler('wrong', 3, [`--config=${wrong}`])
    await expect.poll(() => scheduler.child.exitCode).toBe(2)
    expect(scheduler.log()).toContain('wrong.yaml:3:1: unknown field "profile"')
  })
})
