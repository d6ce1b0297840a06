/**
 * …/proxy/<path> of pods, services and nodes: an HTTP request carried to them.
 *
 *   PX1  The name may be scheme:name:port; a service's port may be a name, and one of its ready endpoints is chosen.
 *   PX2  The answer is passed as it comes; redirects to the backend's own host are rewritten to the proxy's path, and none
 *        is followed.
 *   PX3  A path that ends with "proxy" is redirected to one that ends with "proxy/".
 *   PX4  Only addresses that may be proxied to are dialled, kubelets' too: one that leads back here would be asked with the
 *        rights of the API server's own client certificate (CVE-2022-3294).
 */
import { connect as connectTls } from 'node:tls'
import type { Socket } from 'node:net'
import { badRequest, notFound, ApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { SubresourceDeps } from '../registry/subresources/subresource.ts'
import { pick } from '../../../base/random.ts'
import { takeUpgrade } from '../http/server.ts'
import { forwardedHeaders, openBackend, passAnswer, tunnelUpgrade } from './backend-request.ts'
import { hostText, type Destination, type NodeDialer } from './node-dialer.ts'
import { kubeletOfNode } from './kubelet-address.ts'
import { rewrittenLocation, splitProxyPath } from './proxy-path.ts'
import { proxyableAddress, resolveProxyable } from './proxyable-address.ts'

const handshakeMs = 10_000

interface ProxyName {
  readonly scheme: 'http' | 'https'
  readonly name: string
  readonly port: string
}

export async function serveProxy(exchange: Exchange, resource: 'pods' | 'services' | 'nodes', deps: SubresourceDeps, dialer: NodeDialer): Promise<void> {
  const target = readProxyName(exchange.info.name)
  const isUpgrade = takeUpgrade(exchange) !== undefined
  const { prefix, rest } = splitProxyPath((exchange.request.url ?? '/').split('?', 1)[0]!, resource === 'nodes' ? 5 : 7)
  const query = exchange.rawQuery === '' ? '' : `?${exchange.rawQuery}`
  if (rest === '' && !isUpgrade && (exchange.method === 'GET' || exchange.method === 'HEAD')) { // PX3
    await exchange.send(301, 'text/plain', '', { location: `${prefix}/${query}` })
    return
  }
  const path = (rest === '' ? '/' : rest) + query
  const { socket, host } = resource === 'nodes' ? await dialNode(target, deps, dialer, exchange) : await dialBackend(resource, target, deps, dialer, exchange)
  const own = exchange.header('host') ?? exchange.header(':authority') ?? ''
  const headers = { ...forwardedHeaders(exchange, isUpgrade), host, 'x-forwarded-uri': prefix + rest, 'x-forwarded-host': own, 'x-forwarded-proto': 'https' }
  if (isUpgrade) {
    await tunnelUpgrade(exchange, { socket, method: exchange.method, path, headers })
    return
  }
  const hasBody = exchange.method !== 'GET' && exchange.method !== 'HEAD'
  const answer = await openBackend({ socket, method: exchange.method, path, headers, ...(hasBody ? { body: exchange.request as NodeJS.ReadableStream } : {}) })
  if (answer.kind !== 'plain') throw badRequest('the backend upgraded a plain request')
  const location = answer.response.headers.location
  if (location !== undefined) answer.response.headers.location = rewrittenLocation(location, prefix, [host, own]) // PX2
  await passAnswer(exchange, answer.response)
}

/** PX1 */
export function readProxyName(text: string): ProxyName {
  const parts = text.split(':')
  if (parts.length === 3) {
    if (parts[0] !== 'http' && parts[0] !== 'https' && parts[0] !== '') throw badRequest(`invalid scheme in ${JSON.stringify(text)}`)
    return { scheme: parts[0] === 'https' ? 'https' : 'http', name: parts[1]!, port: parts[2]! }
  }
  return { scheme: 'http', name: parts[0]!, port: parts[1] ?? '' }
}

interface Dialled {
  readonly socket: Socket
  /** As the backend knows itself. */
  readonly host: string
}

async function dialNode(target: ProxyName, deps: SubresourceDeps, dialer: NodeDialer, exchange: Exchange): Promise<Dialled> {
  const { to, serverName } = kubeletOfNode(target.name, deps)
  const isKubelet = target.port === '' || target.port === String(to.port)
  const port = isKubelet ? to.port : portNumber(target.port)
  const host = await resolveProxyable(to.host) // PX4
  const socket = isKubelet ? await dialer.dialKubelet({ host, port }, serverName, exchange.signal) : await dialer.dial({ host, port }, exchange.signal)
  return { socket, host: hostText({ host: to.host, port }) }
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw badRequest(`invalid port ${JSON.stringify(text)}`)
  return port
}

async function dialBackend(resource: 'pods' | 'services', target: ProxyName, deps: SubresourceDeps, dialer: NodeDialer, exchange: Exchange): Promise<Dialled> {
  const to = resource === 'pods' ? podAddress(target, deps, exchange) : serviceAddress(target, deps, exchange)
  const socket = await dialer.dial({ host: proxyableAddress(to.host), port: to.port }, exchange.signal) // PX4
  return { socket: target.scheme === 'http' ? socket : await secured(socket, exchange.signal), host: hostText(to) }
}

/** Pods have certificates of their own making; upstream does not check them either. */
async function secured(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const secure = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    const fail = (why: string) => {
      socket.destroy()
      reject(new ApiError('ServiceUnavailable', `error trying to reach service: ${why}`))
    }
    const onAbort = () => { fail('the request ended') }
    const timer = setTimeout(() => { fail('TLS handshake timeout') }, handshakeMs)
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    secure.once('secureConnect', () => {
      settle()
      resolve(secure)
    })
    secure.on('error', error => {
      settle()
      fail(error.message)
    })
  })
}

