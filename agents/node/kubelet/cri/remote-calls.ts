/**
 * The calls of CRI and its neighbours over gRPC: what `agents/wire/cri` declares as data, on the one gRPC client of
 * `agents/runtime/grpc`.
 *
 *   RC1  A call has two minutes unless it says otherwise; 0 is no limit. A stream lives until its signal ends it.
 *   RC2  A failure is always a GrpcError.
 */
import { connectGrpc } from '../../../runtime/grpc/grpc-client.ts'
import type { RemoteCall } from '../../../wire/cri/cri-services.ts'
import { decodeMessage, encodeMessage, type Encodable } from '../../../wire/cri/message-codec.ts'
import type { GrpcChannel } from '../../../wire/grpc/grpc-channel.ts'
import { GrpcError, grpcCode } from '../../../wire/grpc/grpc-error.ts'

const limits = { timeoutMs: 120_000, responseBytes: 16 * 1024 * 1024 } as const

export interface CallOptions {
  /** 0 is no limit. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export class RemoteCalls implements Disposable {
  readonly #channel: GrpcChannel

  /** @param endpoint unix:///path, or http://host:port. */
  constructor(endpoint: string) {
    this.#channel = connectGrpc({ endpoints: [endpoint], maxResponseBytes: limits.responseBytes })
  }

  async call<Q, A>(call: RemoteCall<Q, A>, request: Encodable<Q>, options: CallOptions = {}): Promise<A> {
    return decodeMessage(call.answer, await this.#channel.unary(call.path, encodeMessage(call.request, request), { timeoutMs: limits.timeoutMs, ...options })) // RC1
  }

  async *stream<Q, A>(call: RemoteCall<Q, A>, request: Encodable<Q>, signal: AbortSignal): AsyncGenerator<A> {
    const stream = this.#channel.stream(call.path, { signal })
    stream.send(encodeMessage(call.request, request))
    stream.end()
    for await (const answer of stream) yield decodeMessage(call.answer, answer)
  }

  [Symbol.dispose](): void {
    void this.#channel.close()
  }
}

export function isGrpcNotFound(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcCode.NotFound
}
