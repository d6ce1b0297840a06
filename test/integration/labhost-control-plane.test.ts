/** A lab without workers: what the lab host promises about the control plane, with the real processes. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ComponentState, LabState } from '../../electron/contract/labs.ts'

const cli = join(import.meta.dirname, '../../dist/cli.mjs')
const home = mkdtempSync(join(tmpdir(), 'kubarium-lab-'))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function kubarium(...argv: string[]): Promise<Ended> {
  return new Promise(resolve => {
    execFile(process.execPath, [cli, ...argv], { env: { ...process.env, KUBARIUM_HOME: home }, timeout: 180_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr })
    })
  })
}

async function up(): Promise<LabState> {
  const ended = await kubarium('up', '--name', 'plane', '--nodes', '0', '-o', 'json')
  expect(ended.stderr).not.toContain('failed')
  expect(ended.code).toBe(0)
  return JSON.parse(ended.stdout) as LabState
}

async function components(): Promise<ReadonlyMap<string, ComponentState>> {
  const listed = JSON.parse((await kubarium('component', 'list', '--name', 'plane', '-o', 'json')).stdout) as ComponentState[]
  return new Map(listed.map(component => [component.name, component]))
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 120_000; Date.now() < until; await new Promise(resolve => setTimeout(resolve, 100))) if (await holds()) return
  throw new Error(`waited in vain: ${what}`)
}

const hostPid = () => (JSON.parse(readFileSync(join(home, 'host/host.json'), 'utf8')) as { pid: number }).pid

beforeAll(up)
afterAll(async () => {
  await kubarium('delete', '--name', 'plane')
  await kubarium('host', 'stop')
  rmSync(home, { recursive: true, force: true })
})

test('every component is ready, and a second up changes nothing', async () => {
  const before = await components()
  expect([...before.values()].map(component => `${component.name} ${component.phase} ${component.restarts}`)).toEqual(['etcd ready 0', 'kube-apiserver ready 0', 'kube-scheduler ready 0', 'kube-controller-manager ready 0', 'cloud-controller-manager ready 0', 'metrics-server ready 0'])
  await up()
  expect([...(await components()).values()].map(component => component.pid)).toEqual([...before.values()].map(component => component.pid))
})

test('what nodes use is served through the API server, by the metrics server of the desktop', async () => {
  await eventually('metrics.k8s.io answers', async () => {
    const { code, stdout } = await kubarium('kubectl', '--name', 'plane', '--', 'get', '--raw', '/apis/metrics.k8s.io/v1beta1/nodes')
    return code === 0 && stdout.includes('"NodeMetricsList"')
  })
})

test('LF1 nothing in the home can be read by others', () => {
  const open = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter(entry => (entry.isFile() || entry.isDirectory()) && !entry.parentPath.includes('compile-cache'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => (statSync(path).mode & 0o077) !== 0)
  expect(open.filter(path => !path.endsWith('compile-cache'))).toEqual([])
})

test('SV2 a killed component comes back', async () => {
  const before = (await components()).get('kube-scheduler')!
  expect((await kubarium('component', 'kill', 'kube-scheduler', '--name', 'plane')).code).toBe(0)
  await eventually('another scheduler is ready', async () => {
    const after = (await components()).get('kube-scheduler')!
    return after.phase === 'ready' && after.pid !== before.pid && after.restarts === before.restarts + 1
  })
})

test('a paused component is shown paused, and ready again when resumed', async () => {
  await kubarium('component', 'pause', 'kube-controller-manager', '--name', 'plane')
  expect((await components()).get('kube-controller-manager')!.phase).toBe('paused')
  await kubarium('component', 'resume', 'kube-controller-manager', '--name', 'plane')
  await eventually('it is ready', async () => (await components()).get('kube-controller-manager')!.phase === 'ready')
})

test('LB4 a lab host that was killed is followed by one that finds every process as it was', async () => {
  const before = await components()
  process.kill(hostPid(), 'SIGKILL')
  await eventually('the lab is running', async () => (JSON.parse((await kubarium('status', '--name', 'plane', '-o', 'json')).stdout) as LabState).phase === 'running')
  const after = await components()
  expect([...after.values()].map(({ name, pid, restarts }) => ({ name, pid, restarts }))).toEqual([...before.values()].map(({ name, pid, restarts }) => ({ name, pid, restarts })))
})

test('what a component knows can be asked', async () => {
  expect(JSON.parse((await kubarium('inspect', 'etcd', '--name', 'plane', '-o', 'json')).stdout)).toMatchObject({ subjects: expect.arrayContaining(['revisions']) as string[] })
  const unknown = await kubarium('inspect', 'etcd', 'nonsense', '--name', 'plane')
  expect({ code: unknown.code, stderr: unknown.stderr.trim() }).toEqual({ code: 1, stderr: 'kubarium: etcd knows no subject "nonsense"; see: kubarium inspect etcd' })
})

test('a port that was taken while the lab was down is chosen anew', async () => {
  const before = await up()
  expect((await kubarium('down', '--name', 'plane')).code).toBe(0)
  const port = Number(new URL(before.apiServerUrl!).port)
  const squatter = await listen(port)
  try {
    const after = await up()
    expect(after.apiServerUrl).not.toBe(before.apiServerUrl)
    expect(readFileSync(after.kubeconfigPath, 'utf8')).toContain(after.apiServerUrl!)
  } finally {
    squatter.close()
  }
})

test('LB6 delete leaves no process and no file', async () => {
  await up()
  const pids = [...(await components()).values()].map(component => component.pid!)
  expect((await kubarium('delete', '--name', 'plane')).code).toBe(0)
  expect(pids.filter(pid => existsSync(`/proc/${pid}`))).toEqual([])
  expect(readdirSync(join(home, 'labs'))).toEqual([])
  expect((await kubarium('status', '--name', 'plane')).code).toBe(1)
})

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => { resolve(server) })
  })
}
