/**
 * The `web` image's program: an HTTP server that says who answered. For lessons, tests and demonstrations of
 * Services, rolling updates and failures.
 *
 *   GET /            who and where: as text, or as JSON when asked for (Accept: application/json, or ?format=json)
 *   GET /healthz     200 "ok"; 503 while shutting down
 *   GET /slow?ms=N   the same answer after N milliseconds (at most 600 000)
 *   GET /crash       answers, then the process exits with status 1 (or ?code=N)
 *   GET /env, /echo  environment; the request's body returned
 *
 *   WS1  On SIGTERM or SIGINT it goes on answering for DRAIN_MS (2500), until every node's rules have let go of it, each
 *        answer with "Connection: close"; then it takes no new connection, finishes the requests it has, and exits 0: a
 *        client of a Service sees no failed request while pods are replaced. A second signal ends it at once.
 *   WS2  Uses Node.js alone and types that can be erased: the image holds this one file.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'

const version = process.env['WEB_VERSION'] ?? 'v1'
const port = Number(process.env['PORT'] ?? '80')
const drainMs = Number(process.env['DRAIN_MS'] ?? '2500')
const startedAt = new Date().toISOString()
let answered = 0
let stopping = false

function nodeName(): string {
  const named = process.env['NODE_NAME'] ?? process.env['MY_NODE_NAME']
  if (named !== undefined) return named
  try {
    return /(?:^|\s)systemd\.hostname=(\S+)/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

function podIp(): string {
  const named = process.env['POD_IP'] ?? process.env['MY_POD_IP']
  const found = Object.values(networkInterfaces()).flat().find(address => address !== undefined && !address.internal && address.family === 'IPv4')
  return named ?? found?.address ?? '127.0.0.1'
}

const identity = { pod: process.env['POD_NAME'] ?? hostname(), node: nodeName(), ip: podIp(), version, startedAt }

function describe(request: IncomingMessage): Record<string, unknown> {
  answered += 1
  return {
    ...identity, client: `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`.replace('::ffff:', ''),
    method: request.method, path: request.url, answered, headers: request.headers,
  }
}

function answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
  const facts = describe(request)
  if (url.searchParams.get('format') === 'json' || (request.headers.accept ?? '').includes('application/json')) {
    send(response, 200, 'application/json', `${JSON.stringify(facts)}\n`)
    return
  }
  const { headers, ...rest } = facts
  const lines = Object.entries(rest).map(([name, value]) => `${name}: ${String(value)}`)
  const headerLines = Object.entries(headers as Record<string, unknown>).map(([name, value]) => `header ${name}: ${String(value)}`)
  send(response, 200, 'text/plain; charset=utf-8', `${[...lines, ...headerLines].join('\n')}\n`)
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (stopping) response.setHeader('connection', 'close') // WS1
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'x-pod': identity.pod, 'x-version': version })
  response.end(body)
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://web')
  switch (url.pathname) {
    case '/healthz':
    case '/readyz':
      send(response, stopping ? 503 : 200, 'text/plain', stopping ? 'stopping\n' : 'ok\n')
      return
    case '/slow':
      setTimeout(() => { answer(request, response, url) }, Math.min(600_000, Math.max(0, Number(url.searchParams.get('ms') ?? '1000') || 0)))
      return
    case '/crash':
      send(response, 200, 'text/plain', 'crashing\n')
      setTimeout(() => process.exit(Number(url.searchParams.get('code') ?? '1') || 1), 50)
      return
    case '/env':
      send(response, 200, 'application/json', `${JSON.stringify(process.env, undefined, 1)}\n`)
      return
    case '/echo': {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part)).on('end', () => { send(response, 200, request.headers['content-type'] ?? 'application/octet-stream', Buffer.concat(parts)) })
      return
    }
    default:
      answer(request, response, url)
  }
})

server.keepAliveTimeout = 30_000
server.on('request', request => { console.log(`${new Date().toISOString()} ${request.socket.remoteAddress ?? ''} ${request.method ?? ''} ${request.url ?? ''}`) })
server.on('error', error => {
  console.error(`web cannot listen on port ${port}: ${error.message}`)
  process.exit(1)
})
server.listen(port, () => { console.log(`web ${version} listens on port ${port}, pod ${identity.pod}, node ${identity.node}, ip ${identity.ip}`) })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(0)
    stopping = true
    console.log(`${signal}: finishing open requests`)
    setTimeout(() => {
      server.close(() => process.exit(0))
      server.closeIdleConnections()
    }, drainMs)
  })
}
