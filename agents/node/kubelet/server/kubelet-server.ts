/**
 * The kubelet's port (10250): logs, exec, attach, port-forward, what runs, what it uses, health and inspection.
 *
 *   KS1  Paths are upstream's: /containerLogs/<ns>/<pod>/<container>, /exec|/attach/<ns>/<pod>[/<uid>]/<container>,
 *        /portForward/<ns>/<pod>[/<uid>], /pods, /runningpods/, /stats/summary, /metrics, /metrics/resource, /configz,
 *        /healthz, /debug/inspect.
 *   KS2  Nothing is done before access is checked; upgrades are refused in plain HTTP.
 *   KS4  Nothing that is asked ends the kubelet: what is no path is one that nobody serves.
 *   KS3  A container is looked for by name in a pod that is known here; what is missing is 404, what does not run 400/500.
 */
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorText, type Log } from '../../../base/log.ts'
import { containerIdText } from '../status/container-statuses.ts'
import type { ObservedContainer } from '../cri/observed-pod.ts'
import type { KubeletAccess } from '../../../runtime/kubelet-access.ts'
import { pathSegments, readRequestUrl } from '../../../runtime/request-url.ts'
import type { Kubelet } from '../kubelet.ts'
import { containersOf } from '../pod-worker/pod-containers.ts'
import type { PodWorker } from '../pod-worker/pod-worker.ts'
import { acceptCommandPeer, readStreamOptions } from './command-peer.ts'
import { LogOptionsError, readContainerLog, readLogOptions } from './container-logs.ts'
import { resourceMetrics, statsSummary } from './node-stats.ts'
import { servePortForward } from './port-forward.ts'
import { describeFailure, runRemoteCommand } from './runtime-streams.ts'
import { refuseUpgrade, upgradeKind } from './upgrades.ts'

export interface KubeletServerOptions {
  readonly address: string
  readonly port: number
  readonly cert: string
  readonly key: string
  readonly clientCa: string | undefined
}

export interface KubeletServerDeps {
  readonly kubelet: Kubelet
  readonly access: KubeletAccess
  readonly log: Log
  metricsText(): Promise<string>
  health(query: URLSearchParams): Promise<{ readonly status: number; readonly body: string }>
  readonly verbosity: { set(text: string): { readonly status: number; readonly text: string } }
  inspect(path: string): Promise<{ readonly value: unknown } | undefined>
}

export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface KubeletServer extends AsyncDisposable {
  readonly port: number
}

export async function startKubeletServer(options: KubeletServerOptions, deps: KubeletServerDeps): Promise<KubeletServer> {
  const server: Server = createServer({ cert: options.cert, key: options.key, requestCert: true, rejectUnauthorized: false, ...(options.clientCa === undefined ? {} : { ca: options.clientCa }) })
  const sockets = new Set<Duplex>()
  server.on('secureConnection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => void answer(request, response, deps))
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void upgrade(request, socket, head, deps))
  server.requestTimeout = 0
  server.timeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Of a body that says a level; what is longer is none. */
const longestLevel = 1_024

async function answer(request: IncomingMessage, response: ServerResponse, deps: KubeletServerDeps): Promise<void> {
  const url = readRequestUrl(request) // KS4
  try {
    const verdict = await deps.access.check(request, url.pathname, deps.kubelet.settings.nodeName)
    if (!verdict.allowed) throw new HttpError(verdict.status, verdict.message) // KS2
    await route(url, request, response, deps)
  } catch (error) {
    const status = error instanceof HttpError ? error.status : error instanceof LogOptionsError ? 400 : 500
    if (status === 500) deps.log.warn('request failed', { path: url.pathname, error: errorText(error) })
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`${errorText(error)}\n`)
  }
}

