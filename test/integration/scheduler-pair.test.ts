/**
 * Two schedulers of which one leads, and a scheduler with extenders of every verb. Their extenders' requests are the same as
 * upstream's: TEST_SCHEDULER=<binary of kube-scheduler> has upstream asked instead of our process.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pod } from '../../agents/api/groups/core-v1/types.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { startScheduler, type Program } from './plane-programs.ts'
import { rawApi, type RawApi } from './raw-api.ts'

const binary = process.env['TEST_SCHEDULER']
const program = join(import.meta.dirname, '../../agents/control-plane/scheduler/edge/main.ts')
let plane: ControlPlane
let api: RawApi

beforeAll(async () => {
  plane = await startControlPlane({ flags: ['--disable-admission-plugins=Priority,ServiceAccount,TaintNodesByCondition'] })
  api = rawApi(plane)
  for (const name of ['n1', 'n2']) {
    await api.call('POST', '/api/v1/nodes', { metadata: { name, labels: { 'kubernetes.io/hostname': name } } })
    await api.call('PATCH', `/api/v1/nodes/${name}/status`, { status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } } }, { 'content-type': 'application/merge-patch+json' })
  }
}, 60_000)

afterAll(() => plane?.stop())

const podsPath = '/api/v1/namespaces/default/pods'
const read = async (name: string) => (await api.call('GET', `${podsPath}/${name}`)).json as Pod
const nodeOf = async (name: string) => (await read(name)).spec.nodeName ?? ''
const remove = (name: string) => api.call('DELETE', `${podsPath}/${name}`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 })

async function addPod(name: string, requests: Record<string, string>, spec: object = {}): Promise<void> {
  const extended = Object.fromEntries(Object.entries(requests).filter(([resource]) => resource.includes('/')))
  const { status, text } = await api.call('POST', podsPath, { metadata: { name }, spec: { priority: 0, containers: [{ name: 'c', image: 'pause', resources: { requests, ...(Object.keys(extended).length === 0 ? {} : { limits: extended }) } }], ...spec } })
  if (status !== 201) throw new Error(text)
}

describe('two schedulers of which one leads', () => {
  const programs: Program[] = []
  const flags = ['--leader-elect=true', '--leader-elect-lease-duration=3s', '--leader-elect-renew-deadline=2s', '--leader-elect-retry-period=500ms']
  const leads = async (scheduler: Program) => (await scheduler.get('/metrics')).text.includes('leader_election_master_status{name="kube-scheduler"} 1')

  afterAll(async () => { for (const each of programs) await each[Symbol.asyncDispose]() })

  it('the other takes over when the leader is killed, and no pod is placed twice', async () => {
    programs.push(await startScheduler(plane, { flags }), await startScheduler(plane, { flags }))
    await expect.poll(async () => (await Promise.all(programs.map(leads))).filter(Boolean).length, { timeout: 15_000 }).toBe(1)
    const leader = (await leads(programs[0]!)) ? programs[0]! : programs[1]!
    const other = leader === programs[0]! ? programs[1]! : programs[0]!
    const names = Array.from({ length: 60 }, (_, index) => `pair-${index}`)
    for (const name of names.slice(0, 30)) await addPod(name, { cpu: '10m' })
    await leader.end('SIGKILL')
    const killedAt = Date.now()
    for (const name of names.slice(30)) await addPod(name, { cpu: '10m' })
    await expect.poll(() => leads(other), { timeout: 15_000, interval: 100 }).toBe(true)
    expect(Date.now() - killedAt).toBeLessThan(6_000)
    await expect.poll(async () => (await Promise.all(names.map(nodeOf))).filter(node => node === '').length, { timeout: 15_000 }).toBe(0)
    const placed = async () => ((await api.call('GET', '/api/v1/namespaces/default/events')).json.items as { reason: string; involvedObject: { name: string } }[]).filter(({ reason }) => reason === 'Scheduled').map(({ involvedObject }) => involvedObject.name)
    await expect.poll(async () => { // the events of the killed leader's last moments may be missing
      const told = await placed()
      return names.slice(30).filter(name => !told.includes(name))
    }, { timeout: 15_000 }).toEqual([])
    const told = await placed()
    expect(new Set(told).size).toBe(told.length)
    for (const name of names) await remove(name)
  }, 60_000)
})

describe('extenders', () => {
  const asked: string[] = []
  let server: Server
  let child: ChildProcess
  /** What filter answers, by pod. */
  const filters: Record<string, (nodes: readonly string[]) => object> = {
    picky: nodes => ({ NodeNames: nodes.filter(name => name !== 'n1'), FailedNodes: { n1: 'too picky' } }),
    refused: () => ({ NodeNames: [], FailedNodes: { n1: 'not today' }, FailedAndUnresolvableNodes: { n2: 'never' } }),
    broken: () => ({ Error: 'boom' }),
  }

  function answer(verb: string, body: { Pod?: Pod; NodeNames?: string[]; NodeNameToMetaVictims?: Record<string, { Pods: { UID: string }[]; NumPDBViolations?: number }>; PodName?: string; Node?: string }): object {
    const nodes = body.NodeNames ?? []
    const name = body.Pod?.metadata.name ?? body.PodName ?? ''
    if (verb === 'preempt') {
      const victims = body.NodeNameToMetaVictims!
      asked.push(`preempt for ${name}: ${Object.entries(victims).map(([node, { Pods, NumPDBViolations }]) => `${node} ${Pods.length} of ${NumPDBViolations ?? 0}`).sort().join(', ')}`)
      return { NodeNameToMetaVictims: Object.fromEntries(Object.entries(victims).filter(([node]) => node === 'n2')) }
    }
    if (verb === 'bind') {
      asked.push(`bind ${name} to ${body.Node!}`)
      return {}
    }
    asked.push(`${verb} ${name} on ${nodes.toSorted().join(' ')}`)
    if (verb === 'prioritize') return nodes.map(node => ({ Host: node, Score: node === 'n2' ? 10 : 0 }))
    return (filters[name] ?? (() => ({ NodeNames: nodes })))(nodes)
  }

  beforeAll(async () => {
    server = createServer((incoming, response) => {
      let text = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => { text += chunk })
      incoming.on('end', () => {
        const verb = incoming.url!.slice(1)
        const body = JSON.parse(text) as Parameters<typeof answer>[1]
        const reply = answer(verb, body)
        const bound = verb === 'bind' ? api.call('POST', `${podsPath}/${body.PodName!}/binding`, { metadata: { name: body.PodName! }, target: { kind: 'Node', name: body.Node! } }) : Promise.resolve()
        void bound.then(() => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply)) })
      })
    })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    const certificate = await plane.certificateFor({ commonName: 'kube-scheduler', dns: ['localhost'], ips: ['127.0.0.1'] })
    const [certFile, keyFile, configFile] = ['extended.crt', 'extended.key', 'extended.json'].map(file => join(plane.folder, file)) as [string, string, string]
    writeFileSync(certFile, certificate.cert)
    writeFileSync(keyFile, certificate.key, { mode: 0o600 })
    writeFileSync(configFile, JSON.stringify({
      apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', leaderElection: { leaderElect: false }, podInitialBackoffSeconds: 1, podMaxBackoffSeconds: 1,
      clientConnection: { kubeconfig: await plane.kubeconfigFor({ name: 'system:kube-scheduler' }) },
      extenders: [
        { urlPrefix: 'http://127.0.0.1:1', filterVerb: 'filter', ignorable: true, httpTimeout: '1s' },
        { urlPrefix: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, filterVerb: 'filter', prioritizeVerb: 'prioritize', preemptVerb: 'preempt', bindVerb: 'bind', weight: 5, nodeCacheCapable: true, managedResources: [{ name: 'example.com/thing', ignoredByScheduler: true }] },
      ],
    }))
    const flags = [`--config=${configFile}`, '--bind-address=127.0.0.1', '--secure-port=0', `--tls-cert-file=${certFile}`, `--tls-private-key-file=${keyFile}`]
    child = binary === undefined ? spawn(process.execPath, [program, ...flags], { stdio: 'ignore' }) : spawn(binary, flags, { stdio: 'ignore' })
  }, 30_000)

  afterAll(async () => {
    if (child !== undefined) {
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    }
    server?.close()
  })

  const thing = { 'cpu': '100m', 'example.com/thing': '1' }
  const messageOf = async (name: string) => (await read(name)).status.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? ''

  it('one that cannot be reached is passed over if it may be; pods without the managed resource do not concern the other', async () => {
    await addPod('plain', { cpu: '100m' })
    await expect.poll(() => nodeOf('plain'), { timeout: 15_000 }).not.toBe('')
    expect(asked).toEqual([])
    await remove('plain')
  }, 30_000)

  it('filters, prioritizes and binds', async () => {
    await addPod('scored', thing)
    await expect.poll(() => nodeOf('scored'), { timeout: 15_000 }).toBe('n2')
    await addPod('picky', thing)
    await expect.poll(() => nodeOf('picky'), { timeout: 15_000 }).toBe('n2')
    expect(asked.splice(0)).toEqual(['filter scored on n1 n2', 'prioritize scored on n1 n2', 'bind scored to n2', 'filter picky on n1 n2', 'bind picky to n2'])
    await remove('scored')
    await remove('picky')
  }, 30_000)

  it('its reasons and its errors are told to the pod', async () => {
    await addPod('refused', thing)
    await expect.poll(() => messageOf('refused'), { timeout: 15_000 }).toBe('0/2 nodes are available: 1 never, 1 not today. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.')
    await remove('refused')
    await addPod('broken', thing)
    await expect.poll(() => messageOf('broken'), { timeout: 15_000 }).toBe('boom')
    await remove('broken')
    asked.length = 0
  }, 30_000)

  it('is asked whom preemption may evict, and where', async () => {
    for (const node of ['n1', 'n2']) await addPod(`low-${node}`, { cpu: '3500m' }, { nodeName: node })
    await pause(500)
    await addPod('high', { ...thing, cpu: '1' }, { priority: 100 })
    await expect.poll(async () => (await read('high')).status.nominatedNodeName ?? '', { timeout: 15_000 }).toBe('n2')
    expect(asked.filter(text => text.startsWith('preempt'))).toEqual(['preempt for high: n1 1 of 0, n2 1 of 0'])
    for (const name of ['low-n1', 'low-n2', 'high']) await remove(name)
  }, 30_000)
})
