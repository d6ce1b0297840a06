/**
 * /debug/faults of a component: what can go wrong in it, and what does on purpose.
 *
 *   FI1  It exists only where --fault-injection-token-file is given; elsewhere the path is not found and no rule can be set.
 *   FI2  Every request brings the token of that file in the header x-fault-token, whatever else it may prove. The file is read at each
 *        request, so that a new token holds at once.
 *   FI3  GET tells points and rules; PUT /debug/faults/<id> sets a rule for so many milliseconds, or prolongs it; DELETE ends one, and
 *        without an id all. Ending what is over already is no failure.
 *   FI4  It does not pass through what rules can break, and uses a clock that they cannot set.
 *   FI5  A rule dies with its process; who wants it longer sets it anew.
 */
import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import { type FaultPoints, type FaultRuleOrder, FaultRefusedError } from '../base/fault-points.ts'
import type { Log } from '../base/log.ts'
import { equalSecrets } from './equal-secrets.ts'

export const faultsPath = '/debug/faults'
export const faultTokenHeader = 'x-fault-token'

interface Asked extends Readable {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}

interface Answering {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown
  end(body: string): unknown
}

export interface FaultApiOptions {
  readonly points: FaultPoints
  readonly tokenFile: string
  readonly clock: Clock
  readonly log: Log
}

const mostBodyBytes = 64 * 1024

export class FaultApi {
  readonly #options: FaultApiOptions

  constructor(options: FaultApiOptions) {
    this.#options = options
  }

  owns(path: string): boolean {
    return path === faultsPath || path.startsWith(`${faultsPath}/`)
  }

  async answer(request: Asked, response: Answering): Promise<void> {
    const { code, body } = await this.#answer(request)
    response.writeHead(code, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
    response.end(`${JSON.stringify(body)}\n`)
  }

  async #answer(request: Asked): Promise<{ readonly code: number; readonly body: unknown }> {
    const refuse = (code: number, error: string) => ({ code, body: { error } })
    if (!(await this.#isTrusted(request.headers[faultTokenHeader]))) return refuse(403, `forbidden: ${faultTokenHeader} must be the token of --fault-injection-token-file`) // FI2
    const { points, log } = this.#options
    const id = new URL(request.url ?? '/', 'http://component').pathname.slice(faultsPath.length + 1)
    if (request.method === 'GET' && id === '') return { code: 200, body: { points: points.points, rules: this.#rules() } }
    if (request.method === 'PUT' && /^[\w.-]{1,100}$/.test(id)) {
      try {
        const { forMs, ...order } = readOrder(id, await readBody(request))
        const isNew = !points.rules.some(rule => rule.id === id)
        const rule = points.set(order, forMs)
        if (isNew) log.warn('fault began', { fault: id, point: order.point, effect: order.effect, match: order.match, forMs })
        return { code: 200, body: this.#told(rule) }
      } catch (error) {
        if (error instanceof FaultRefusedError || error instanceof SyntaxError) return refuse(400, error.message)
        throw error
      }
    }
    if (request.method === 'DELETE') {
      for (const rule of points.rules) if (id === '' || rule.id === id) {
        points.remove(rule.id)
        log.info('fault ended', { fault: rule.id, point: rule.point, hits: rule.hits })
      }
      return { code: 200, body: { rules: this.#rules() } }
    }
    return refuse(405, 'use GET, PUT /debug/faults/<id> or DELETE')
  }

  #rules(): readonly unknown[] {
    return this.#options.points.rules.map(rule => this.#told(rule))
  }

  #told({ untilMs, ...rule }: FaultPoints['rules'][number]): unknown {
    return { ...rule, leftMs: Math.max(0, untilMs - this.#options.clock.now()) }
  }

  async #isTrusted(given: unknown): Promise<boolean> {
    const kept = (await readFile(this.#options.tokenFile, 'utf8').catch(() => '')).trim()
    return typeof given === 'string' && kept !== '' && equalSecrets(given, kept)
  }
}

async function readBody(request: Readable): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBodyBytes) throw new FaultRefusedError(`a rule has at most ${mostBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
}

/** The shape; what it says is judged by the points. */
function readOrder(id: string, body: unknown): FaultRuleOrder & { readonly forMs: number } {
  const given = (typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}) as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find(key => !['point', 'effect', 'match', 'percent', 'parameters', 'forMs'].includes(key))
  if (unknown !== undefined) throw new FaultRefusedError(`a rule has no field ${JSON.stringify(unknown)}; it has point, effect, match, percent, parameters, forMs`)
  const { point, effect, match = {}, percent = 100, parameters = {}, forMs } = given
  if (typeof point !== 'string' || typeof effect !== 'string') throw new FaultRefusedError('a rule names its point and its effect')
  if (typeof percent !== 'number' || typeof forMs !== 'number') throw new FaultRefusedError('percent and forMs are numbers, and forMs must be given')
  const table = (value: unknown, name: string, fits: (one: unknown) => boolean) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.values(value).every(fits)) throw new FaultRefusedError(`${name} is an object of ${name === 'match' ? 'texts' : 'texts and numbers'}`)
    return value as Record<string, never>
  }
  return {
    id, point, effect: effect as FaultRuleOrder['effect'], percent, forMs,
    match: table(match, 'match', one => typeof one === 'string'),
    parameters: table(parameters, 'parameters', one => typeof one === 'string' || typeof one === 'number'),
  }
}
