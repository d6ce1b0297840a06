/** The real metrics server between a real API server, stock kubectl and a stand-in for a kubelet that uses half a core. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server as HttpServer } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectionPath } from '../../electron/labhost/addons/addon-object.ts'
import { metricsServer } from '../../electron/labhost/addons/metrics-server.ts'
import { startConnectProxy } from './connect-proxy.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import type { Kubectl } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createTestAuthority } from './test-pki.ts'

const agents = join(import.meta.dirname, '../../agents/control-plane')
/** Leads to this machine: nodes on loopback addresses are not proxied to. */
const nodeAddress = '10.1.2.3'
const port = 20_000 + (process.pid % 20_000)
let plane: ControlPlane
let api: RawApi
let kubelet: Server
let proxyServer: HttpServer
let server: ChildProcess
let manager: ChildProcess | undefined
let kubectl: Kubectl
const asked: string[] = []
const folders: string[] = []

function usageText(): string {
  const seconds = Date.now() / 1_000
  const labels = '{container="app",namespace="default",pod="web"}'
  return [
    `node_cpu_usage_seconds_total ${seconds}`, 'node_memory_working_set_bytes 536870912',
    `container_cpu_usage_seconds_total${labels} ${seconds / 2} ${Date.now()}`, `container_memory_working_set_bytes${labels} 104857600`, `container_start_time_seconds${labels} 1000`, '',
  ].join('\n')
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-metrics-'))
  folders.push(folder)
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const proxyCa = await createTestAuthority('front-proxy-ca')
  const proxy = await proxyCa.sign({ commonName: 'front-proxy-client' })
  const egress = join(folder, 'egress.sock')
  proxyServer = await startConnectProxy(egress, nodeAddress, () => {})
  const egressConfig = write('egress.json', JSON.stringify({ apiVersion: 'apiserver.k8s.io/v1beta1', kind: 'EgressSelectorConfiguration', egressSelections: [{ name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: egress } } } }] }))
  plane = await startControlPlane({ flags: [`--egress-selector-config-file=${egressConfig}`, `--proxy-client-cert-file=${write('proxy.crt', proxy.cert)}`, `--proxy-client-key-file=${write('proxy.key', proxy.key)}`] })
  api = rawApi(plane)
  kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
  const kubeletPair = await plane.certificateFor({ commonName: 'n1', ips: [nodeAddress] })
  kubelet = createServer({ cert: kubeletPair.cert, key: kubeletPair.key }, (request, response) => {
    asked.push(request.url ?? '')
    response.end(usageText())
  })
  await new Promise<void>(resolve => { kubelet.listen(0, '127.0.0.1', resolve) })
  const kubeletPort = (kubelet.address() as AddressInfo).port
  await api.call('POST', '/api/v1/nodes', { metadata: { name: 'n1' }, status: { capacity: { cpu: '2', memory: '1Gi' }, allocatable: { cpu: '2', memory: '1Gi' }, addresses: [{ type: 'InternalIP', address: nodeAddress }], daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } } } })
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  await api.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'web', labels: { app: 'web' } }, spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'i', resources: { requests: { cpu: '250m' } } }] } })

  const serving = await plane.certificateFor({ commonName: 'metrics-server', dns: ['metrics-server.kube-system.svc'], ips: ['127.0.0.1'] })
  for (const object of metricsServer({ address: '198.18.0.1', port, authority: plane.ca })) {
    const sent = object.kind === 'Service' ? { ...object, spec: { type: 'ExternalName', externalName: 'localhost' } } : object.kind === 'APIService' ? { ...object, spec: { ...(object['spec'] as object), service: { namespace: 'kube-system', name: 'metrics-server', port } } } : object
    expect([201, 409]).toContain((await api.call('POST', collectionPath(object), sent)).status)
  }
  const log = openSync(join(folder, 'metrics-server.log'), 'a')
  server = spawn(process.execPath, [
    join(agents, 'metrics-server/edge/main.ts'), `--kubeconfig=${await plane.kubeconfigFor({ name: 'system:metrics-server' })}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, '--metric-resolution=1s',
    `--tls-cert-file=${write('ms.crt', serving.cert)}`, `--tls-private-key-file=${write('ms.key', serving.key)}`, `--client-ca-file=${write('ca.crt', plane.ca)}`, `--requestheader-client-ca-file=${write('front-ca.crt', proxyCa.cert)}`, '--requestheader-allowed-names=front-proxy-client',
  ], { stdio: ['ignore', log, log] })
})

afterAll(async () => {
  server?.kill('SIGTERM')
  manager?.kill('SIGKILL')
  proxyServer?.close()
  kubelet?.close()
  kubelet?.closeAllConnections()
  await plane?.stop()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function until<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await pause(200)) {
    const found = await read()
    if (found !== undefined) return found
  }
  throw new Error(`not in time: ${what}\n${readFileSync(join(folders[0]!, 'metrics-server.log'), 'utf8').slice(-2_000)}`)
}

const rows = (text: string) => text.trim().split('\n').slice(1).map(line => line.split(/\s+/))

describe('metrics server', () => {
  test('kubectl top tells what nodes and pods use', async () => {
    const pods = await until('kubectl top pods', async () => {
      const { code, stdout } = await kubectl('top pods --containers')
      return code === 0 && stdout.includes('web') ? rows(stdout) : undefined
    })
    expect([pods[0]![0], pods[0]![1], pods[0]![3]]).toEqual(['web', 'app', '100Mi'])
    expect(Number.parseInt(pods[0]![2]!, 10)).toBeGreaterThan(450)
    expect(Number.parseInt(pods[0]![2]!, 10)).toBeLessThan(550)
    const nodes = rows((await kubectl('top nodes')).stdout)
    expect([nodes[0]![0], nodes[0]![3], nodes[0]![4]]).toEqual(['n1', '512Mi', '50%'])
    expect((await kubectl('top pods -l app=other')).stderr).toContain('No resources found')
    expect(rows((await kubectl('get pods.metrics.k8s.io')).stdout)[0]!.slice(0, 1)).toEqual(['web'])
    expect(new Set(asked)).toEqual(new Set(['/metrics/resource']))
  })

  test('only those who may read metrics can, and only through an API server', async () => {
    const bob = rawApi(plane, await plane.certificateFor({ commonName: 'bob' }))
    expect((await bob.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).status).toBe(403)
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'bob' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:aggregated-metrics-reader' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }] })
    await until('bob may read', async () => ((await bob.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).status === 200 ? true : undefined))
    const direct = rawApi({ ...plane, server: `https://127.0.0.1:${port}` } as ControlPlane)
    expect((await direct.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes', undefined, { 'x-remote-user': 'admin' })).status).toBe(404)
    expect((await direct.call('GET', '/debug/inspect/scraper')).json).toMatchObject({ failing: {}, nodes: 1, pods: 1 })
  })

  test('an autoscaler of two metrics scales by the one that can be read, and says what is with the other', async () => {
    const since = new Date(Date.now() - 3_600_000).toISOString()
    await api.call('PATCH', '/api/v1/namespaces/default/pods/web/status', { status: { phase: 'Running', startTime: since, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] } }, { 'content-type': 'application/merge-patch+json' })
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'i' }] } }
    expect((await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template } })).status).toBe(201)
    const metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
    ]
    expect((await api.call('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'web' }, spec: { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, maxReplicas: 10, metrics } })).status).toBe(201)
    const log = openSync(join(folders[0]!, 'manager.log'), 'a')
    manager = spawn(process.execPath, [
      join(agents, 'controller-manager/edge/main.ts'), `--kubeconfig=${await plane.kubeconfigFor({ name: 'system:kube-controller-manager' })}`, '--secure-port=0', '--leader-elect=false', '--use-service-account-credentials=true',
      '--controllers=horizontal-pod-autoscaler-controller', '--horizontal-pod-autoscaler-sync-period=1s',
    ], { stdio: ['ignore', log, log] })
    const { status } = await until('rescaled', async () => {
      const { json } = await api.call('GET', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/web')
      return json.status?.lastScaleTime === undefined ? undefined : json
    })
    expect(status).toMatchObject({ currentReplicas: 1, desiredReplicas: 4, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu' } }, { type: '' }] })
    expect((await api.call('GET', '/apis/apps/v1/namespaces/default/deployments/web')).json.spec.replicas).toBe(4)
    const described = (await kubectl('describe hpa web')).stdout
    expect(described).toMatch(/SuccessfulRescale .* horizontal-pod-autoscaler +New size: 4; reason: cpu resource utilization \(percentage of request\) above target/)
    expect(described).toContain('unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered')
    expect(readFileSync(join(folders[0]!, 'manager.log'), 'utf8')).not.toContain('is forbidden')
  })

  test('a kubelet that falls silent is named, and its figures go', async () => {
    kubelet.close()
    kubelet.closeAllConnections()
    await until('no figures', async () => ((await api.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes/n1')).status === 404 ? true : undefined))
    expect((await api.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes/n1')).json.message).toBe('nodes.metrics.k8s.io "n1" not found')
  })
})
