/**
 * The Client over a Transport, in JSON.
 *
 *   RC1  A refusal that says Retry-After (429, 503 …) is waited for and sent again, up to ten times, as client-go does.
 *   RC2  Items of a list get the kind and apiVersion that the server leaves out.
 *   RC3  A watch's stream is cut into lines across chunk borders; a line is one event.
 *   RC5  Within a span that is recorded, a request names it in W3C's traceparent.
 *   RC6  A fault fails a request, holds it up, or lets the process die once it is answered; watches are left alone.
 *   RC4  A watch that the server should have ended long ago (its timeoutSeconds and 30 s more) is cut here.
 */
import { apiVersionOf } from '../api/kubernetes-object.ts'
import type { Draft, KubernetesObject, ResourceType } from '../api/resources.ts'
import type { Status } from '../api/groups/meta-v1/types.ts'
import type { Clock } from '../base/clock.ts'
import { faultPoints, InjectedError } from '../base/fault-points.ts'
import { sleep } from '../base/clock.ts'
import { spans, traceparentOf } from '../base/spans.ts'
import type { Client, DeleteOptions, ListOptions, ListResult, PatchOptions, WatchEvent, WatchEventType, WatchOptions, WriteOptions } from './client.ts'
import { subjectOfPath } from './request-subject.ts'
import { queryText, resourcePath } from './resource-path.ts'
import { readLines } from './lines.ts'
import { readStatusError, StatusError } from './status-error.ts'
import type { Transport, TransportReply, TransportRequest } from './transport.ts'

export interface ClientOptions {
  readonly userAgent: string
  readonly clock: Clock
}

const requestFault = faultPoints.define({
  name: 'client.request', help: 'A request of this component to the API server, watches excepted. error: the status it gets without being sent; crash: the process dies once it is answered.',
  attributes: ['method', 'resource', 'subresource', 'namespace', 'name', 'agent'], effects: ['delay', 'hold', 'error', 'crash'],
})

const mostRetries = 10
const watchGraceMs = 30_000
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
const metadataEach = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'

const patchTypes: Readonly<Record<PatchOptions['patchType'], string>> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
}

export function createClient(transport: Transport, options: ClientOptions): Client {
  const headers = { accept: 'application/json', 'user-agent': options.userAgent }

  const ask = async (request: TransportRequest): Promise<TransportReply> => {
    for (let attempt = 0; ; attempt++) {
      const within = spans.on ? spans.current() : undefined // RC5
      const reply = await transport.request({ ...request, headers: { ...headers, ...(within === undefined ? {} : { traceparent: traceparentOf(within) }), ...request.headers } })
      const waitSeconds = retryAfter(reply.headers)
      if (waitSeconds === undefined || reply.status < 429 || attempt >= mostRetries) return reply
      await sleep(options.clock, waitSeconds * 1_000, request.signal) // RC1
    }
  }

  const send = async <R>(method: string, path: string, body: unknown, signal?: AbortSignal, more: Readonly<Record<string, string>> = {}): Promise<R> => {
    const crashes = requestFault.rules !== undefined && await meetFault(method, path, options.userAgent) // RC6
    const reply = await ask({
      method, path,
      ...(body === undefined ? { headers: more } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...more } }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (crashes) faultPoints.crash()
    if (reply.status >= 300) throw readStatusError(reply.status, reply.body, retryAfter(reply.headers))
    return JSON.parse(reply.body) as R
  }

  return {
    get: (type, key, signal) => send('GET', resourcePath(type, key), undefined, signal),

    async list<T extends KubernetesObject>(type: ResourceType<T>, list: ListOptions = {}, signal?: AbortSignal): Promise<ListResult<T>> {
      const { namespace, metadataOnly, ...query } = list
      const answer = await send<{ items?: T[] | null; metadata: { resourceVersion?: string; continue?: string } }>('GET', resourcePath(type, { namespace }) + queryText({ ...query }), undefined, signal, metadataOnly === true ? { accept: metadataList } : {})
      const items = answer.items ?? []
      for (const item of items) named(item, type) // RC2
      const token = answer.metadata.continue
      return { items, resourceVersion: answer.metadata.resourceVersion ?? '', ...(token === undefined || token === '' ? {} : { continue: token }) }
    },

    watch: (type, watch, signal) => watchEvents(transport, options.clock, headers, type, watch, signal),

    create<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>, write: WriteOptions = {}, signal?: AbortSignal): Promise<T> {
      const namespace = object.metadata.namespace ?? write.namespace
      const path = resourcePath(type, { namespace, ...(write.subresource === undefined ? {} : { name: object.metadata.name ?? '', subresource: write.subresource }) })
      return send('POST', path + writeQuery(write), { kind: type.kind, apiVersion: apiVersionOf(type), ...object }, signal)
    },

    update<T extends KubernetesObject>(type: ResourceType<T>, object: T, write: WriteOptions = {}, signal?: AbortSignal): Promise<T> {
      const { namespace, name } = object.metadata
      return send('PUT', resourcePath(type, { namespace, name, subresource: write.subresource }) + writeQuery(write), object, signal)
    },

    patch: (type, key, patch, write, signal) =>
      send('PATCH', resourcePath(type, { ...key, subresource: write.subresource }) + writeQuery(write, { force: write.force }), patch, signal, { 'content-type': patchTypes[write.patchType] }),

    async delete(type, key, remove = {}, signal) {
      await send('DELETE', resourcePath(type, key), deleteBody(remove), signal)
    },

    async deleteCollection(type, { namespace, labelSelector, fieldSelector, metadataOnly: _, ...remove }, signal) {
      await send('DELETE', resourcePath(type, { namespace }) + queryText({ labelSelector, fieldSelector }), deleteBody(remove), signal)
    },

    createSubresource: (type, key, subresource, body, signal) => send('POST', resourcePath(type, { ...key, subresource }), body, signal),

    raw: ask,
  }
}

