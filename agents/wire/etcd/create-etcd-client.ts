/** The typed client over any gRPC channel. What it promises is in client.ts. */
import type { CallOptions, EtcdClient } from './client.ts'
import { readDelete, readKey, readPut, readRange, readTxn, renderDelete, renderPut, renderRange, renderTxn } from './client-requests.ts'
import { asEtcdError, openWatch } from './client-watch.ts'
import { EtcdError } from './etcd-error.ts'
import {
  compactionRequestCodec, deleteRangeRequestCodec, deleteRangeResponseCodec, headerOnlyCodec, putRequestCodec, putResponseCodec, rangeRequestCodec,
  rangeResponseCodec, txnRequestCodec, txnResponseCodec,
} from './kv-messages.ts'
import {
  leaseGrantRequestCodec, leaseGrantResponseCodec, leaseIdCodec, leaseKeepAliveResponseCodec, leaseTimeToLiveRequestCodec, leaseTimeToLiveResponseCodec,
} from './lease-messages.ts'
import { emptyCodec, statusResponseCodec } from './maintenance-messages.ts'
import { servicePaths } from './service-paths.ts'
import type { GrpcChannel } from '../grpc/grpc-channel.ts'
import { grpcCode } from '../grpc/grpc-error.ts'
import type { MessageCodec, Sparse } from '../grpc/message-codec.ts'

export function createEtcdClient(channel: GrpcChannel): EtcdClient {
  async function call<Q, R>(path: string, request: MessageCodec<Q>, response: MessageCodec<R>, value: Sparse<Q>, options: CallOptions = {}): Promise<R> {
    try {
      return response.decode(await channel.unary(path, request.encode(value), { signal: options.signal, timeoutMs: options.timeoutMs }))
    } catch (error) {
      throw asEtcdError(error)
    }
  }

  return {
    range: async (options, at) => readRange(await call(servicePaths.range, rangeRequestCodec, rangeResponseCodec, renderRange(options), at)),
    put: async (options, at) => readPut(await call(servicePaths.put, putRequestCodec, putResponseCodec, renderPut(options), at)),
    delete: async (options, at) => readDelete(await call(servicePaths.deleteRange, deleteRangeRequestCodec, deleteRangeResponseCodec, renderDelete(options), at)),
    txn: async (options, at) => readTxn(await call(servicePaths.txn, txnRequestCodec, txnResponseCodec, renderTxn(options), at)),
    async compact(revision, options = {}) {
      await call(servicePaths.compact, compactionRequestCodec, headerOnlyCodec, { revision, physical: options.physical ?? false }, options)
    },
    watch: options => openWatch(channel, options),
    async leaseGrant(ttlSeconds, options = {}) {
      const { id, ttl } = await call(servicePaths.leaseGrant, leaseGrantRequestCodec, leaseGrantResponseCodec, { ttl: BigInt(ttlSeconds), id: options.id ?? 0n }, options)
      return { id, ttl: Number(ttl) }
    },
    leaseKeepAlive: (id, options = {}) => keepAliveOnce(channel, id, options),
    async leaseRevoke(id, at) {
      await call(servicePaths.leaseRevoke, leaseIdCodec, headerOnlyCodec, { id }, at)
    },
    async leaseTimeToLive(id, options = {}) {
      const { ttl, grantedTtl, keys } = await call(servicePaths.leaseTimeToLive, leaseTimeToLiveRequestCodec, leaseTimeToLiveResponseCodec, { id, keys: options.keys ?? false }, options)
      return { id, ttl: Number(ttl), grantedTtl: Number(grantedTtl), keys: keys.map(readKey) }
    },
    async status(at) {
      const { header, version, dbSize, dbSizeInUse } = await call(servicePaths.status, emptyCodec, statusResponseCodec, {}, at)
      return { revision: header?.revision ?? 0n, memberId: header?.memberId ?? 0n, version, dbSizeBytes: Number(dbSize), dbSizeInUseBytes: Number(dbSizeInUse) }
    },
    close: () => channel.close(),
    [Symbol.asyncDispose]: () => channel.close(),
  }
}

/** etcd knows renewing only as a stream: this one carries one renewal. */
async function keepAliveOnce(channel: GrpcChannel, id: bigint, { signal, timeoutMs = 10_000 }: CallOptions): Promise<number> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const stream = channel.stream(servicePaths.leaseKeepAlive, { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) })
    stream.send(leaseIdCodec.encode({ id }))
    stream.end()
    for await (const message of stream) return Number(leaseKeepAliveResponseCodec.decode(message).ttl)
  } catch (error) {
    if (timeout.aborted) throw new EtcdError(grpcCode.DeadlineExceeded, 'the call took too long')
    throw asEtcdError(error)
  }
  throw new EtcdError(grpcCode.Unavailable, 'the store ended the stream without an answer')
}