async function route(url: URL, request: IncomingMessage, response: ServerResponse, deps: KubeletServerDeps): Promise<void> {
  const { kubelet } = deps
  const [first, ...rest] = segmentsOf(url)
  const json = (value: unknown) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  const text = (status: number, body: string) => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(body)
  }
  if (first === 'healthz') {
    const { status, body } = await deps.health(url.searchParams)
    text(status, body)
  } else if (first === 'containerLogs') await sendLogs(rest, url.searchParams, request, response, kubelet)
  else if (first === 'pods') json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: kubelet.workers.all.map(worker => ({ ...kubelet.statuses.basis(worker.pod), kind: 'Pod', apiVersion: 'v1' })) })
  else if (first === 'runningpods') json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: kubelet.workers.all.filter(isRunningPod).map(runningPod) })
  else if (first === 'stats' && (rest[0] === 'summary' || rest[0] === undefined)) json(await statsSummary(kubelet))
  else if (first === 'metrics' && rest[0] === 'resource') text(200, await resourceMetrics(kubelet))
  else if (first === 'metrics' && rest[0] === undefined) text(200, await deps.metricsText())
  else if (first === 'configz') json({ kubeletconfig: kubelet.settings })
  else if (url.pathname === '/debug/flags/v') {
    if (request.method !== 'PUT') throw new HttpError(405, 'method not allowed')
    let body = ''
    for await (const piece of request) if (body.length < longestLevel) body += String(piece)
    const reply = deps.verbosity.set(body)
    text(reply.status, reply.text)
  } else if (first === 'debug' && rest[0] === 'inspect') {
    const found = await deps.inspect(rest.slice(1).join('/'))
    if (found === undefined) throw new HttpError(404, 'no such subject')
    json(found.value)
  } else if (first === 'exec' || first === 'attach' || first === 'portForward') throw new HttpError(400, 'an upgrade to SPDY/3.1 or WebSocket is required')
  else throw new HttpError(404, '404 page not found')
}

function segmentsOf(url: URL): string[] {
  const segments = pathSegments(url)
  if (segments === undefined) throw new HttpError(400, 'the path is not encoded as one')
  return segments
}

function isRunningPod(worker: PodWorker): boolean {
  return worker.observed.containers.some(container => container.state === 'running')
}

function runningPod(worker: PodWorker): unknown {
  const { name, namespace, uid } = worker.pod.metadata
  return { metadata: { name, namespace, uid }, spec: { containers: worker.observed.containers.filter(container => container.state === 'running').map(container => ({ name: container.name, image: container.imageRef, containerID: containerIdText(container.id) })) }, status: {} }
}

function findPod(kubelet: Kubelet, namespace: string | undefined, name: string | undefined, uid?: string): PodWorker {
  const worker = uid === undefined ? kubelet.workers.byName(namespace ?? '', name ?? '') : kubelet.workers.byUid(uid)
  if (worker === undefined) throw new HttpError(404, `pod "${name}" not found`) // KS3
  return worker
}

function runningContainer(worker: PodWorker, name: string | undefined): ObservedContainer {
  if (!containersOf(worker.pod).some(({ spec }) => spec.name === name)) throw new HttpError(404, `container "${name}" not found in pod "${worker.pod.metadata.name}"`)
  const found = worker.observed.containers.find(container => container.name === name && container.state === 'running')
  if (found === undefined) throw new HttpError(500, `container not found ("${name}")`)
  return found
}

