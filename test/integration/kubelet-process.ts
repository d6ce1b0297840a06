/** A kubelet as its own process, called node-1, on a containerd of the test's own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import type { PrivateContainerd } from './private-containerd.ts'

const node = join(import.meta.dirname, '../../node_modules/.bin/node')

export interface RunningKubelet extends AsyncDisposable {
  readonly process: ChildProcess
  log(): string
}

export async function startKubelet(plane: ControlPlane, containerd: PrivateContainerd, port: number): Promise<RunningKubelet> {
  const folder = join(containerd.folder, 'kubelet')
  mkdirSync(folder, { recursive: true })
  const serving = await plane.certificateFor({ commonName: 'node-1', dns: ['node-1'], ips: ['127.0.0.1'] })
  for (const [name, text] of [['server.crt', serving.cert], ['server.key', serving.key], ['ca.crt', plane.ca]] as const) writeFileSync(join(folder, name), text)
  const kubeconfig = await plane.kubeconfigFor({ name: 'system:node:node-1', groups: ['system:nodes'] })
  const flags = {
    kubeconfig, 'hostname-override': 'node-1', 'node-ip': '127.0.0.1', 'container-runtime-endpoint': containerd.endpoint, 'cgroup-driver': 'cgroupfs',
    'cluster-dns': '10.96.0.10', 'tls-cert-file': join(folder, 'server.crt'), 'tls-private-key-file': join(folder, 'server.key'), 'client-ca-file': join(folder, 'ca.crt'),
    'root-dir': join(folder, 'root'), 'pod-log-dir': join(folder, 'log/pods'), 'pod-manifest-path': join(folder, 'manifests'), port: String(port), 'healthz-port': '0',
  }
  const child = spawn(node, ['agents/node/kubelet/edge/main.ts', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (text: Buffer) => { log += text.toString() })
  return {
    process: child,
    log: () => log,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await new Promise(resolve => child.once('exit', resolve))
    },
  }
}
