/**
 * A request handed on to an extension server. Upstream: kube-aggregator/pkg/apiserver/handler_proxy.go.
 *
 *   XP1  Who asks is told in X-Remote-User, -Uid, -Group and -Extra-…; what the client sent under these names is dropped.
 *   XP2  Upgrades pass through as they are. Redirects do not pass.
 *   XP3  What cannot be reached is a 503 in plain text; a seat of priority and fairness is given back before.
 */
import type { UserInfo } from '../access/user-info.ts'
import { asApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { takeUpgrade } from '../http/server.ts'
import { forwardedHeaders, openBackend, passAnswer, tunnelUpgrade } from '../proxy/backend-request.ts'
import type { ServiceDialer } from '../webhooks/service-dialer.ts'
import { connectExtension } from './extension-servers.ts'
import type { ExtensionServer, ProxyIdentity } from './extension-servers.ts'

const plainText = 'text/plain; charset=utf-8'
const noSniff = { 'x-content-type-options': 'nosniff' }

export interface ExtensionProxyDeps {
  readonly services: ServiceDialer
  readonly identity: () => ProxyIdentity | undefined
}

export async function proxyToExtension(exchange: Exchange, server: ExtensionServer, deps: ExtensionProxyDeps): Promise<void> {
  if (!server.isAvailable) {
    await exchange.send(503, plainText, 'service unavailable\n', noSniff)
    return
  }
  let socket
  try {
    socket = await connectExtension(server, deps.services, deps.identity(), exchange.signal)
  } catch (error) { // XP3
    const { reason, message } = asApiError(error)
    const isUnresolved = reason === 'NotFound' || reason === 'ServiceUnavailable'
    await exchange.send(503, plainText, `${isUnresolved ? 'service unavailable' : `error trying to reach service: ${message}`}\n`, noSniff)
    return
  }
  const isUpgrade = takeUpgrade(exchange) !== undefined
  const path = exchange.request.url ?? exchange.path
  const headers = { ...withoutRemoteHeaders(forwardedHeaders(exchange, isUpgrade)), ...remoteHeaders(exchange.user!), host: server.serverName, 'audit-id': exchange.auditId, 'x-forwarded-for': exchange.socket.remoteAddress ?? '' }
  exchange.onInitialized?.()
  if (isUpgrade) {
    await tunnelUpgrade(exchange, { socket, method: exchange.method, path, headers })
    return
  }
  const hasBody = exchange.method !== 'GET' && exchange.method !== 'HEAD'
  const answer = await openBackend({ socket, method: exchange.method, path, headers, ...(hasBody ? { body: exchange.request as NodeJS.ReadableStream } : {}) })
  if (answer.kind !== 'plain') {
    answer.socket.destroy()
    await exchange.send(502, plainText, 'the backend upgraded a request that asked for no upgrade\n', noSniff)
    return
  }
  const code = answer.response.statusCode ?? 502
  if (code >= 300 && code < 400 && code !== 304) { // XP2
    answer.response.resume()
    socket.destroy()
    await exchange.send(502, plainText, 'the backend attempted to redirect this request, which is not permitted\n', noSniff)
    return
  }
  try {
    await passAnswer(exchange, answer.response)
  } finally {
    socket.destroy()
  }
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
