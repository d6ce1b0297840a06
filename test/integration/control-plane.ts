/**
 * A store and an API server as real processes on free ports, with fresh certificates, for tests of anything that talks
 * to them. Disposing ends both and removes their files.
 *
 *   await using plane = await startControlPlane()
 *   plane.kubeconfig                      path of an administrator's kubeconfig
 *   await plane.kubeconfigFor(…)          one for anybody else
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { allocatorEnvironment, memoryFlags } from '../../electron/labhost/lab/component-memory.ts'
import { createTestAuthority, createTokenKeys } from './test-pki.ts'
import type { CertifiedKey } from './test-pki.ts'

const root = join(import.meta.dirname, '../..')

export interface ControlPlane extends AsyncDisposable {
  readonly folder: string
  readonly server: string
  readonly ca: string
  readonly admin: CertifiedKey
  /** Path of a kubeconfig of group system:masters. */
  readonly kubeconfig: string
  readonly etcdServer: string
  kubeconfigFor(user: { name: string; groups?: readonly string[] }): Promise<string>
  certificateFor(user: { commonName: string; organizations?: readonly string[]; dns?: readonly string[]; ips?: readonly string[] }): Promise<CertifiedKey>
  apiServerLog(): string
  storeLog(): string
  /** Process ids, for those who measure. */
  readonly pids: { readonly apiServer: number; readonly store: number }
  /** One more API server over the same store, with the same certificates; it ends with the plane at the latest. */
  startAnother(advertiseAddress: string): Promise<AnotherApiServer>
  killApiServer(): Promise<void>
  startApiServer(): Promise<void>
  killStore(): Promise<void>
  startStore(): void
  stop(): Promise<void>
}

export interface AnotherApiServer extends Pick<ControlPlane, 'server' | 'ca' | 'admin'> {
  log(): string
  /** SIGKILL: it says goodbye to nobody. */
  kill(): Promise<void>
}

export interface ControlPlaneOptions {
  /** More flags for kube-apiserver. */
  readonly flags?: readonly string[]
  /** "real" runs the machine's etcd program instead of the embedded store. */
  readonly store?: 'embedded' | 'real'
  /** Which address the kubernetes Service leads to. */
  readonly advertiseAddress?: string
  /** Folder of built agents (dist/agents) to run instead of the source, as labs do. */
  readonly agents?: string
  /** Of Node.js, for those who measure; they come after those that labs give. */
  readonly nodeFlags?: readonly string[]
}

const environment = { ...process.env, ...allocatorEnvironment }

