/** POSTs to an extender over HTTP or HTTPS, with its own certificates and time limit. Upstream: makeTransport and send in extender.go. */
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import type { ExtenderPost } from '../extender/extender.ts'
import type { ExtenderConfiguration } from '../profile/configuration.ts'

const mostAnswerBytes = 64 * 1024 * 1024

export function httpExtenderPost(extender: ExtenderConfiguration): { readonly post: ExtenderPost } & Disposable {
  const prefix = extender.urlPrefix.replace(/\/+$/, '')
  const isSecure = prefix.startsWith('https:')
  const agent = isSecure ? new https.Agent({ keepAlive: true, ...tlsOptions(extender) }) : new http.Agent({ keepAlive: true })
  return {
    post: (verb, body) => send(`${prefix}/${verb}`, verb, body, agent, extender.httpTimeoutMs),
    [Symbol.dispose]: () => { agent.destroy() },
  }
}

function send(url: string, verb: string, body: unknown, agent: http.Agent, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    const ask = url.startsWith('https:') ? https.request : http.request
    const sent = ask(url, { method: 'POST', agent, signal: AbortSignal.timeout(timeoutMs), headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, response => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > mostAnswerBytes) response.destroy(new Error(`answer of ${url} is longer than ${mostAnswerBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode !== 200) {
          reject(new Error(`failed ${verb} with extender at URL ${url}, code ${response.statusCode}`))
          return
        }
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
        } catch (error) {
          reject(new Error(`extender at URL ${url} answered ${verb} with something that is no JSON: ${(error as Error).message}`))
        }
      })
    })
    sent.on('error', error => { reject(error.name === 'AbortError' || error.name === 'TimeoutError' ? new Error(`extender at URL ${url} did not answer ${verb} within ${timeoutMs} ms`) : error) })
    sent.end(text)
  })
}

/** Without a CA an HTTPS extender is not verified, as upstream has it. */
function tlsOptions({ tls, enableHttps }: ExtenderConfiguration): https.AgentOptions {
  const pem = (data: string, file: string) => (data !== '' ? Buffer.from(data, 'base64') : file === '' ? undefined : readFileSync(file))
  const ca = tls === null ? undefined : pem(tls.caData, tls.caFile)
  const cert = tls === null ? undefined : pem(tls.certData, tls.certFile)
  const key = tls === null ? undefined : pem(tls.keyData, tls.keyFile)
  const isUnverified = tls?.insecure === true || (enableHttps && ca === undefined)
  return {
    ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }),
    ...(tls === null || tls.serverName === '' ? {} : { servername: tls.serverName }),
    rejectUnauthorized: !isUnverified,
  }
}
