/** How bytes reach the API server. Machinery never opens a connection itself: the runtime, or a test, gives it one. */
export interface TransportRequest {
  readonly method: string
  /** Absolute path with its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
  /** Until the whole answer (for `stream`: until its headers) is there. */
  readonly timeoutMs?: number
}

export interface TransportReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface TransportStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Ends when the server ends it, throws when it breaks or the signal aborts; leaving the loop closes it. */
  readonly body: AsyncIterable<Uint8Array>
}

/** An answer of any status is an answer; only the lack of one is thrown. */
export interface Transport {
  request(request: TransportRequest): Promise<TransportReply>
  stream(request: TransportRequest): Promise<TransportStream>
}

/** No answer came at all. The runtime throws such errors; they are known by name, since machinery does not import it. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConnectionError'
}
