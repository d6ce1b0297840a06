/** One watch on a gRPC stream of its own, as the client's batches (EC3–EC5 in client.ts). */
import type { Watch, WatchBatch, WatchEvent, WatchOptions } from './client.ts'
import { readKeyValue, renderSpan } from './client-requests.ts'
import { EtcdError, WatchCompactedError } from './etcd-error.ts'
import { eventTypes, type WireEvent } from './kv-messages.ts'
import { servicePaths } from './service-paths.ts'
import { watchFilters, watchRequestCodec, watchResponseCodec, type WatchResponse } from './watch-messages.ts'
import type { GrpcChannel, GrpcStream } from '../grpc/grpc-channel.ts'
import { GrpcError, grpcCode } from '../grpc/grpc-error.ts'

export function openWatch(channel: GrpcChannel, options: WatchOptions): Watch {
  const cancelling = new AbortController()
  const signal = options.signal === undefined ? cancelling.signal : AbortSignal.any([options.signal, cancelling.signal])
  let stream: GrpcStream | undefined
  let failure: unknown
  try {
    stream = channel.stream(servicePaths.watch, { signal })
    stream.send(watchRequestCodec.encode({ create: createRequest(options) }))
  } catch (error) {
    failure = error
  }
  return {
    requestProgress() { stream?.send(watchRequestCodec.encode({ progress: {} })) },
    cancel() { cancelling.abort() },
    [Symbol.asyncIterator]: () => (stream === undefined ? failing(failure) : batches(stream, signal)),
  }
}

function createRequest(options: WatchOptions) {
  return {
    ...renderSpan(options),
    startRevision: options.startRevision ?? 0n,
    progressNotify: options.progressNotify ?? false,
    prevKv: options.prevKv ?? false,
    filters: (options.filters ?? []).map(filter => (filter === 'noput' ? watchFilters.noPut : watchFilters.noDelete)),
    watchId: 0n,
    fragment: false,
  }
}

function failing(error: unknown): AsyncIterator<WatchBatch> {
  return { next: () => Promise.reject(asEtcdError(error) as Error) }
}

async function* batches(stream: GrpcStream, signal: AbortSignal): AsyncIterator<WatchBatch> {
  try {
    for await (const message of stream) {
      const batch = readBatch(watchResponseCodec.decode(message))
      if (signal.aborted) return
      if (batch !== undefined) yield batch
    }
  } catch (error) {
    if (signal.aborted) return
    throw asEtcdError(error)
  } finally {
    stream.cancel()
  }
  if (!signal.aborted) throw new EtcdError(grpcCode.Unavailable, 'the store ended the watch')
}

function readBatch(response: WatchResponse): WatchBatch | undefined {
  const revision = response.header?.revision ?? 0n
  if (response.compactRevision !== 0n) throw new WatchCompactedError(response.compactRevision)
  if (response.canceled) throw new EtcdError(grpcCode.FailedPrecondition, response.cancelReason === '' ? 'the store cancelled the watch' : response.cancelReason)
  if (response.created) return { kind: 'created', revision }
  if (response.events.length === 0) return { kind: 'progress', revision }
  const events = response.events.map(readEvent)
  return { kind: 'events', revision: events.at(-1)!.kv.modRevision, events }
}

function readEvent(event: WireEvent): WatchEvent {
  if (event.kv === undefined) throw new EtcdError(grpcCode.Internal, 'an event came without a key')
  const type = event.type === eventTypes.delete ? 'delete' : 'put'
  const kv = readKeyValue(event.kv)
  return event.prevKv === undefined ? { type, kv } : { type, kv, prevKv: readKeyValue(event.prevKv) }
}

export function asEtcdError(error: unknown): unknown {
  return error instanceof GrpcError && !(error instanceof EtcdError) ? new EtcdError(error.code, error.message) : error
}
