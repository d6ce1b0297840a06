/**
 * The API server under load, with TLS and RBAC on, over the embedded store: rates, times, processor time of server and store
 * for each request, memory empty and with 10,000 pods. The load comes from a process of its own (load-client.ts).
 *
 * `--only=GET` measures only what begins with that word (and creates the pods). With `--server-cpu=0 --client-cpu=1` server and client are kept on processors of their own (taskset).
 * `--profile=FOLDER` writes what both spent their time on, for the developer tools of a browser.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { startControlPlane, type ControlPlane } from '../integration/control-plane.ts'
import { rawApi } from '../integration/raw-api.ts'
import type { Belongings } from './belongings.ts'
import { benchPod, namespacesOf, podPath } from './bench-pods.ts'
import { schedulingSteps } from './scheduling-requests.ts'
import { type Access, accessOf } from './kept-connection.ts'
import { cpuSeconds, mostResidentBytes, renderTable, residentBytes } from './process-figures.ts'
import type { FanOutTask, LoadOutcome, RequestTask } from './load-client.ts'

interface Row {
  readonly what: string
  readonly rate: string
  readonly p50: string
  readonly p99: string
  /** Of the API server, a request. */
  readonly cpu: string
  /** Of the store, a request. */
  readonly storeCpu: string
  readonly target: string
}

type Task = Omit<RequestTask, 'access'> | Omit<FanOutTask, 'access'>

/** Memory is given back some time after work (agents/runtime/idle-memory.ts): what is told is what a server at rest keeps. */
const idleMs = 15_000
const namespaces = 10
const scheduledPods = 2_000
const scheduledNodes = 500

export async function benchApiServer(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { pods: { type: 'string', default: '10000' }, seconds: { type: 'string', default: '5' }, watchers: { type: 'string', default: '1000' }, 'server-cpu': { type: 'string' }, 'client-cpu': { type: 'string' }, only: { type: 'string', default: '' }, profile: { type: 'string' } } })
  const pods = Number(values.pods)
  const durationMs = Number(values.seconds) * 1_000
  const watchers = Number(values.watchers)
  const profiling = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
  await using plane = await belongings.own(startControlPlane({ agents: join(import.meta.dirname, '../../dist/agents'), nodeFlags: profiling }))
  const { pids } = plane
  if (values['server-cpu'] !== undefined) for (const pid of [pids.apiServer, pids.store]) await pin(pid, values['server-cpu'])
  const access = await admit(plane)
  const rows: Row[] = []
  const run = async (what: string, task: Task, target: string) => {
    if (!what.startsWith('CREATE') && !what.startsWith(values.only)) return
    const [before, storeBefore] = [cpuSeconds(pids.apiServer), cpuSeconds(pids.store)]
    const outcome = await load({ ...task, access } as RequestTask | FanOutTask, values['client-cpu'], belongings).catch((error: Error) => error)
    if (outcome instanceof Error) {
      rows.push({ what, rate: 'failed', p50: '', p99: '', cpu: '', storeCpu: '', target })
      return
    }
    const each = (pid: number, since: number) => `${(((cpuSeconds(pid) - since) * 1e6) / outcome.done).toFixed(task.kind === 'requests' ? 0 : 2)} µs`
    rows.push({ what, rate: `${Math.round(outcome.done / (outcome.elapsedMs / 1_000))}/s`, p50: `${outcome.p50.toFixed(2)} ms`, p99: `${outcome.p99.toFixed(2)} ms`, cpu: each(pids.apiServer, before), storeCpu: each(pids.store, storeBefore), target })
  }
  const memory = (what: string, bytes: number, target: string) => {
    rows.push({ what, rate: `${(bytes / 1e6).toFixed(0)} MB`, p50: '', p99: '', cpu: '', storeCpu: '', target })
  }
  const all = Array.from({ length: pods }, (_, index) => index)
  const shuffled = all.map(index => (index * 7_919) % pods)
  const forAll = { kind: 'requests', count: Infinity, durationMs, expect: [200] } as const

  await pause(idleMs)
  memory('resident, empty', residentBytes(pids.apiServer), '≤ 120 MB')
  await run(`CREATE ${pods} pods of ${Math.round(benchPod(0, namespaces).length / 1024 * 10) / 10} KiB`, { kind: 'requests', connections: 64, count: pods, durationMs: 600_000, expect: [201], requests: all.map(index => ({ method: 'POST', path: podPath(index, namespaces).replace(/\/[^/]+$/, ''), body: benchPod(index, namespaces) })) }, '≥ 1,500/s')
  memory('the most that was resident meanwhile', mostResidentBytes(pids.apiServer), '')
  await pause(idleMs)
  memory(`resident, ${pods} pods, ${idleMs / 1_000} s later`, residentBytes(pids.apiServer), '≤ 200 MB')
  const gets = { ...forAll, connections: 32, requests: shuffled.map(index => ({ method: 'GET', path: podPath(index, namespaces) })) } as const
  await run('GET a pod, at once after that rest', gets, '') // whose compiled code the rest has cost
  await run('GET a pod', gets, '≥ 9,000/s')
  await run(`LIST all ${pods} pods`, { ...forAll, connections: 1, durationMs: durationMs * 2, requests: [{ method: 'GET', path: '/api/v1/pods' }] }, 'p99 ≤ 150 ms')
  await run('LIST by a label selector that matches none', { ...forAll, connections: 1, requests: [{ method: 'GET', path: '/api/v1/pods?labelSelector=app%3Dnothing' }] }, 'p99 ≤ 30 ms')
  await run('LIST by node (field selector)', { ...forAll, connections: 1, requests: all.slice(0, 100).map(index => ({ method: 'GET', path: `/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-${index}` })) }, '')
  await run('PATCH a label (merge)', { ...forAll, connections: 32, requests: shuffled.map((index, turn) => ({ method: 'PATCH', path: podPath(index, namespaces), type: 'application/merge-patch+json', body: `{"metadata":{"labels":{"turn":"t${turn % 97}"}}}` })) }, '')
  await run('apply (server side)', { ...forAll, expect: [200, 201], connections: 32, requests: shuffled.map((index, turn) => ({ method: 'PATCH', path: `${podPath(index, namespaces)}?fieldManager=bench`, type: 'application/apply-patch+yaml', body: `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${podPath(index, namespaces).split('/').at(-1)!}","annotations":{"turn":"t${turn % 89}"}}}` })) }, '')
  const watchPath = '/api/v1/namespaces/bench-0/configmaps?watch=true'
  const writes = Array.from({ length: 200 }, (_, index) => ({ method: 'POST', path: '/api/v1/namespaces/bench-0/configmaps', type: 'application/json', body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `event-${index}` }, data: { text: 'x'.repeat(700) } }) }))
  await run(`watch: deliveries of 200 events of 1 KiB to ${watchers} watchers`, { kind: 'fan-out', sessions: 10, watchesEach: watchers / 10, watchPath, writes, writers: 4 }, '≥ 100,000/s')
  for (const { what, expect, requests } of schedulingSteps(scheduledPods, scheduledNodes, Date.now())) await run(`scheduling: ${what}`, { kind: 'requests', connections: 32, count: requests.length, durationMs: 600_000, expect: [expect], requests }, '')
  process.stdout.write(`${renderRows(rows)}\n`)
}

