/**
 * A lab host for tests of the page: serves the built GUI and answers the contract with a lab it makes up, recording what
 * it was asked. It speaks the real frames over a real WebSocket, and knows nothing of machines.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { ClientFrame } from '../../electron/contract/frames.ts'
import type { FeedName, ItemOf } from '../../electron/contract/lab-contract.ts'
import type { ComponentState, LabState, NodeState } from '../../electron/contract/labs.ts'
import type { TerminalInfo } from '../../electron/contract/terminals.ts'
import type { PlainObject, ResourceKind, TableChange, TableRow } from '../../electron/contract/resources.ts'

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

export interface FakeLabHost extends AsyncDisposable {
  readonly address: string
  readonly calls: { readonly name: string; readonly arguments: unknown }[]
  /** What arrived at terminals, by id. */
  readonly typed: Map<string, string>
  /** Output of a terminal, to everybody who follows it; false while a follower has not taken what was sent before. */
  write(terminal: string, data: string): boolean
  /** A terminal's program ends. */
  endTerminal(id: string, exitCode: number): void
  become(change: (state: LabState) => LabState): void
  /** A change of the table of a resource, to everybody who follows it. */
  tell(change: TableChange, resource: string): void
  /** An item of any other feed, to everybody who follows it and to whoever will. */
  say<N extends FeedName>(feed: N, item: ItemOf<N>): void
}

function component(name: string, node: string | null, change: Partial<ComponentState> = {}): ComponentState {
  return { name, node, phase: 'ready', pid: 4711, restarts: 0, startedAt: '2026-01-01T00:00:00Z', cpuCores: 0.021, memoryBytes: 61_000_000, address: '127.0.0.1:6443', lastError: null, ...change }
}

function node(name: string, change: Partial<NodeState> = {}): NodeState {
  return { name, provider: 'qemu', machine: 'running', acceleration: 'tcg', address: '172.30.0.11', sshPort: 40022, controlLink: 'up', ready: 'True', cpuCores: 0.34, memoryBytes: 612_000_000, lastError: null, ...change }
}

export const twoNodeLab: LabState = {
  spec: { name: 'default', nodes: ['node-1', 'node-2'].map(name => ({ name, provider: 'qemu', cpus: 2, memoryMiB: 1024 })), overlay: 'vxlan', proxyMode: 'iptables', apiServers: 1, etcd: 'embedded', networks: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', lanCidr: '172.30.0.0/24' } },
  phase: 'running',
  apiServerUrl: 'https://127.0.0.1:6443',
  kubeconfigPath: '/tmp/kubeconfig',
  components: [
    component('etcd', null), component('kube-apiserver', null, { memoryBytes: 118_000_000 }), component('kube-scheduler', null), component('kube-controller-manager', null), component('cloud-controller-manager', null),
    ...['node-1', 'node-2'].flatMap(name => ['containerd', 'kubelet', 'kube-proxy', 'overlay'].map(agent => component(`${agent}@${name}`, name))),
  ],
  nodes: [node('node-1'), node('node-2', { address: '172.30.0.12', sshPort: 40023 })],
  problem: null,
}

export function fakePod(name: string, nodeName: string, ip: string): PlainObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { nodeName, containers: [{ name: 'web' }] }, status: { phase: 'Running', podIP: ip, containerStatuses: [{ name: 'web', ready: true, restartCount: 0, state: { running: {} } }] } }
}

export const podKind: ResourceKind = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true, shortNames: ['po'], categories: ['all'], verbs: ['get', 'list', 'watch', 'delete'], subresources: ['log', 'exec'] }
const columns = [...['Name', 'Status', 'Age'].map(name => ({ name, type: 'string', description: name, priority: 0 })), ...['IP', 'Node', 'Cluster-IP', 'Port(s)'].map(name => ({ name, type: 'string', description: name, priority: 1 }))]

export function rowOf({ metadata, status, spec }: PlainObject): TableRow {
  const createdAt = String(metadata['creationTimestamp'] ?? '')
  const { phase = '', podIP = '' } = (status ?? {}) as { phase?: string; podIP?: string }
  const { nodeName = '', clusterIP = '', ports = [] } = (spec ?? {}) as { nodeName?: string; clusterIP?: string; ports?: readonly { port: number; protocol: string }[] }
  return { uid: metadata.uid, namespace: metadata.namespace ?? '', name: metadata.name, createdAt, cells: [metadata.name, phase, createdAt, podIP, nodeName, clusterIP, ports.map(({ port, protocol }) => `${port}/${protocol}`).join(',')] }
}

export function fakeService(name: string, clusterIP: string): PlainObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { clusterIP, ports: [{ port: 80, protocol: 'TCP' }] } }
}

/** What calls that it knows nothing of are answered, by name. `inspect`, beside it: what a component tells of a subject. */
export type FakeAnswers = Readonly<Record<string, (given: never) => unknown>>

