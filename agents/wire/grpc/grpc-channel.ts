/**
 * The client's side of gRPC as typed clients need it, with the sockets left to whoever runs where sockets are.
 *
 *   GC1  A call that cannot reach the server fails with Unavailable; nothing is retried.
 *   GC2  A call past its time fails with DeadlineExceeded, an aborted one with Cancelled.
 */
export interface GrpcChannel {
  /** One message there, one message back. Rejects with GrpcError. */
  unary(path: string, message: Uint8Array, options?: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined }): Promise<Uint8Array>
  /** Messages both ways, until either side ends it. */
  stream(path: string, options?: { readonly signal?: AbortSignal | undefined }): GrpcStream
  close(): Promise<void>
}

/** Iterating yields the server's messages; it ends with the server's OK, or throws GrpcError. */
export interface GrpcStream extends AsyncIterable<Uint8Array> {
  send(message: Uint8Array): void
  /** Nothing more will be sent. */
  end(): void
  cancel(): void
}
