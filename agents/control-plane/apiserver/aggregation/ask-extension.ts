/** One GET to an extension server on the API server's own behalf, as system:kube-aggregator. */
import type { Clock } from '../../../base/clock.ts'
import { openBackend } from '../proxy/backend-request.ts'
import type { ExtensionProxyDeps } from './proxy-extension.ts'
import { remoteHeaders } from './proxy-extension.ts'
import { connectExtension } from './extension-servers.ts'
import type { ExtensionServer } from './extension-servers.ts'

export interface ExtensionAnswer {
  readonly code: number
  readonly type: string
  readonly body: Buffer
}

const timeoutMs = 5_000
const maxBytes = 32 * 1024 * 1024
const aggregator = { name: 'system:kube-aggregator', uid: '', groups: ['system:masters'], extra: {} }

export async function askExtension(server: ExtensionServer, path: string, accept: string, deps: ExtensionProxyDeps & { readonly clock: Clock }): Promise<ExtensionAnswer> {
  const abort = new AbortController()
  using _timer = deps.clock.after(timeoutMs, () => {
    abort.abort(new Error('context deadline exceeded'))
  })
  const socket = await connectExtension(server, deps.services, deps.identity(), abort.signal)
  const stop = () => socket.destroy(abort.signal.reason as Error)
  abort.signal.addEventListener('abort', stop, { once: true })
  try {
    const answer = await openBackend({ socket, method: 'GET', path, headers: { ...remoteHeaders(aggregator), host: server.serverName, accept } })
    if (answer.kind !== 'plain') throw new Error('the backend upgraded a plain request')
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of answer.response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return { code: answer.response.statusCode ?? 0, type: answer.response.headers['content-type'] ?? '', body: Buffer.concat(chunks) }
  } finally {
    socket.destroy()
  }
}
