/**
 * Takes the spans that programs of others export by OTLP/gRPC, and answers them like /debug/inspect/spans of our own.
 *
 *   TR1  It listens at a unix socket in the lab's own folder: nobody else of this desktop reaches it.
 *   TR2  It keeps the last few thousand spans: programs export all the time, and whoever begins to read wants what comes from then on.
 */
import { chmodSync, rmSync } from 'node:fs'
import type { Log } from '../../../agents/base/log.ts'
import { type GrpcServer, serveGrpc } from '../../../agents/runtime/grpc/grpc-server.ts'
import type { OtlpTraces } from '../../../agents/wire/otlp/otlp-json.ts'
import { exportTracesPath, readExportedTraces } from '../../../agents/wire/otlp/otlp-protobuf.ts'

type ResourceSpans = NonNullable<OtlpTraces['resourceSpans']>[number]

const mostKept = 2_000
const largestRequestBytes = 4 * 1024 * 1024
const nothing = new Uint8Array(0)

export class ReceivedSpans {
  #kept: ResourceSpans[] = []
  /** How many came before the first kept one. */
  #before = 0

  add({ resourceSpans = [] }: OtlpTraces): void {
    this.#kept.push(...resourceSpans)
    const surplus = this.#kept.length - mostKept
    if (surplus <= 0) return
    this.#kept = this.#kept.slice(surplus) // TR2
    this.#before += surplus
  }

  /** From the cursor of the last answer on; null: what comes from now on. */
  read(cursor: string | null): OtlpTraces & { readonly next: string } {
    const end = this.#before + this.#kept.length
    const from = cursor === null || cursor === '' ? end : Number(cursor)
    return { resourceSpans: this.#kept.slice(Math.max(0, from - this.#before)), next: String(end) }
  }
}

export class TraceReceiver implements AsyncDisposable {
  readonly received = new ReceivedSpans()
  #server: GrpcServer | undefined

  static async listen(socket: string, log: Log): Promise<TraceReceiver> {
    const receiver = new TraceReceiver()
    rmSync(socket, { force: true })
    receiver.#server = await serveGrpc(socket, null, {
      methods: new Map([[exportTracesPath, { kind: 'unary', call: request => {
        receiver.received.add(readExportedTraces(request))
        return nothing // an ExportTraceServiceResponse without complaints
      } }]]),
      maxRequestBytes: largestRequestBytes, log,
    })
    chmodSync(socket, 0o600)
    return receiver
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}

/** Upstream's TracingConfiguration: every request is traced, and goes to the receiver. */
export function tracingConfiguration(socket: string): unknown {
  return { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'TracingConfiguration', endpoint: `unix://${socket}`, samplingRatePerMillion: 1_000_000 }
}
