/** One GET to an extension server on the API server's own behalf, as system:kube-aggregator. */
import type { Clock } from '../../../base/clock.ts'
import type { ExtensionProxyDeps } from './proxy-extension.ts'
import { remoteHeaders } from './proxy-extension.ts'
import type { ExtensionServer } from './extension-servers.ts'

export interface ExtensionAnswer {
  readonly code: number
  readonly type: string
  readonly body: Buffer
}

const timeoutMs = 5_000
const defaultMaxBytes = 4 * 1024 * 1024
const aggregator = { name: 'system:kube-aggregator', uid: '', groups: ['system:masters'], extra: {} }

export async function askExtension(server: ExtensionServer, path: string, accept: string, deps: ExtensionProxyDeps & { readonly clock: Clock }, maxBytes = defaultMaxBytes): Promise<ExtensionAnswer> {
  const abort = new AbortController()
  using _timer = deps.clock.after(timeoutMs, () => {
    abort.abort(new Error('context deadline exceeded'))
  })
  const response = await deps.connections.ask(server, { method: 'GET', path, headers: { ...remoteHeaders(aggregator), host: server.serverName, accept } }, abort.signal)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      response.destroy()
      throw new Error(`the answer is larger than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return { code: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: Buffer.concat(chunks) }
}
