/** Asks one health URL, keeping its connection; a body of etcd's {"health":"false"} counts as ill. */
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { HealthTarget } from './component-manifest.ts'

export interface HealthProbe extends Disposable {
  /** null when healthy, else what is wrong in a few words. Never rejects. */
  ask(timeoutMs: number): Promise<string | null>
}

export function createHealthProbe(target: HealthTarget): HealthProbe {
  const secure = target.url.startsWith('https:')
  const agent = secure ? new HttpsAgent({ keepAlive: true, maxSockets: 1 }) : new HttpAgent({ keepAlive: true, maxSockets: 1 })
  return {
    ask: timeoutMs =>
      new Promise(resolve => {
        const options = { agent, timeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) }
        const ca = secure && target.authorityFile !== undefined ? readFileSync(target.authorityFile) : undefined
        const request = secure ? httpsRequest(target.url, { ...options, ...(ca === undefined ? {} : { ca }) }) : httpRequest(target.url, options)
        request.on('response', response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', error => resolve(error.message))
          response.on('end', () => {
            const body = Buffer.concat(chunks).toString('utf8').trim()
            const ill = response.statusCode !== 200 || /"health"\s*:\s*"false"/.test(body)
            resolve(ill ? `health check answered ${response.statusCode}${body === '' ? '' : `: ${body.slice(0, 300)}`}` : null)
          })
        })
        request.on('error', error => resolve(error.name === 'TimeoutError' || error.name === 'AbortError' ? `health check had no answer within ${timeoutMs} ms` : `health check failed: ${error.message}`))
        request.end()
      }),
    [Symbol.dispose]: () => {
      agent.destroy()
    },
  }
}