/** RC6: true where the process is to die after the answer. */
async function meetFault(method: string, path: string, agent: string): Promise<boolean> {
  const about = { ...subjectOfPath(path), method, agent }
  try {
    return (await requestFault.meet(about))?.effect === 'crash'
  } catch (error) {
    if (!(error instanceof InjectedError)) throw error
    throw readStatusError(error.code, JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: error.code, message: error.message }))
  }
}

async function* watchEvents<T extends KubernetesObject>(
  transport: Transport, clock: Clock, headers: Readonly<Record<string, string>>, type: ResourceType<T>, options: WatchOptions, signal: AbortSignal,
): AsyncIterable<WatchEvent<T>> {
  const { namespace, metadataOnly, ...query } = options
  const late = new AbortController()
  using _timer = options.timeoutSeconds === undefined
    ? undefined
    : clock.after(options.timeoutSeconds * 1_000 + watchGraceMs, () => { late.abort(new Error('the server did not end the watch in time')) }) // RC4
  const stream = await transport.stream({
    method: 'GET',
    path: resourcePath(type, { namespace }) + queryText({ watch: true, ...query }),
    headers: { ...headers, ...(metadataOnly === true ? { accept: metadataEach } : {}) },
    signal: AbortSignal.any([signal, late.signal]),
  })
  if (stream.status >= 300) {
    let body = ''
    for await (const line of readLines(stream.body)) body += `${line}\n`
    throw readStatusError(stream.status, body, retryAfter(stream.headers))
  }
  for await (const line of readLines(stream.body)) { // RC3
    const event = JSON.parse(line) as { type: WatchEventType | 'ERROR'; object: T }
    if (event.type === 'ERROR') throw new StatusError(event.object as unknown as Status)
    yield { type: event.type, object: named(event.object, type) }
  }
}

function named<T extends KubernetesObject>(object: T, type: ResourceType<T>): T {
  if (object.kind === undefined || object.kind === 'PartialObjectMetadata') {
    object.kind = type.kind
    object.apiVersion = apiVersionOf(type)
  }
  return object
}

function writeQuery(write: WriteOptions, more: Readonly<Record<string, boolean | undefined>> = {}): string {
  return queryText({ fieldManager: write.fieldManager, fieldValidation: write.fieldValidation, dryRun: write.dryRun === true ? 'All' : undefined, ...more })
}

function deleteBody(remove: DeleteOptions): unknown {
  const { dryRun, ...rest } = remove
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, ...(dryRun === true ? { dryRun: ['All'] } : {}) }
}

function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const seconds = Number(headers['retry-after'])
  return headers['retry-after'] === undefined || Number.isNaN(seconds) ? undefined : seconds
}