function podAddress(target: ProxyName, deps: SubresourceDeps, exchange: Exchange): Destination {
  const of = { group: '', resource: 'pods' }
  const pod = deps.reader.get(of, exchange.info.namespace, target.name)
  if (pod === undefined) throw notFound(of, target.name)
  const host = textAt(pod, 'status', 'podIP')
  if (host === '') throw badRequest('address not allowed')
  const declared = listAt(pod, 'spec', 'containers').flatMap(container => listAt(container, 'ports'))
  const named = declared.find(port => textAt(port, 'name') === target.port && target.port !== '')
  const port = named !== undefined ? numberAt(named, 'containerPort') : target.port === '' ? numberAt(declared[0], 'containerPort') : portNumber(target.port)
  return { host, port: port ?? 80 }
}

function serviceAddress(target: ProxyName, deps: SubresourceDeps, exchange: Exchange): Destination {
  const of = { group: '', resource: 'services' }
  const { namespace } = exchange.info
  const service = deps.reader.get(of, namespace, target.name)
  if (service === undefined) throw notFound(of, target.name)
  const ports = listAt(service, 'spec', 'ports')
  const chosen = target.port === '' ? ports[0] : ports.find(port => textAt(port, 'name') === target.port || String(numberAt(port, 'port')) === target.port)
  if (chosen === undefined) throw new ApiError('ServiceUnavailable', `no service port ${JSON.stringify(target.port)} found for service ${JSON.stringify(target.name)}`)
  const slices = deps.reader.list({ group: 'discovery.k8s.io', resource: 'endpointslices' }, namespace).filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === target.name)
  const candidates = slices.flatMap(slice => {
    const port = listAt(slice, 'ports').find(candidate => textAt(candidate, 'name') === textAt(chosen, 'name'))
    const number = numberAt(port, 'port')
    if (number === undefined) return []
    const ready = listAt(slice, 'endpoints').filter(endpoint => (endpoint as { conditions?: { ready?: boolean } }).conditions?.ready !== false)
    return ready.flatMap(endpoint => (listAt(endpoint, 'addresses') as string[]).map(host => ({ host, port: number })))
  })
  const destination = pick(deps.random, candidates)
  if (destination === undefined) throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(target.name)}`)
  return destination
}