function programOf(name: 'etcd' | 'kube-apiserver', source: string, { agents, nodeFlags = [] }: ControlPlaneOptions): string[] {
  return [...memoryFlags(name), ...nodeFlags, agents === undefined ? join(root, source) : join(agents, `${name}.mjs`)]
}

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-plane-'))
  const pki = join(folder, 'pki')
  mkdirSync(pki)
  const authority = await createTestAuthority('kubernetes-ca')
  const [serving, admin, kubeletClient] = await Promise.all([
    authority.sign({ commonName: 'kube-apiserver', dns: ['localhost', 'kubernetes', 'kubernetes.default'], ips: ['127.0.0.1', '198.18.0.1', '10.96.0.1'] }),
    authority.sign({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }),
    authority.sign({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }),
  ])
  const tokens = createTokenKeys()
  const write = (name: string, text: string) => {
    writeFileSync(join(pki, name), text, { mode: 0o600 })
    return join(pki, name)
  }
  const caFile = write('ca.crt', authority.cert)
  const [etcdPort, etcdPeerPort, apiPort, otherPort] = await freePorts(4)
  const etcdServer = `http://127.0.0.1:${etcdPort!}`
  const server = `https://127.0.0.1:${apiPort!}`
  const logFile = join(folder, 'apiserver.log')
  const spawnStore = () => startStore(options, folder, etcdServer, etcdPeerPort!)
  let etcd = spawnStore()
  let api: ChildProcess | undefined
  let another: ChildProcess | undefined
  const ownFlags = (port: number, advertiseAddress: string) => [`--secure-port=${port}`, `--advertise-address=${advertiseAddress}`]
  const flags = [
    `--etcd-servers=${etcdServer}`, '--bind-address=127.0.0.1',
    `--tls-cert-file=${write('apiserver.crt', serving.cert)}`, `--tls-private-key-file=${write('apiserver.key', serving.key)}`, `--client-ca-file=${caFile}`,
    `--service-account-key-file=${write('sa.pub', tokens.publicKey)}`, `--service-account-signing-key-file=${write('sa.key', tokens.privateKey)}`,
    `--kubelet-client-certificate=${write('kubelet-client.crt', kubeletClient.cert)}`, `--kubelet-client-key=${write('kubelet-client.key', kubeletClient.key)}`, `--kubelet-certificate-authority=${caFile}`,
    '--enable-admission-plugins=NodeRestriction', ...(options.flags ?? []),
  ]
  const kubeconfigOf = (name: string, { cert, key }: CertifiedKey) => {
    const path = join(folder, `${name.replaceAll(/[^\w.-]/g, '_')}.kubeconfig`)
    writeFileSync(path, renderKubeconfig(server, authority.cert, cert, key), { mode: 0o600 })
    return path
  }
  const plane: ControlPlane = {
    folder, server, etcdServer, admin,
    ca: authority.cert,
    kubeconfig: kubeconfigOf('admin', admin),
    kubeconfigFor: async ({ name, groups = [] }) => kubeconfigOf(name, await authority.sign({ commonName: name, organizations: groups })),
    certificateFor: subject => authority.sign(subject),
    apiServerLog: () => readFileSync(logFile, 'utf8'),
    storeLog: () => readFileSync(join(folder, 'etcd.log'), 'utf8'),
    get pids() {
      return { apiServer: api?.pid ?? 0, store: etcd.pid ?? 0 }
    },
    async killApiServer() {
      await ended(api, 'SIGKILL')
    },
    async startApiServer() {
      api = spawnApiServer(options, [...ownFlags(apiPort!, options.advertiseAddress ?? '127.0.0.1'), ...flags], logFile)
      await untilReady(api, { server, ca: authority.cert, ...admin }, () => readFileSync(logFile, 'utf8'))
    },
    async startAnother(advertiseAddress) {
      if (another?.exitCode === null && another.signalCode === null) throw new Error('the other API server still runs: kill it before starting it again')
      const otherLog = join(folder, 'another-apiserver.log')
      const log = () => readFileSync(otherLog, 'utf8')
      const process = another = spawnApiServer(options, [...ownFlags(otherPort!, advertiseAddress), ...flags], otherLog)
      const access = { server: `https://127.0.0.1:${otherPort!}`, ca: authority.cert }
      await untilReady(process, { ...access, ...admin }, log)
      return { ...access, admin, log, kill: () => ended(process, 'SIGKILL') }
    },
    async killStore() {
      await ended(etcd, 'SIGKILL')
    },
    startStore() {
      etcd = spawnStore()
    },
    async stop() {
      await Promise.all([ended(api, 'SIGTERM'), ended(another, 'SIGTERM')])
      await ended(etcd, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
    [Symbol.asyncDispose]: () => plane.stop(),
  }
  try {
    await plane.startApiServer()
  } catch (error) {
    await plane.stop()
    throw error
  }
  return plane
}

function spawnApiServer(options: ControlPlaneOptions, flags: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  const program = process.env['TEST_APISERVER'] // another kube-apiserver, to see what it answers
  const issuer = ['--service-account-issuer=https://kubernetes.default.svc.cluster.local', '--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=Node,RBAC', '--allow-privileged']
  const [command, own] = program === undefined ? [process.execPath, programOf('kube-apiserver', 'agents/control-plane/apiserver/edge/main.ts', options)] : [program, issuer]
  return spawn(command, [...own, ...flags], { env: environment, stdio: ['ignore', log, log] })
}

function startStore(options: ControlPlaneOptions, folder: string, url: string, peerPort: number): ChildProcess {
  const log = openSync(join(folder, 'etcd.log'), 'a')
  const common = [`--data-dir=${join(folder, 'etcd')}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`]
  if (options.store !== 'real') return spawn(process.execPath, [...programOf('etcd', 'agents/control-plane/etcd/edge/main.ts', options), ...common], { env: environment, stdio: ['ignore', log, log] })
  const peer = `http://127.0.0.1:${peerPort}`
  return spawn('etcd', [...common, `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`, '--log-level=error'], { stdio: ['ignore', log, log] })
}

async function untilReady(api: ChildProcess, access: { server: string; ca: string; cert: string; key: string }, log: () => string): Promise<void> {
  const deadline = Date.now() + 120_000
  for (;;) {
    if (api.exitCode !== null) throw new Error(`kube-apiserver ended with ${api.exitCode}:\n${log()}`)
    if (await isReady(access)) return
    if (Date.now() > deadline) throw new Error(`kube-apiserver is not ready:\n${log()}`)
    await pause(20)
  }
}

function isReady({ server, ca, cert, key }: { server: string; ca: string; cert: string; key: string }): Promise<boolean> {
  return new Promise(resolve => {
    const asked = request(`${server}/readyz`, { ca, cert, key, agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', () => {
      resolve(false)
    })
    asked.end()
  })
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill(signal)
  const impatient = setTimeout(() => child.kill('SIGKILL'), 30_000)
  await gone
  clearTimeout(impatient)
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      resolve(server)
    })
  })))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

function renderKubeconfig(server: string, ca: string, cert: string, key: string): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'test', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  })
}