/** A user with rights by RBAC, not one of system:masters, and the namespaces that the pods lie in. */
async function admit(plane: ControlPlane): Promise<Access> {
  const api = rawApi(plane)
  const must = async (path: string, body: object) => {
    const { status, text } = await api.call('POST', path, body)
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`)
  }
  await must('/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'bench' }, rules: [{ apiGroups: ['', 'events.k8s.io', 'coordination.k8s.io'], resources: ['*'], verbs: ['*'] }] })
  await must('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'bench' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'bench' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bench' }] })
  for (const name of namespacesOf(namespaces)) {
    await must('/api/v1/namespaces', { metadata: { name } })
    await must(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  }
  return accessOf({ ...plane, admin: await plane.certificateFor({ commonName: 'bench' }) })
}

async function load(task: RequestTask | FanOutTask, cpu: string | undefined, belongings: Belongings): Promise<LoadOutcome> {
  const program = [process.execPath, join(import.meta.dirname, 'load-client.ts')]
  const argv = cpu === undefined ? program : ['taskset', '-c', cpu, ...program]
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
  await using _client = await belongings.own(Promise.resolve({ async [Symbol.asyncDispose]() { child.kill() } }))
  return await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', chunk => { text += String(chunk) })
    child.once('error', reject)
    child.once('close', code => {
      if (code === 0) resolve(JSON.parse(text) as LoadOutcome)
      else reject(new Error(`the load ended with status ${code}`))
    })
    child.stdin.end(JSON.stringify({ ...task, ...(task.kind === 'requests' && task.count === Infinity ? { count: Number.MAX_SAFE_INTEGER } : {}) }))
  })
}

function pin(pid: number, cpu: string): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn('taskset', ['-a', '-c', '-p', cpu, String(pid)], { stdio: 'ignore' }).once('error', reject).once('close', () => { resolve() })
  })
}

function renderRows(rows: readonly Row[]): string {
  return renderTable(['', 'rate', 'p50', 'p99', 'server CPU', 'store CPU', 'target'], rows.map(row => [row.what, row.rate, row.p50, row.p99, row.cpu, row.storeCpu, row.target]))
}
