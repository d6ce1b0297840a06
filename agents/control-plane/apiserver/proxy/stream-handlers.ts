/**
 * log, exec, attach, portforward and proxy: found here, answered by the kubelet or the pod.
 * Upstream: pkg/registry/core/pod/strategy.go (locations), rest/subresources.go.
 *
 *   SH1  A pod that is on no node yet is a 400, and has no logs; a container that is not named is the pod's only one or its annotated
 *        default, else a 400 that lists the choices.
 *   SH2  A WebSocket opens with GET, so that reading would be enough; exec, attach and portforward ask for create as well.
 *   SH4  Options of logs are checked before anything else.
 *   SH5  A pod on a node that is gone is not found by the node's name: upstream's answer.
 *   SH3  The kubelet itself speaks WebSocket and SPDY; only the upgrade passes through here.
 */
import type { Clock } from '../../../base/clock.ts'
import { refusal, attributesOf } from '../filters/authorization.ts'
import { badRequest, notFound } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import { admitAsked } from '../registry/subresources/exchange-admission.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { SubresourceDeps, SubresourceHandler } from '../registry/subresources/subresource.ts'
import { forwardedHeaders, openBackend, passAnswer, passRefusal, tunnelUpgrade } from './backend-request.ts'
import { kubeletOfNode } from './kubelet-address.ts'
import type { KubeletAddress } from './kubelet-address.ts'
import { connectOptions } from './connect-options.ts'
import { readLogRequest } from './log-options.ts'
import { hostText, type NodeDialer } from './node-dialer.ts'
import { serveProxy } from './proxy-handlers.ts'

const defaultContainer = 'kubectl.kubernetes.io/default-container'

export function streamHandlers(dialer: NodeDialer, clock: Clock): Readonly<Record<string, SubresourceHandler>> {
  void clock
  const upgrade = (locate: (pod: KubeObject, query: URLSearchParams) => string): SubresourceHandler => async (exchange, resource, deps) => {
    const pod = await findPod(exchange, deps)
    const path = locate(pod, exchange.query)
    if (exchange.method === 'GET') await requireCreate(exchange, deps) // SH2
    await admitConnection(exchange, resource, deps)
    const address = kubeletOf(pod, deps)
    const socket = await dialer.dialKubelet(address.to, address.serverName, exchange.signal)
    await tunnelUpgrade(exchange, { socket, method: exchange.method, path, headers: { ...forwardedHeaders(exchange, true), host: hostText(address.to) } })
  }
  return {
    'pods/exec': upgrade((pod, query) => `/exec/${place(pod)}/${container(pod, query)}?${streamQuery(query, true)}`),
    'pods/attach': upgrade((pod, query) => `/attach/${place(pod)}/${container(pod, query)}?${streamQuery(query, false)}`),
    'pods/portforward': upgrade((pod, query) => `/portForward/${place(pod)}${portQuery(query)}`),
    'pods/log': async (exchange, _resource, deps) => {
      const { query } = exchange
      const { kubeletQuery, skipsVerification } = readLogRequest(query, exchange.info.name)
      const pod = await findPod(exchange, deps)
      const name = container(pod, query)
      if (textAt(pod, 'spec', 'nodeName') === '') { // SH1
        await exchange.send(200, 'text/plain', '')
        return
      }
      const address = kubeletOf(pod, deps)
      const socket = await dialer.dialKubelet(address.to, address.serverName, exchange.signal, { skipVerification: skipsVerification })
      const answer = await openBackend({ socket, method: 'GET', path: `/containerLogs/${place(pod)}/${name}${kubeletQuery}`, headers: { accept: '*/*', host: hostText(address.to) } })
      if (answer.kind !== 'plain') throw badRequest('the kubelet answered a log request with an upgrade')
      if ((answer.response.statusCode ?? 500) >= 300) await passRefusal(exchange, answer.response)
      else await passAnswer(exchange, answer.response, 'text/plain')
    },
    'pods/proxy': proxied('pods', dialer),
    'services/proxy': proxied('services', dialer),
    'nodes/proxy': proxied('nodes', dialer),
  }
}

