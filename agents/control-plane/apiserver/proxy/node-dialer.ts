/**
 * How the API server reaches kubelets, pods and services: directly, or by HTTP CONNECT through the egress proxy that
 * the egress selector configuration names. Upstream: apiserver/pkg/server/egressselector.
 *
 *   ND1  With a proxy configured nothing is dialled past it.
 *   ND2  Kubelets are spoken to over TLS with the kubelet client certificate, and their certificate is checked against the
 *        kubelet CA by node name or address.
 */
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { parse } from 'yaml'
import { ApiError } from '../http/api-error.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'

export interface Destination {
  readonly host: string
  readonly port: number
}

/** As a URL and the Host header have it. */
export function hostText({ host, port }: Destination): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

export interface KubeletTls {
  readonly cert: string
  readonly key: string
  /** Absent: the kubelet's certificate is not checked, as upstream without --kubelet-certificate-authority. */
  readonly ca?: string
}

export interface NodeDialer {
  dial(to: Destination, signal: AbortSignal): Promise<Socket>
  /** TLS to a kubelet. */
  dialKubelet(to: Destination, serverName: string, signal: AbortSignal, options?: { readonly skipVerification?: boolean }): Promise<TLSSocket>
}

const dialTimeoutMs = 10_000

/** Ways out of the API server: the Unix socket of a proxy, or 'direct'. */
export interface EgressSelections {
  /** To nodes, pods and Services; direct unless named. */
  readonly cluster: Egress
  /** To what stands beside the control plane; nobody goes there unless it is named. */
  readonly controlPlane: Egress | undefined
}

export type Egress = 'direct' | { readonly socket: string }

export const directEgress: EgressSelections = { cluster: 'direct', controlPlane: undefined }

/** An EgressSelectorConfiguration. Throws for a way that is not offered here. */
export function readEgressSelections(file: string): EgressSelections {
  const config: unknown = parse(readFileSync(file, 'utf8'))
  if (textAt(config, 'kind') !== 'EgressSelectorConfiguration') throw new Error(`${file}: kind must be EgressSelectorConfiguration`)
  const named = (name: string) => listAt(config, 'egressSelections').find(candidate => textAt(candidate, 'name') === name)
  const [cluster, controlPlane] = [named('cluster'), named('controlplane')]
  return { cluster: cluster === undefined ? 'direct' : readEgress(cluster, file), controlPlane: controlPlane === undefined ? undefined : readEgress(controlPlane, file) }
}

function readEgress(selection: unknown, file: string): Egress {
  const protocol = textAt(selection, 'connection', 'proxyProtocol')
  if (protocol === 'Direct') return 'direct'
  if (protocol !== 'HTTPConnect') throw new Error(`${file}: proxyProtocol ${JSON.stringify(protocol)} is not supported; use HTTPConnect or Direct`)
  const socket = fieldAt(selection, 'connection', 'transport', 'uds', 'udsName')
  if (typeof socket !== 'string' || socket === '') throw new Error(`${file}: connection.transport.uds.udsName is required`)
  return { socket }
}

export function createNodeDialer(options: { readonly egress: Egress; readonly kubelet?: KubeletTls }): NodeDialer {
  const { egress } = options
  const dial = (to: Destination, signal: AbortSignal) => (egress === 'direct' ? dialDirect(to, signal) : dialThrough(egress.socket, to, signal)) // ND1
  return {
    dial,
    async dialKubelet(to, serverName, signal, { skipVerification = false } = {}) {
      const socket = await dial(to, signal)
      return await secured(socket, serverName, skipVerification ? withoutAuthority(options.kubelet) : options.kubelet, to)
    },
  }
}

/** insecureSkipTLSVerifyBackend: ours is still shown, since a kubelet asks for it. */
function withoutAuthority(kubelet: KubeletTls | undefined): KubeletTls | undefined {
  return kubelet === undefined ? undefined : { cert: kubelet.cert, key: kubelet.key }
}

function dialDirect(to: Destination, signal: AbortSignal): Promise<Socket> {
  return connected(connectTcp({ host: to.host, port: to.port, noDelay: true }), `${to.host}:${to.port}`, signal)
}

async function dialThrough(egressSocket: string, to: Destination, signal: AbortSignal): Promise<Socket> {
  const socket = await connected(connectTcp({ path: egressSocket }), egressSocket, signal)
  const name = `${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`
  socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
  return await new Promise<Socket>((resolve, reject) => {
    let head = Buffer.alloc(0)
    const fail = (why: string) => {
      socket.destroy()
      reject(unreachable(name, why))
    }
    const onClose = () => {
      fail('the egress proxy closed the connection')
    }
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) {
        if (head.length > 16_384) fail('the egress proxy answered with too long a header')
        return
      }
      socket.off('data', onData)
      socket.off('close', onClose)
      const line = head.subarray(0, head.indexOf('\r\n')).toString('latin1')
      if (!/^HTTP\/1\.[01] 200/.test(line)) {
        const detail = head.subarray(end + 4).toString('utf8').trim()
        fail(`the egress proxy answered ${line}${detail === '' ? '' : `: ${detail}`}`)
        return
      }
      socket.pause()
      const rest = head.subarray(end + 4)
      if (rest.length > 0) socket.unshift(rest)
      resolve(socket)
    }
    socket.on('data', onData)
    socket.once('close', onClose)
  })
}

function connected(socket: Socket, name: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const clear = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const fail = (why: string) => {
      clear()
      socket.destroy()
      reject(unreachable(name, why))
    }
    const onAbort = () => {
      fail('the request ended')
    }
    const onError = (error: Error) => {
      fail(error.message)
    }
    const timer = setTimeout(() => {
      fail('dial timed out')
    }, dialTimeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once('connect', () => {
      clear()
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** ND2 */
function secured(socket: Socket, serverName: string, tls: KubeletTls | undefined, to: Destination): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const isName = !/^[\d.:]+$/.test(serverName)
    const secure = connectTls({
      socket,
      host: serverName,
      ...(isName ? { servername: serverName } : {}),
      ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
      ...(tls?.ca === undefined ? { rejectUnauthorized: false } : { ca: tls.ca }),
      ALPNProtocols: ['http/1.1'],
    })
    const onError = (error: Error) => {
      socket.destroy()
      reject(unreachable(`${to.host}:${to.port}`, error.message))
    }
    secure.once('error', onError)
    secure.once('secureConnect', () => {
      secure.off('error', onError)
      secure.on('error', () => {})
      resolve(secure)
    })
  })
}

function unreachable(name: string, why: string): ApiError {
  return new ApiError('InternalError', `error dialing backend: dial ${name}: ${why}`, { causes: [{ message: `dial ${name}: ${why}` }] })
}
