/**
 * The programs that stand beside a test's API server, each a process of its own with credentials as labs give them:
 * scheduler, controller manager, and the kubelets of simulated nodes. Disposing ends them.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { addressAt, readCidr } from '../../agents/base/ip.ts'
import { nodeDefaults, renderNodesFile } from '../../agents/node/simulated-kubelets/simulation/nodes-file.ts'
import type { SimulatedNode } from '../../agents/node/simulated-kubelets/nodes/simulated-node.ts'
import { collectionPath } from '../../electron/labhost/addons/addon-object.ts'
import { simulatedKubeletsAccess, simulatedKubeletsUser } from '../../electron/labhost/addons/simulated-kubelets-access.ts'
import { allocatorEnvironment, memoryFlags } from '../../electron/labhost/lab/component-memory.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'

export interface Program extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  log(): string
  /** The answer of its port to an administrator; `host` as the Host header. */
  get(path: string, host?: string): Promise<{ readonly status: number; readonly text: string }>
  end(signal: NodeJS.Signals): Promise<void>
}

export interface ProgramOptions {
  /** Folder of built agents (dist/agents) to run instead of the source. */
  readonly agents?: string
  readonly flags?: readonly string[]
  /** Of Node.js, for those who measure; they come after those that labs give. */
  readonly nodeFlags?: readonly string[]
}

const sources = {
  'kube-scheduler': 'agents/control-plane/scheduler/edge/main.ts',
  'kube-controller-manager': 'agents/control-plane/controller-manager/edge/main.ts',
  'simulated-kubelets': 'agents/node/simulated-kubelets/edge/main.ts',
} as const
type ProgramName = keyof typeof sources
const root = join(import.meta.dirname, '../..')

export function startScheduler(plane: ControlPlane, options: ProgramOptions = {}): Promise<Program> {
  return startProgram(plane, 'kube-scheduler', { name: 'system:kube-scheduler' }, options)
}

export function startControllerManager(plane: ControlPlane, options: ProgramOptions & { readonly podCidr?: string } = {}): Promise<Program> {
  const caFile = join(plane.folder, 'root-ca.crt')
  writeFileSync(caFile, plane.ca)
  return startProgram(plane, 'kube-controller-manager', { name: 'system:kube-controller-manager' }, {
    ...options,
    flags: ['--use-service-account-credentials=true', '--allocate-node-cidrs=true', `--cluster-cidr=${options.podCidr ?? '10.128.0.0/9'}`, '--service-cluster-ip-range=10.96.0.0/16', `--root-ca-file=${caFile}`, ...(options.flags ?? [])],
  })
}

export interface SimulatedKubelets extends Program {
  /** Replaces the nodes and how their pods behave. */
  play(nodes: readonly SimulatedNode[], simulation?: unknown): void
}

export async function startSimulatedKubelets(plane: ControlPlane, nodes: readonly SimulatedNode[], options: ProgramOptions & { readonly simulation?: unknown } = {}): Promise<SimulatedKubelets> {
  const api = rawApi(plane)
  for (const object of simulatedKubeletsAccess) {
    for (let tried = 0; ; tried++) { // its namespace is made by the API server after its start
      const { status, text } = await api.call('POST', collectionPath(object), object)
      if (status === 201 || status === 409) break
      if (tried > 100) throw new Error(`${object.kind} ${object.metadata.name}: ${status} ${text}`)
      await pause(50)
    }
  }
  const file = join(plane.folder, 'simulated-nodes.json')
  const play = (wanted: readonly SimulatedNode[], simulation?: unknown) => {
    writeFileSync(`${file}.new`, renderNodesFile(wanted, simulation))
    renameSync(`${file}.new`, file)
  }
  play(nodes, options.simulation)
  const program = await startProgram(plane, 'simulated-kubelets', { name: simulatedKubeletsUser, groups: ['system:nodes'] }, { ...options, flags: [`--config=${file}`, ...(options.flags ?? [])] }, nodes.slice(0, 100).map(({ address }) => address))
  return { ...program, play, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() }
}

/** Nodes sim-1, sim-2 … spread over zones; without a controller manager each gets a pod CIDR by itself. */
export function simulatedNodes(count: number, more: Partial<SimulatedNode> & { readonly zones?: number; readonly givesPodCidrs?: boolean } = {}): SimulatedNode[] {
  const { zones = 3, givesPodCidrs = false, ...fields } = more
  const [addresses, pods] = [readCidr('198.19.0.0/16')!, readCidr('10.128.0.0/9')!]
  return Array.from({ length: count }, (_, index) => ({
    ...nodeDefaults, name: `sim-${index + 1}`, address: addressAt(addresses, index + 1), resources: {}, taints: [],
    labels: { 'topology.kubernetes.io/zone': `zone-${(index % zones) + 1}` },
    ...(givesPodCidrs ? { podCidr: `${addressAt(pods, index * 256)}/24` } : {}),
    ...fields,
  }))
}

async function startProgram(plane: ControlPlane, name: ProgramName, user: { name: string; groups?: readonly string[] }, options: ProgramOptions, addresses: readonly string[] = []): Promise<Program> {
  const serving = await plane.certificateFor({ commonName: name, ips: ['127.0.0.1', ...addresses] })
  const write = (file: string, text: string) => {
    writeFileSync(join(plane.folder, file), text, { mode: 0o600 })
    return join(plane.folder, file)
  }
  const port = await freePort()
  const logFile = join(plane.folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const program = options.agents === undefined ? join(root, sources[name]) : join(options.agents, `${name}.mjs`)
  const child = spawn(process.execPath, [
    ...memoryFlags(name), ...(options.nodeFlags ?? []), program, `--kubeconfig=${await plane.kubeconfigFor(user)}`, '--bind-address=127.0.0.1', `--secure-port=${port}`,
    `--tls-cert-file=${write(`${name}.crt`, serving.cert)}`, `--tls-private-key-file=${write(`${name}.key`, serving.key)}`, `--client-ca-file=${write('client-ca.crt', plane.ca)}`, ...(options.flags ?? []),
  ], { env: { ...process.env, ...allocatorEnvironment }, stdio: ['ignore', log, log] })
  const running: Program = {
    pid: child.pid ?? 0, port,
    log: () => readFileSync(logFile, 'utf8'),
    get: (path, host) => ask(plane, port, path, host),
    end: signal => ended(child, signal),
    [Symbol.asyncDispose]: () => ended(child, 'SIGTERM'),
  }
  for (const until = Date.now() + 60_000; ; await pause(30)) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${running.log()}`)
    if ((await ask(plane, port, '/readyz').catch(() => undefined))?.status === 200) return running
    if (Date.now() > until) {
      await ended(child, 'SIGKILL')
      throw new Error(`${name} is not ready:\n${running.log()}`)
    }
  }
}

function ask(plane: ControlPlane, port: number, path: string, host?: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key, ...(host === undefined ? {} : { headers: { host } }) }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () => { resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }) })
      response.once('error', reject)
    })
    asked.once('error', reject)
    asked.end()
  })
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill(signal)
  const impatient = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await gone
  clearTimeout(impatient)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => { resolve(port) })
    })
  })
}
