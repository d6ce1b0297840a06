/** One HTTPS request to an issuer of tokens, or to whom its tokens refer: trusted as it is, and on the same way. */
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { connect } from 'node:tls'

export interface IssuerRoute {
  /** PEM; '' trusts the system's authorities. */
  readonly ca: string
  /** Absent: directly. */
  readonly dial?: (to: { readonly host: string; readonly port: number }, signal: AbortSignal) => Promise<Socket>
}

const timeoutMs = 30_000
const maxAnswerBytes = 1024 * 1024

/** The body of an answer of 200; throws what else it was. */
export async function askIssuer(url: string, { ca, dial }: IssuerRoute, until: AbortSignal, headers: Readonly<Record<string, string>>): Promise<string> {
  const target = new URL(url)
  if (target.protocol !== 'https:') throw new Error(`${url} is not https`)
  const signal = AbortSignal.any([until, AbortSignal.timeout(timeoutMs)])
  const port = target.port === '' ? 443 : Number(target.port)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const tls = ca === '' ? {} : { ca }
  const socket = dial === undefined ? undefined : await dial({ host, port }, signal)
  return await new Promise((resolve, reject) => {
    const asked = request(target, {
      ...tls, signal, agent: false, headers,
      ...(socket === undefined ? {} : { createConnection: () => connect({ ...tls, socket, servername: host }) }),
    }, response => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxAnswerBytes) response.destroy(new Error(`${url}: the answer is too large`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${response.statusCode ?? 0}: ${text.slice(0, 200)}`))
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}