export async function startFakeLabHost(pageDir: string, labs: readonly LabState[] = [twoNodeLab], objects: Readonly<Record<string, readonly PlainObject[]>> = {}, answers: FakeAnswers = {}, inspect: (subject: string, component: string) => unknown = () => undefined): Promise<FakeLabHost> {
  let states = labs
  const calls: { name: string; arguments: unknown }[] = []
  const typed = new Map<string, string>()
  const followers: { socket: WebSocket; id: number; feed: string; about: string }[] = []
  const said = new Map<string, unknown>()
  let lastTerminal = 0
  let terminals: TerminalInfo[] = []
  const server = createServer((request, response) => {
    const asked = (request.url ?? '/').split('?')[0]!
    const path = asked === '/' ? '/index.html' : asked.replaceAll('..', '')
    try {
      const body = readFileSync(join(pageDir, path))
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream', 'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'" }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  const sockets = new WebSocketServer({ server, path: '/contract' })
  const send = (socket: WebSocket, frame: object): void => { socket.send(JSON.stringify(frame)) }

  sockets.on('connection', socket => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ClientFrame
      if ('call' in frame) answer(socket, frame)
      else if ('follow' in frame) follow(socket, frame)
    })
  })

  function answer(socket: WebSocket, frame: Extract<ClientFrame, { call: unknown }>): void {
    calls.push({ name: frame.call, arguments: frame.arguments })
    const given = frame.arguments as { id?: string; data?: string; target?: unknown; lab?: string }
    if (frame.call === 'terminals/open') {
      const opened = { id: `t${++lastTerminal}`, lab: given.lab!, target: given.target as TerminalInfo['target'], openedAt: '2026-01-01T00:00:00Z', exitCode: null }
      terminals = [...terminals, opened]
      send(socket, { id: frame.id, reply: opened })
      return
    }
    if (frame.call === 'terminals/input') {
      typed.set(given.id!, (typed.get(given.id!) ?? '') + given.data!)
      for (const one of followers) if (one.feed === 'terminals/output' && one.about === given.id) send(one.socket, { id: one.id, item: { data: given.data!.replaceAll('\r', '\r\n') } })
    }
    if (frame.call === 'terminals/close') terminals = terminals.filter(({ id }) => id !== given.id)
    if (frame.call === 'components/kill' && (frame.arguments as { component: string }).component === 'refused') {
      send(socket, { id: frame.id, error: { code: 'not-found', message: 'there is no such component' } })
      return
    }
    const reply = answers[frame.call] !== undefined ? answers[frame.call]!(frame.arguments as never) : frame.call === 'terminals/list' ? terminals : frame.call.startsWith('nodes/') ? { action: 'a1' } : {}
    send(socket, { id: frame.id, reply })
  }

  function follow(socket: WebSocket, frame: Extract<ClientFrame, { follow: unknown }>): void {
    const given = frame.arguments as { of?: { resource: string }; id?: string; source?: string; subject?: string; component?: string }
    const about = given.of?.resource ?? given.id ?? given.source ?? ''
    followers.push({ socket, id: frame.id, feed: frame.follow, about })
    if (said.has(frame.follow)) send(socket, { id: frame.id, item: said.get(frame.follow) })
    if (frame.follow === 'components/inspection') {
      const value = inspect(given.subject ?? '', given.component ?? '')
      if (value !== undefined) send(socket, { id: frame.id, item: { state: 'known', value } })
    }
    if (frame.follow === 'labs/state') send(socket, { id: frame.id, item: states })
    if (frame.follow === 'resources/kinds' && !said.has('resources/kinds')) send(socket, { id: frame.id, item: [podKind] })
    if (frame.follow === 'resources/table') send(socket, { id: frame.id, item: { type: 'replaced', columns, rows: (objects[about] ?? []).map(rowOf) } })
    if (frame.follow === 'terminals/output') send(socket, { id: frame.id, item: { data: `welcome to ${about}\r\n$ ` } })
    if (frame.follow === 'logs/follow') for (const line of [`{"ts":"2026-01-01T00:00:01.000Z","level":"info","component":"${about}","msg":"component started","version":"v1.36.0"}`, 'plain line']) send(socket, { id: frame.id, item: { line } })
    if (frame.follow === 'labs/progress') {
      send(socket, { id: frame.id, item: { step: 'machine', key: 'machine.start', values: { node: 'node-2', provider: 'qemu' }, text: 'node-2: starting the machine (qemu)', state: 'done', ratio: null, elapsedMs: 1_200, startedMs: 300 } })
      send(socket, { id: frame.id, end: true })
    }
  }

  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    calls,
    typed,
    write(terminal, data) {
      const mine = followers.filter(one => one.feed === 'terminals/output' && one.about === terminal && one.socket.readyState === one.socket.OPEN)
      for (const one of mine) send(one.socket, { id: one.id, item: { data } })
      return mine.every(({ socket }) => socket.bufferedAmount < 4 * 1024 * 1024)
    },
    endTerminal(id, exitCode) {
      terminals = terminals.map(one => (one.id === id ? { ...one, exitCode } : one))
      for (const one of followers) if (one.feed === 'terminals/output' && one.about === id) send(one.socket, { id: one.id, end: true })
    },
    become(change) {
      states = states.map(change)
      for (const one of followers) if (one.feed === 'labs/state') send(one.socket, { id: one.id, item: states })
    },
    tell(change, resource) {
      for (const one of followers) if (one.feed === 'resources/table' && one.about === resource) send(one.socket, { id: one.id, item: change })
    },
    say(feed, item) {
      said.set(feed, item)
      for (const one of followers) if (one.feed === feed) send(one.socket, { id: one.id, item: item as object })
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise(resolve => { server.close(resolve) })
    },
  }
}
