/** A lab of simulated nodes through the command line: what a user does with it, with the real processes. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabState } from '../../electron/contract/labs.ts'
import { rawApi, type RawApi } from './raw-api.ts'

const cli = join(import.meta.dirname, '../../dist/cli.mjs')
const home = mkdtempSync(join(tmpdir(), 'kubarium-sim-'))
const labFile = join(home, 'lab.yaml')
let api: RawApi

function kubarium(...argv: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [cli, ...argv], { env: { ...process.env, KUBARIUM_HOME: home }, timeout: 180_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr })
    })
  })
}

async function must(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubarium(...argv)
  expect(code, stderr).toBe(0)
  return stdout
}

const stateOf = async () => JSON.parse(await must('status', '--name', 'sim', '-o', 'json')) as LabState

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await new Promise(resolve => setTimeout(resolve, 100))) if (await holds()) return
  throw new Error(`waited in vain: ${what}`)
}

async function open(): Promise<void> {
  const text = await must('kubeconfig', '--name', 'sim')
  const field = (name: string) => Buffer.from(new RegExp(`${name}: "?([A-Za-z0-9+/=]+)`).exec(text)![1]!, 'base64').toString()
  api = rawApi({ server: /server: "?([^\s"]+)/.exec(text)![1]!, ca: field('certificate-authority-data'), admin: { cert: field('client-certificate-data'), key: field('client-key-data') } })
}

beforeAll(async () => {
  writeFileSync(labFile, 'apiVersion: kubarium.dev/v1\nkind: Lab\nmetadata: {name: sim}\nspec:\n  nodes:\n    - {name: big, provider: simulated, count: 4, cpus: 16, zones: [a, b]}\n  simulation:\n    usage: [{match: {labels: {app: web}}, cpu: 250m, memory: 64Mi}]\n')
  await must('up', '-f', labFile)
  await open()
}, 180_000)

afterAll(async () => {
  await kubarium('delete', '--name', 'sim')
  await kubarium('host', 'stop')
  rmSync(home, { recursive: true, force: true })
})

test('up returns when every node is Ready, and shows the process that plays them', async () => {
  const state = await stateOf()
  expect(state.nodes.map(({ name, provider, machine, ready }) => [name, provider, machine, ready])).toEqual(['big-1', 'big-2', 'big-3', 'big-4'].map(name => [name, 'simulated', 'running', 'True']))
  expect(state.components.map(({ name, phase }) => [name, phase])).toContainEqual(['simulated-kubelets', 'ready'])
})

test('a deployment runs on them, its usage is as the file says, and its logs are refused by name', async () => {
  await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'web' }, spec: { replicas: 6, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } } } })
  await eventually('the deployment is available', async () => (await api.call('GET', '/apis/apps/v1/namespaces/default/deployments/web')).json.status.availableReplicas === 6)
  const pod = (await api.call('GET', '/api/v1/namespaces/default/pods')).json.items[0] as { metadata: { name: string }; spec: { nodeName: string } }
  const { json } = await api.call('GET', `/api/v1/nodes/${pod.spec.nodeName}/proxy/stats/summary`)
  expect(json.pods.find((one: { podRef: { name: string } }) => one.podRef.name === pod.metadata.name).containers[0].cpu.usageNanoCores).toBe(250_000_000)
  const refused = await api.call('GET', `/api/v1/namespaces/default/pods/${pod.metadata.name}/log`)
  expect(refused.status).toBe(501)
  expect(refused.text).toContain(`is played by simulated node ${pod.spec.nodeName}: no process stands behind it, so it has no logs`)
})

test('what-if tells where the pods of a file would go, and makes nothing', async () => {
  const file = join(home, 'wanted.yaml')
  writeFileSync(file, 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: wanted}\nspec:\n  replicas: 5\n  template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 15}}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: wanted}\n')
  const ask = ['inspect', 'kube-scheduler', 'what-if', '--name', 'sim', '-f', file]
  expect(JSON.parse(await must(...ask, '-o', 'json'))).toMatchObject({ pods: 5, placed: 4, leftOut: ['Service/wanted'], answers: [...Array(4).fill({ preemption: null }), { pod: 'default/wanted-4', node: null }] })
  expect(await must(...ask)).toMatch(/4 of 5 would be placed[^]*default\/wanted-4: 0\/4 nodes are available: 4 Insufficient cpu[^]*more cpu free on big-/)
  expect((await api.call('GET', '/apis/apps/v1/namespaces/default/deployments/wanted')).status).toBe(404)
  writeFileSync(file, 'kind: Service\nmetadata: {name: only}\n')
  expect(await kubarium(...ask)).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing here makes pods: Service/only') as string })
  expect((await kubarium('inspect', 'kube-scheduler', 'what-if', '--name', 'sim')).code).toBe(2)
})

test('SM1 nodes are added, switched off and on, and removed one by one', async () => {
  await must('node', 'add', 'extra', '--provider', 'simulated', '--name', 'sim')
  expect((await api.call('GET', '/api/v1/nodes/extra/proxy/healthz')).text).toBe('ok\n')
  await must('node', 'stop', 'extra', '--name', 'sim')
  await eventually('extra is NotReady', async () => (await stateOf()).nodes.find(({ name }) => name === 'extra')!.ready === 'False')
  await must('node', 'start', 'extra', '--name', 'sim')
  expect((await stateOf()).nodes.find(({ name }) => name === 'extra')!.ready).toBe('True')
  await must('node', 'power-off', 'extra', '--name', 'sim')
  expect((await stateOf()).nodes.find(({ name }) => name === 'extra')!.machine).toBe('stopped')
  await must('node', 'remove', 'extra', '--name', 'sim')
  await eventually('its Node is gone', async () => (await api.call('GET', '/api/v1/nodes/extra')).status === 404)
  expect((await stateOf()).nodes.map(({ name }) => name)).toEqual(['big-1', 'big-2', 'big-3', 'big-4'])
})

test('what needs a machine is refused by name', async () => {
  const { code, stderr } = await kubarium('ssh', 'big-1', '--name', 'sim', '--', 'ls')
  expect(code).toBe(1)
  expect(stderr).toContain('big-1 is a simulated node: no machine stands behind it, so there is nothing to log in to')
})

test('LB6 down and up again keep nodes and pods', async () => {
  const before = (await api.call('GET', '/api/v1/namespaces/default/pods')).json.items.length as number
  await must('down', '--name', 'sim')
  await must('up', '-f', labFile)
  await open()
  expect((await api.call('GET', '/api/v1/namespaces/default/pods')).json.items).toHaveLength(before)
  expect((await stateOf()).nodes.every(({ ready }) => ready === 'True')).toBe(true)
}, 180_000)
