/**
 * What conversations are played against: a store and an API server; with controllers also a controller manager, a
 * scheduler and two nodes whose kubelets are played here. TEST_APISERVER, TEST_CONTROLLER_MANAGER and TEST_SCHEDULER name
 * other programs to play them against, so that their answers can be reviewed beside those of upstream, and upstream's
 * components be seen at work against this API server. STAGE_LOGS names a folder that keeps what they logged.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { timeText } from '../../agents/base/clock.ts'
import { startControlPlane } from '../integration/control-plane.ts'
import type { ControlPlane } from '../integration/control-plane.ts'
import { rawApi } from '../integration/raw-api.ts'
import type { RawApi } from '../integration/raw-api.ts'
import type { Surroundings } from './play.ts'

const components = join(import.meta.dirname, '../../agents/control-plane')
const merge = { 'content-type': 'application/merge-patch+json' }

export interface Stage extends AsyncDisposable {
  readonly plane: ControlPlane
  /** Makes a namespace with its default service account; the kubeconfig's context has it. */
  enter(namespace: string): Promise<Surroundings>
}

export async function openStage(kind: 'plain' | 'controllers'): Promise<Stage> {
  const plane = await startControlPlane(process.env['TEST_APISERVER'] === undefined ? {} : { store: 'real' })
  const api = rawApi(plane)
  const children: ChildProcess[] = []
  const ending = new AbortController()
  if (kind === 'controllers') {
    await startComponents(plane, children)
    for (const name of ['node-1', 'node-2']) await makeNode(api, name)
    void playKubelets(api, ending.signal)
  }
  return {
    plane,
    async enter(namespace) {
      await api.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts`
      if (kind === 'plain') await api.call('POST', account, { metadata: { name: 'default' } })
      for (let tries = 0; (await api.call('GET', `${account}/default`)).status !== 200; tries++) {
        if (tries > 300) throw new Error(`no default service account in ${namespace}\n${readFileSync(join(plane.folder, 'kube-controller-manager.log'), 'utf8').slice(-2000)}`)
        await pause(50)
      }
      const config = JSON.parse(readFileSync(plane.kubeconfig, 'utf8')) as { contexts: { context: { namespace?: string } }[] }
      config.contexts[0]!.context.namespace = namespace
      const path = join(plane.folder, `${namespace}.kubeconfig`)
      writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
      return { kubeconfig: path, server: plane.server, caFile: join(plane.folder, 'pki', 'ca.crt') }
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      for (const child of children) child.kill('SIGKILL')
      keepLogs(plane.folder, kind)
      await plane.stop()
    },
  }
}

async function startComponents(plane: ControlPlane, children: ChildProcess[]): Promise<void> {
  const caFile = join(plane.folder, 'root-ca.crt')
  writeFileSync(caFile, plane.ca)
  const own: Record<string, readonly string[]> = {
    'kube-controller-manager': ['--use-service-account-credentials=true', '--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16', '--service-cluster-ip-range=10.96.0.0/16', `--root-ca-file=${caFile}`, '--node-monitor-grace-period=1h'],
    'kube-scheduler': [],
  }
  for (const [name, flags] of Object.entries(own)) {
    const kubeconfig = await plane.kubeconfigFor({ name: `system:${name}` })
    const serving = await plane.certificateFor({ commonName: name, ips: ['127.0.0.1'] })
    const [certFile, keyFile] = [join(plane.folder, `${name}.crt`), join(plane.folder, `${name}.key`)]
    writeFileSync(certFile, serving.cert)
    writeFileSync(keyFile, serving.key)
    const log = openSync(join(plane.folder, `${name}.log`), 'a')
    const [program, ...before] = programOf(name)
    children.push(spawn(program, [...before, `--kubeconfig=${kubeconfig}`, '--secure-port=0', '--bind-address=127.0.0.1', `--tls-cert-file=${certFile}`, `--tls-private-key-file=${keyFile}`, ...flags], { stdio: ['ignore', log, log] }))
  }
}

function programOf(name: string): [string, ...string[]] {
  const other = process.env[`TEST_${name.replace(/^kube-/, '').replaceAll('-', '_').toUpperCase()}`]
  return other === undefined ? [process.execPath, join(components, name.replace(/^kube-/, ''), 'edge/main.ts')] : [other]
}

function keepLogs(from: string, kind: string): void {
  const folder = process.env['STAGE_LOGS']
  if (folder === undefined) return
  mkdirSync(join(folder, kind), { recursive: true })
  cpSync(from, join(folder, kind), { recursive: true, filter: path => path === from || path.endsWith('.log') })
}

async function makeNode(api: RawApi, name: string): Promise<void> {
  await api.call('POST', '/api/v1/nodes', { metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } } })
  const now = timeText(Date.now())
  const condition = (type: string, status: string, reason: string, message: string) => ({ type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: now })
  const status = {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    addresses: [{ type: 'InternalIP', address: `192.0.2.${name.at(-1)!}` }, { type: 'Hostname', address: name }],
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: { architecture: 'amd64', bootID: 'boot', containerRuntimeVersion: 'containerd://2.0.0', kernelVersion: '6.12.0', kubeProxyVersion: '', kubeletVersion: 'v1.36.0', machineID: 'machine', operatingSystem: 'linux', osImage: 'Debian GNU/Linux 13', systemUUID: 'system' },
  }
  await api.call('PATCH', `/api/v1/nodes/${name}/status`, { status }, merge)
}

/** Pods that are bound run at once; those being deleted are gone at once. An image named "broken" never starts, one named "done" ends at once. */
async function playKubelets(api: RawApi, signal: AbortSignal): Promise<void> {
  let nextIp = 2
  while (!signal.aborted) {
    const listed = await api.call('GET', '/api/v1/pods').catch(() => undefined)
    for (const pod of (listed?.json?.items ?? []) as any[]) { // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read freely
      const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`
      if (pod.spec.nodeName === undefined) continue
      if (pod.metadata.deletionTimestamp !== undefined) await api.call('DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }).catch(() => {})
      else if (pod.status.phase === 'Pending' && pod.status.startTime === undefined) await api.call('PATCH', `${path}/status`, { status: statusOf(pod, nextIp++ % 250) }, merge).catch(() => {})
    }
    await pause(100)
  }
}

function statusOf(pod: any, number: number): object { // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
  const now = timeText(Date.now())
  const node = Number(pod.spec.nodeName.at(-1))
  const ip = `10.244.${node}.${number}`
  const isJob = pod.metadata.labels?.['job-name'] !== undefined || pod.spec.containers[0].image === 'done'
  const broken = pod.spec.containers.some((container: { image: string }) => container.image === 'broken')
  const state = broken ? { waiting: { reason: 'ErrImagePull', message: 'no such image' } } : isJob ? { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now, containerID: 'containerd://x' } } : { running: { startedAt: now } }
  const ready = !broken && !isJob
  const condition = (type: string, status: boolean) => ({ type, status: status ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: now })
  return {
    phase: broken ? 'Pending' : isJob ? 'Succeeded' : 'Running', startTime: now, hostIP: `192.0.2.${node}`, hostIPs: [{ ip: `192.0.2.${node}` }], podIP: ip, podIPs: [{ ip }],
    conditions: [condition('PodReadyToStartContainers', true), condition('Initialized', true), condition('Ready', ready), condition('ContainersReady', ready), condition('PodScheduled', true)],
    containerStatuses: pod.spec.containers.map((container: { name: string; image: string }) => ({ name: container.name, image: container.image, imageID: '', containerID: broken ? '' : 'containerd://x', ready, started: ready, restartCount: 0, state, lastState: {} })),
  }
}
