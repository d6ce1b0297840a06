/**
 * Asks a component what it knows: GET /debug/inspect[/<subject>], on this machine or through a node's line; and gives it the
 * questions and orders of its /debug paths, by POST.
 */
import { type RequestOptions, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { LabError } from './lab-error.ts'

export interface InspectionTarget {
  /** For messages. */
  readonly component: string
  /** e.g. https://127.0.0.1:10259 */
  readonly base: string
  readonly authority: string
  readonly certificate: string
  readonly key: string
  /** Where the component can only be reached through a line of its own. */
  readonly dial?: (host: string, port: number) => Promise<Duplex>
}

const timeoutMs = 10_000

export async function inspectComponent(target: InspectionTarget, subject: string | null): Promise<unknown> {
  const { code, text } = await fetchFrom(target, { method: 'GET', path: inspectionPath(subject) })
  if (code === 404) throw new LabError('not-found', subject === null ? `${target.component} cannot be inspected` : `${target.component} knows no subject "${subject}"; see: kubarium inspect ${target.component}`)
  if (code !== 200) throw new LabError('failed', `${target.component} answered ${code}: ${text.slice(0, 500)}`)
  return valueOf(text)
}

/** What a component says at a path of its own, such as /metrics, as it is. */
export async function readText(target: InspectionTarget, path: string): Promise<string> {
  const { code, text } = await fetchFrom(target, { method: 'GET', path })
  if (code !== 200) throw new LabError('failed', `${target.component} answered ${code}: ${text.slice(0, 500)}`)
  return text
}

export function inspectionPath(subject: string | null): string {
  return `/debug/inspect${subject === null ? '' : `/${subject.split('/').map(part => encodeURIComponent(part)).join('/')}`}`
}

/** A PUT of text, as of a flag that can be changed. */
export async function putComponent(target: InspectionTarget, path: string, body: string): Promise<void> {
  const { code, text } = await fetchFrom(target, { method: 'PUT', path, body })
  if (code !== 200) throw new LabError(code === 404 || code === 405 ? 'unsupported' : code === 400 ? 'invalid-argument' : 'failed', `${target.component} answered ${code} to ${path}: ${text.slice(0, 500)}`)
}

/** A POST to one of the component's /debug paths. A refusal carries the component's own words. */
export function tellComponent(target: InspectionTarget, path: string, body: string): Promise<unknown> {
  return askComponent(target, { method: 'POST', path, body })
}

export interface ComponentQuestion {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export async function askComponent(target: InspectionTarget, question: ComponentQuestion): Promise<unknown> {
  const { code, text } = await fetchFrom(target, question)
  const value = valueOf(text)
  if (code === 200) return value
  const error = (value as { readonly error?: unknown } | null)?.error
  throw new LabError(code === 404 ? 'not-found' : code === 400 ? 'invalid-argument' : 'failed', typeof error === 'string' ? error : `${target.component} answered ${code}: ${text.slice(0, 500)}`)
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

async function fetchFrom(target: InspectionTarget, question: ComponentQuestion): Promise<Answer> {
  try {
    return await dialAndFetch(target, new URL(question.path, target.base), question)
  } catch (error) {
    throw new LabError('unavailable', `${target.component} did not answer: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Answer {
  readonly code: number
  readonly text: string
}

async function dialAndFetch(target: InspectionTarget, url: URL, { method, body, headers }: ComponentQuestion): Promise<Answer> {
  const secure = url.protocol === 'https:'
  const tls = { ca: target.authority, cert: target.certificate, key: target.key }
  const options: RequestOptions = { method, signal: AbortSignal.timeout(timeoutMs), headers: { accept: 'application/json', connection: 'close', ...headers } }
  if (target.dial !== undefined) {
    const raw = await target.dial(url.hostname, Number(url.port))
    const stream = secure ? connectTls({ ...tls, socket: raw, host: url.hostname }) : raw
    return send(httpRequest({ ...options, host: url.hostname, path: `${url.pathname}${url.search}`, createConnection: () => stream as never }), body)
  }
  if (!secure) return send(httpRequest(url, options), body)
  const agent = new HttpsAgent(tls)
  try {
    return await send(httpsRequest(url, { ...options, agent }), body)
  } finally {
    agent.destroy()
  }
}

function send(sent: ReturnType<typeof httpRequest>, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.on('response', response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => { resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }) })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
