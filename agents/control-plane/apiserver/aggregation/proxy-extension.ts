/**
 * A request handed on to an extension server. Upstream: kube-aggregator/pkg/apiserver/handler_proxy.go.
 *
 *   XP1  Who asks is told in X-Remote-User, -Uid, -Group and -Extra-…; what the client sent under these names is dropped.
 *   XP2  Upgrades pass through as they are. Redirects do not pass.
 *   XP3  What cannot be reached is a 503 in plain text; a seat of priority and fairness is given back before.
 */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { UserInfo } from '../access/user-info.ts'
import { asApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { takeUpgrade } from '../http/server.ts'
import { forwardedHeaders, openBackend, passAnswer, tunnelUpgrade } from '../proxy/backend-request.ts'
import type { ExtensionConnections, ExtensionRequest } from './extension-connections.ts'
import type { ExtensionServer } from './extension-servers.ts'

const plainText = 'text/plain; charset=utf-8'
const noSniff = { 'x-content-type-options': 'nosniff' }

export interface ExtensionProxyDeps {
  readonly connections: ExtensionConnections
}

export async function proxyToExtension(exchange: Exchange, server: ExtensionServer, deps: ExtensionProxyDeps): Promise<void> {
  if (!server.isAvailable) {
    await exchange.send(503, plainText, 'service unavailable\n', noSniff)
    return
  }
  const isUpgrade = takeUpgrade(exchange) !== undefined
  const path = exchange.request.url ?? exchange.path
  const headers = { ...withoutRemoteHeaders(forwardedHeaders(exchange, isUpgrade)), ...remoteHeaders(exchange.user!), host: server.serverName, 'audit-id': exchange.auditId, 'x-forwarded-for': exchange.remoteAddress ?? '' }
  const request = { method: exchange.method, path, headers }
  const hasBody = exchange.method !== 'GET' && exchange.method !== 'HEAD'
  let response
  try {
    if (isUpgrade) {
      const socket = await deps.connections.dial(server, exchange.signal)
      exchange.onInitialized?.()
      await tunnelUpgrade(exchange, { socket, ...request })
      return
    }
    response = hasBody ? await sendBody(exchange, await deps.connections.dial(server, exchange.signal), request) : await deps.connections.ask(server, request, exchange.signal)
  } catch (error) { // XP3
    if (isUpgrade && exchange.hasAnswered) throw error
    const { reason, message } = asApiError(error)
    const isUnresolved = reason === 'NotFound' || reason === 'ServiceUnavailable'
    await exchange.send(503, plainText, `${isUnresolved ? 'service unavailable' : `error trying to reach service: ${message}`}\n`, noSniff)
    return
  }
  exchange.onInitialized?.()
  const code = response.statusCode ?? 502
  if (code >= 300 && code < 400 && code !== 304) { // XP2
    response.destroy()
    await exchange.send(502, plainText, 'the backend attempted to redirect this request, which is not permitted\n', noSniff)
    return
  }
  await passAnswer(exchange, response)
}

/** Over a connection that ends with the answer. */
async function sendBody(exchange: Exchange, socket: TLSSocket, request: ExtensionRequest): Promise<IncomingMessage> {
  const answer = await openBackend({ socket, ...request, body: exchange.request as NodeJS.ReadableStream })
  if (answer.kind !== 'plain') {
    answer.socket.destroy()
    throw new Error('the backend upgraded a request that asked for no upgrade')
  }
  answer.response.once('close', () => { socket.destroy() })
  return answer.response
}

/** XP1. Values are as they are; keys of extras are escaped as header names need it. */
export function remoteHeaders(user: UserInfo): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'x-remote-user': user.name }
  if (user.uid !== '') headers['x-remote-uid'] = user.uid
  if (user.groups.length > 0) headers['x-remote-group'] = [...user.groups]
  for (const [key, values] of Object.entries(user.extra)) headers[`x-remote-extra-${escapedKey(key)}`] = [...values]
  return headers
}

function withoutRemoteHeaders(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-remote-(?:user|uid|group|extra-)/.test(name) && name !== 'x-forwarded-for'))
}

function escapedKey(key: string): string {
  return [...Buffer.from(key.toLowerCase())].map(byte => {
    const letter = String.fromCharCode(byte)
    return /[a-z0-9!#$&'*+.^_`|~-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}
