/** The API on the bare wire: one request, or the lines of a watch. */
import { Agent, request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { ControlPlane } from './control-plane.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; undefined when it is something else. */
  readonly json: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read freely
}

export interface RawWatch {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly events: { readonly type: string; readonly object: any }[] // eslint-disable-line @typescript-eslint/no-explicit-any
  /** Resolves when the condition holds; rejects after a few seconds. */
  until(condition: (events: RawWatch['events']) => boolean): Promise<void>
  readonly ended: Promise<void>
  stop(): void
}

export interface RawApi {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer>
  watch(path: string, headers?: Record<string, string>): Promise<RawWatch>
}

export function rawApi(plane: Pick<ControlPlane, 'server' | 'ca' | 'admin'>, certificate: { cert: string; key: string } = plane.admin): RawApi {
  const agent = new Agent({ keepAlive: true, ca: plane.ca, cert: certificate.cert, key: certificate.key })
  const open = (method: string, path: string, body: unknown, headers: Record<string, string>) => {
    const text = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const asked = request(`${plane.server}${path}`, { method, agent, headers: { ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }), ...headers } })
    asked.end(text)
    return asked
  }
  return {
    call: (method, path, body, headers = {}) => new Promise((resolve, reject) => {
      const asked = open(method, path, body, headers)
      asked.once('error', reject)
      asked.once('response', response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: readJson(text) })
        })
      })
    }),
    watch: (path, headers = {}) => new Promise((resolve, reject) => {
      const asked = open('GET', path, undefined, headers)
      asked.once('error', reject)
      asked.once('response', response => {
        const events: RawWatch['events'] = []
        let rest = ''
        response.setEncoding('utf8')
        response.on('error', () => {})
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          for (const line of lines) if (line !== '') events.push(JSON.parse(line) as (typeof events)[number])
        })
        const ended = new Promise<void>(done => response.once('close', () => {
          const status = readJson(rest) as (typeof events)[number] | undefined
          if (status !== undefined) events.push(status)
          done()
        }))
        resolve({
          status: response.statusCode ?? 0, headers: response.headers, events, ended,
          async until(condition) {
            for (let waited = 0; !condition(events); waited += 10) {
              if (waited > 60_000) throw new Error(`not seen in time; events: ${JSON.stringify(events.map(event => [event.type, event.object?.metadata?.name]))}`)
              await pause(10)
            }
          },
          stop: () => {
            response.destroy()
          },
        })
      })
    }),
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