async function sendLogs([namespace, podName, containerName]: readonly string[], query: URLSearchParams, request: IncomingMessage, response: ServerResponse, kubelet: Kubelet): Promise<void> {
  const worker = findPod(kubelet, namespace, podName)
  if (!containersOf(worker.pod).some(({ spec }) => spec.name === containerName)) throw new HttpError(404, `container "${containerName}" not found in pod "${podName}"`)
  const options = readLogOptions(query, Date.now())
  const attempts = worker.observed.containers.filter(container => container.name === containerName && container.state !== 'created')
  const wantsPrevious = query.get('previous') === 'true'
  const container = attempts[wantsPrevious ? 1 : 0]
  if (container === undefined) {
    if (wantsPrevious) throw new HttpError(400, `previous terminated container "${containerName}" in pod "${podName}" not found`)
    const statuses = kubelet.statuses.latest(worker.uid)
    const waiting = [...(statuses?.containerStatuses ?? []), ...(statuses?.initContainerStatuses ?? [])].find(status => status.name === containerName)?.state?.waiting
    throw new HttpError(400, `container "${containerName}" in pod "${podName}" is waiting to start: ${waiting?.reason === undefined || waiting.reason === 'ContainerCreating' || waiting.reason === 'PodInitializing' ? (waiting?.reason ?? 'ContainerCreating') : `${waiting.message ?? waiting.reason}`}`)
  }
  const gone = new AbortController()
  response.on('close', () => { gone.abort() })
  request.on('error', () => { gone.abort() })
  const isRunning = () => worker.phase !== 'over' && worker.observed.containers.find(other => other.id === container.id)?.state === 'running'
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.flushHeaders()
  for await (const text of readContainerLog(container.logPath, options, isRunning, gone.signal)) {
    if (!response.write(text) && !gone.signal.aborted) await new Promise<void>(resolve => {
      response.once('drain', resolve)
      response.once('close', resolve)
    })
  }
  response.end()
}

async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, deps: KubeletServerDeps): Promise<void> {
  const url = readRequestUrl(request) // KS4
  socket.on('error', () => {})
  try {
    const verdict = await deps.access.check(request, url.pathname, deps.kubelet.settings.nodeName)
    if (!verdict.allowed) throw new HttpError(verdict.status, verdict.message) // KS2
    if (upgradeKind(request) === undefined) throw new HttpError(400, 'only SPDY/3.1 and WebSocket are spoken here')
    await routeUpgrade(url, request, socket, head, deps)
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500
    if (status === 500) deps.log.warn('stream failed', { path: url.pathname, error: errorText(error) })
    if (!socket.destroyed) refuseUpgrade(socket, status, 'Error', errorText(error))
  }
}

async function routeUpgrade(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer, { kubelet, log }: KubeletServerDeps): Promise<void> {
  const [first, namespace, podName, ...rest] = segmentsOf(url)
  if (first === 'portForward') {
    const worker = findPod(kubelet, namespace, podName, rest[0])
    const sandbox = worker.observed.sandboxes.find(entry => entry.isReady)
    if (sandbox === undefined) throw new HttpError(400, `pod "${podName}" is not running`)
    await servePortForward(request, socket, head, url.searchParams, () => kubelet.runtime.portForwardUrl(sandbox.id, []))
    return
  }
  if (first !== 'exec' && first !== 'attach') throw new HttpError(404, '404 page not found')
  const containerName = rest.at(-1)
  const worker = findPod(kubelet, namespace, podName, rest.length > 1 ? rest[0] : undefined)
  const container = runningContainer(worker, containerName)
  const spec = containersOf(worker.pod).find(entry => entry.spec.name === containerName)?.spec
  const asked = readStreamOptions(url.searchParams)
  const options = first === 'attach' ? { ...asked, tty: spec?.tty === true, stderr: asked.stderr && spec?.tty !== true } : asked
  if (!options.stdin && !options.stdout && !options.stderr) throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr')
  const dial = first === 'exec'
    ? () => kubelet.runtime.execUrl({ containerId: container.id, command: url.searchParams.getAll('command'), ...options })
    : () => kubelet.runtime.attachUrl({ containerId: container.id, ...options })
  const streamUrl = await dial()
  const peer = await acceptCommandPeer(request, socket, head, options)
  if (peer === undefined) return
  log.debug('remote command started', { kind: first, pod: podName, container: containerName })
  try {
    await runRemoteCommand(peer, streamUrl, options)
  } catch (error) {
    peer.finish(describeFailure(error))
  }
}
