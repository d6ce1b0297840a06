/**
 * One try of a probe or a lifecycle hook: exec, HTTP, TCP or gRPC.
 *
 *   PA1  HTTP: 200 to 399 succeeds; a redirect to another host is not followed and succeeds with a warning; at most
 *        10 KiB of the body are read; TLS certificates are not checked.
 *   PA2  TCP succeeds when the connection opens; exec when it exits with 0; gRPC when health says SERVING.
 *   PA3  The host is the pod's address unless another is named; a port may be the name of a container port.
 *   PA4  What cannot be carried out at all (not: what answers badly) throws.
 */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Container, ExecAction, GRPCAction, HTTPGetAction, TCPSocketAction } from '../../../api/groups/core-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import { message, text } from '../../../wire/grpc/message-codec.ts'
import { integer } from '../../../wire/grpc/plain-fields.ts'
import { GrpcError, grpcCode } from '../../../wire/grpc/grpc-error.ts'
import { RemoteCalls } from '../cri/remote-calls.ts'
import type { Runtime } from '../cri/runtime.ts'

export interface ProbeOutcome {
  readonly success: boolean
  readonly output: string
}

export interface ProbeAction {
  readonly exec?: ExecAction
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: TCPSocketAction
  readonly grpc?: GRPCAction
}

export interface ProbeTarget {
  readonly containerId: string
  readonly container: Pick<Container, 'ports'>
  readonly podAddress: string
}

const maxBodyBytes = 10 * 1024
const maxRedirects = 10
const userAgent = 'kube-probe/1.36'

export async function attemptProbe(action: ProbeAction, target: ProbeTarget, timeoutMs: number, runtime: Runtime): Promise<ProbeOutcome> {
  if (action.exec !== undefined) return attemptExec(action.exec, target, timeoutMs, runtime)
  if (action.httpGet !== undefined) return attemptHttp(action.httpGet, target, timeoutMs)
  if (action.tcpSocket !== undefined) return attemptTcp(action.tcpSocket.host, portOf(action.tcpSocket.port, target), target, timeoutMs)
  if (action.grpc !== undefined) return attemptGrpc(action.grpc, target, timeoutMs)
  throw new Error('missing probe handler') // PA4
}

async function attemptExec(action: ExecAction, target: ProbeTarget, timeoutMs: number, runtime: Runtime): Promise<ProbeOutcome> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1_000))
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(target.containerId, action.command ?? [], seconds)
    const output = Buffer.concat([stdout, stderr]).subarray(0, maxBodyBytes).toString('utf8')
    return { success: exitCode === 0, output }
  } catch (error) {
    if (error instanceof GrpcError && error.code === grpcCode.DeadlineExceeded) return { success: false, output: `command timed out: "${(action.command ?? []).join(' ')}" timed out after ${seconds}s` }
    throw error
  }
}

export function portOf(port: number | string, target: Pick<ProbeTarget, 'container'>): number {
  if (typeof port === 'number') return port
  const named = target.container.ports?.find(entry => entry.name === port)?.containerPort
  const number = named ?? Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new Error(`couldn't find port: ${port}`) // PA3
  return number
}

export async function attemptHttp(action: HTTPGetAction, target: ProbeTarget, timeoutMs: number): Promise<ProbeOutcome> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase()
  const host = action.host === undefined || action.host === '' ? target.podAddress : action.host
  const path = action.path ?? ''
  const origin = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${portOf(action.port, target)}`
  let url = new URL(path.startsWith('/') ? path : `/${path}`, origin)
  const headers: Record<string, string> = { 'user-agent': userAgent, accept: '*/*', connection: 'close' }
  for (const header of action.httpHeaders ?? []) headers[header.name.toLowerCase()] = header.value ?? ''
  const deadline = AbortSignal.timeout(timeoutMs)
  for (let hops = 0; ; hops++) {
    const answer = await fetchOnce(url, headers, deadline)
    if (typeof answer === 'string') return { success: false, output: `Get "${url.href}": ${answer}` }
    const { status, location, body } = answer
    if (status >= 300 && status < 400 && location !== undefined) {
      const next = new URL(location, url)
      if (next.hostname !== url.hostname) return { success: true, output: `Probe terminated redirects, Response body: ${body}` } // PA1
      if (hops >= maxRedirects) return { success: false, output: `Get "${next.href}": stopped after ${maxRedirects} redirects` }
      url = next
      continue
    }
    return status >= 200 && status < 400 ? { success: true, output: body } : { success: false, output: `HTTP probe failed with statuscode: ${status}` }
  }
}

type HttpAnswer = { readonly status: number; readonly location: string | undefined; readonly body: string }

/** The answer, or in words why there is none. */
function fetchOnce(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<HttpAnswer | string> {
  return new Promise(resolve => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, { headers, agent: false, rejectUnauthorized: false, signal }, response => {
      const parts: Buffer[] = []
      let size = 0
      const finish = () => {
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body: Buffer.concat(parts).subarray(0, maxBodyBytes).toString('utf8') })
        response.destroy()
      }
      response.on('data', (part: Buffer) => {
        parts.push(part)
        size += part.length
        if (size >= maxBodyBytes) finish()
      })
      response.on('end', finish)
      response.on('error', error => { resolve(errorText(error)) })
    })
    request.on('error', error => { resolve(signal.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : errorText(error)) })
    request.end()
  })
}

function attemptTcp(host: string | undefined, port: number, target: ProbeTarget, timeoutMs: number): Promise<ProbeOutcome> {
  const address = host === undefined || host === '' ? target.podAddress : host
  return new Promise(resolve => {
    const socket = connect({ host: address, port, timeout: timeoutMs })
    const end = (outcome: ProbeOutcome) => {
      socket.destroy()
      resolve(outcome)
    }
    socket.on('connect', () => { end({ success: true, output: '' }) })
    socket.on('timeout', () => { end({ success: false, output: `dial tcp ${address}:${port}: i/o timeout` }) })
    socket.on('error', error => { end({ success: false, output: `dial tcp ${address}:${port}: ${errorText(error)}` }) })
  })
}

const healthCheck = { path: '/grpc.health.v1.Health/Check', request: message({ service: text(1) }), answer: message({ status: integer(1) }) }

async function attemptGrpc(action: GRPCAction, target: ProbeTarget, timeoutMs: number): Promise<ProbeOutcome> {
  using calls = new RemoteCalls(`http://${target.podAddress.includes(':') ? `[${target.podAddress}]` : target.podAddress}:${action.port}`)
  try {
    const { status } = await calls.call(healthCheck, { service: action.service ?? '' }, { timeoutMs })
    return status === 1 ? { success: true, output: 'service healthy' } : { success: false, output: `service unhealthy (responded with ${JSON.stringify(['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'][status] ?? status)})` }
  } catch (error) {
    const code = error instanceof GrpcError ? error.code : 0
    if (code === grpcCode.Unimplemented) return { success: false, output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${errorText(error)}` }
    if (code === grpcCode.DeadlineExceeded) return { success: false, output: `timeout: failed to connect service "${target.podAddress}:${action.port}" within ${timeoutMs / 1_000}s` }
    return { success: false, output: `error: health rpc probe failed: ${errorText(error)}` }
  }
}
