/**
 * The calls of CRI and its neighbours over gRPC: what `agents/wire/cri` declares as data, on the one gRPC client of
 * `agents/runtime/grpc`.
 *
 *   RC1  A call has two minutes unless it says otherwise; 0 is no limit. A stream lives until its signal ends it.
 *   RC3  Calls made within a span that is recorded are spans too, named by the method and by whom the call is about.
 *   RC5  A fault holds a call up before it is sent, or fails it with a code of gRPC.
 *   RC2  A failure is always a GrpcError.
 *   RC4  Whoever wants to know is told of every call when it has ended; what went with it is nobody's business.
 */
import type { Clock } from '../../../base/clock.ts'
import { faultPoints, type InjectedError } from '../../../base/fault-points.ts'
import { errorText } from '../../../base/log.ts'
import { connectGrpc } from '../../../runtime/grpc/grpc-client.ts'
import type { RemoteCall } from '../../../wire/cri/cri-services.ts'
import { spans } from '../../../base/spans.ts'
import type { Attributes } from '../../../base/spans.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import type { GrpcChannel } from '../../../wire/grpc/grpc-channel.ts'
import { GrpcError, grpcCode } from '../../../wire/grpc/grpc-error.ts'

const callFault = faultPoints.define({ name: 'cri.call', help: 'A call of the kubelet to its container runtime, by method (RunPodSandbox, PullImage, Status …). error: a code of gRPC.', attributes: ['method'], effects: ['delay', 'hold', 'error'] })

const limits = { timeoutMs: 120_000, responseBytes: 16 * 1024 * 1024 } as const

export interface CallOptions {
  /** 0 is no limit. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface CallRecord {
  /** Without the package: RuntimeService/RunPodSandbox. */
  readonly call: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly error: string | null
}

export interface CallObserver {
  readonly clock: Clock
  readonly onCall: (record: CallRecord) => void
}

export class RemoteCalls implements Disposable {
  readonly #channel: GrpcChannel
  readonly #observer: CallObserver | undefined

  /** @param endpoint unix:///path, or http://host:port. */
  constructor(endpoint: string, observer?: CallObserver) {
    this.#observer = observer
    this.#channel = connectGrpc({ endpoints: [endpoint], maxResponseBytes: limits.responseBytes })
  }

  async call<Q, A>(call: RemoteCall<Q, A>, request: Sparse<Q>, options: CallOptions = {}): Promise<A> {
    return spans.on && spans.current() !== undefined ? this.#watched(call, request, options) : this.#call(call, request, options)
  }

  /** RC3 */
  async #watched<Q, A>(call: RemoteCall<Q, A>, request: Sparse<Q>, options: CallOptions): Promise<A> {
    const method = call.path.slice(call.path.lastIndexOf('/') + 1)
    const span = spans.begin({ name: 'CRI', attributes: { 'rpc.system': 'grpc', 'rpc.method': method, ...subjectOf(request) } })
    try {
      const answer = await this.#call(call, request, options)
      span.end({ attributes: madeBy(answer) })
      return answer
    } catch (error) {
      span.end({ error: errorText(error) })
      throw error
    }
  }

  async #call<Q, A>(call: RemoteCall<Q, A>, request: Sparse<Q>, options: CallOptions): Promise<A> {
    const told = this.#beginTelling(call.path)
    try {
      if (callFault.rules !== undefined) await callFault.meet({ method: call.path.slice(call.path.lastIndexOf('/') + 1) }).catch((error: InjectedError) => { throw new GrpcError(error.code, error.message) }) // RC5
      const answer = call.answer.decode(await this.#channel.unary(call.path, call.request.encode(request), { timeoutMs: limits.timeoutMs, ...options })) // RC1
      told(null)
      return answer
    } catch (error) {
      told(errorText(error))
      throw error
    }
  }

  /** RC4: what to call with the ending, null for a good one. */
  #beginTelling(path: string): (error: string | null) => void {
    if (this.#observer === undefined) return () => {}
    const { clock, onCall } = this.#observer
    const startedAtMs = clock.now()
    const startedAt = clock.monotonic()
    return error => { onCall({ call: path.slice(path.lastIndexOf('.') + 1), startedAtMs, durationMs: clock.monotonic() - startedAt, error }) }
  }

  async *stream<Q, A>(call: RemoteCall<Q, A>, request: Sparse<Q>, signal: AbortSignal): AsyncGenerator<A> {
    const stream = this.#channel.stream(call.path, { signal })
    stream.send(call.request.encode(request))
    stream.end()
    for await (const answer of stream) yield call.answer.decode(answer)
  }

  [Symbol.dispose](): void {
    void this.#channel.close()
  }
}

interface Subject {
  readonly config?: { readonly metadata?: { readonly name?: string } }
  readonly image?: { readonly image?: string }
  readonly containerId?: string
  readonly podSandboxId?: string
}

function subjectOf(request: unknown): Attributes {
  const { config, image, containerId, podSandboxId } = request as Subject
  return { 'cri.name': config?.metadata?.name, 'cri.image': image?.image, 'cri.container_id': containerId, 'cri.sandbox_id': podSandboxId }
}

function madeBy(answer: unknown): Attributes {
  const { containerId, podSandboxId } = answer as Subject
  return { 'cri.made_container_id': containerId, 'cri.made_sandbox_id': podSandboxId }
}

export function isGrpcNotFound(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcCode.NotFound
}
