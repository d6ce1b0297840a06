/**
 * One GET over a stream that somebody else opens; only the status line of the answer is read.
 */
import type { Duplex } from 'node:stream'
import { errorText } from '../../../agents/base/log.ts'

const limitMs = 2_000
const headBytes = 1_024

/** Undefined for an answer of 200, else why not. Never throws. */
export async function probeHttp(open: (signal: AbortSignal) => Promise<Duplex>, ask: { readonly host: string; readonly path: string; readonly signal: AbortSignal }): Promise<string | undefined> {
  const limit = AbortSignal.timeout(limitMs)
  const signal = AbortSignal.any([ask.signal, limit])
  let stream: Duplex | undefined
  try {
    stream = await open(signal)
    const status = await statusOf(stream, ask, signal)
    return status === 200 ? undefined : `status ${status}`
  } catch (error) {
    return limit.aborted ? `no answer within ${limitMs / 1_000} s` : errorText(error)
  } finally {
    stream?.destroy()
  }
}

function statusOf(stream: Duplex, { host, path }: { readonly host: string; readonly path: string }, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    let head = ''
    const end = (): void => { reject(new Error('the connection ended before an answer')) }
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
    stream.on('error', reject)
    stream.on('end', end)
    stream.on('close', end)
    stream.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1')
      const match = /^HTTP\/1\.[01] (\d{3})/.exec(head)
      if (match !== null) resolve(Number(match[1]))
      else if (head.length > headBytes) reject(new Error('the answer is not HTTP'))
    })
    stream.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: kubarium-load-balancer\r\nConnection: close\r\n\r\n`)
  })
}