function proxied(what: 'pods' | 'services' | 'nodes', dialer: NodeDialer): SubresourceHandler {
  return async (exchange, resource, deps) => {
    await admitConnection(exchange, resource, deps)
    await serveProxy(exchange, what, deps, dialer)
  }
}

async function admitConnection(exchange: Exchange, resource: ServedResource, deps: SubresourceDeps): Promise<void> {
  const object = connectOptions(exchange, resource.resource)
  await admitAsked(exchange, resource, deps.admission, { operation: 'CONNECT', kind: { group: '', version: 'v1', kind: object.kind }, object })
}

async function findPod(exchange: Exchange, deps: SubresourceDeps): Promise<KubeObject> {
  const { namespace, name } = exchange.info
  const pods = deps.table.stored({ group: '', resource: 'pods' })!
  const cached = await deps.reads.get(pods, namespace, name, '')
  return decodeServed(cached.bytes)
}

async function requireCreate(exchange: Exchange, deps: SubresourceDeps): Promise<void> {
  const attributes = { ...attributesOf(exchange), verb: 'create' }
  const verdict = await deps.authorizer.authorize(attributes)
  if (verdict.decision !== 'allow') throw refusal(attributes, verdict.reason)
}

/** Where the kubelet of a pod listens (SH1). */
function kubeletOf(pod: KubeObject, deps: SubresourceDeps): KubeletAddress {
  const nodeName = textAt(pod, 'spec', 'nodeName')
  if (nodeName === '') throw badRequest(`pod ${pod.metadata.name!} does not have a host assigned`)
  if (deps.reader.get({ group: '', resource: 'nodes' }, '', nodeName) === undefined) throw notFound({ group: '', resource: 'pods' }, nodeName) // SH5
  return kubeletOfNode(nodeName, deps)
}

function place(pod: KubeObject): string {
  return `${encodeURIComponent(pod.metadata.namespace!)}/${encodeURIComponent(pod.metadata.name!)}`
}

function container(pod: KubeObject, query: URLSearchParams): string {
  const asked = query.get('container') ?? ''
  const names = (list: string) => listAt(pod, 'spec', list).map(item => textAt(item, 'name'))
  const all = [...names('containers'), ...names('initContainers'), ...names('ephemeralContainers')]
  if (asked !== '') {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name!}`)
    return encodeURIComponent(asked)
  }
  const main = names('containers')
  if (main.length === 1) return encodeURIComponent(main[0]!)
  const annotated = pod.metadata.annotations?.[defaultContainer]
  if (annotated !== undefined && all.includes(annotated)) return encodeURIComponent(annotated)
  const inits = names('initContainers')
  const more = inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name!}, choose one of: [${main.join(' ')}]${more}`)
}

/** stdin=true becomes input=1 and so on, as the kubelet's own API has it. */
function streamQuery(query: URLSearchParams, hasCommand: boolean): string {
  const isSet = (name: string) => query.get(name) === 'true' || query.get(name) === '1'
  const kubelet = new URLSearchParams()
  if (isSet('stdin')) kubelet.set('input', '1')
  if (isSet('stdout')) kubelet.set('output', '1')
  if (isSet('stderr')) kubelet.set('error', '1')
  if (isSet('tty')) kubelet.set('tty', '1')
  if (hasCommand) for (const word of query.getAll('command')) kubelet.append('command', word)
  if (![...kubelet.keys()].some(key => key === 'input' || key === 'output' || key === 'error')) throw badRequest('you must specify at least 1 of stdin, stdout, stderr')
  return kubelet.toString()
}

function portQuery(query: URLSearchParams): string {
  const ports = query.getAll('ports').flatMap(value => value.split(','))
  if (ports.length === 0) return ''
  return `?${ports.map(port => `port=${encodeURIComponent(port)}`).join('&')}`
}
