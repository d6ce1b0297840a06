import { GrpcError, grpcCode } from '../grpc/grpc-error.ts'

/** A call the store refused or could not answer; `code` is the gRPC code, `message` etcd's own words. */
export class EtcdError extends GrpcError {
  override readonly name: string = 'EtcdError'
}

/** The history a watch asked for has been compacted away; list again and watch from there. */
export class WatchCompactedError extends EtcdError {
  override readonly name = 'WatchCompactedError'
  readonly compactRevision: bigint

  constructor(compactRevision: bigint) {
    super(grpcCode.OutOfRange, 'etcdserver: mvcc: required revision has been compacted')
    this.compactRevision = compactRevision
  }
}

export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdError && error.code === grpcCode.OutOfRange && error.message.includes('has been compacted')
}

export function isFutureRevision(error: unknown): boolean {
  return error instanceof EtcdError && error.code === grpcCode.OutOfRange && error.message.includes('is a future revision')
}

/** The store could not be reached or died half-way: a write may or may not have happened. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof EtcdError && (error.code === grpcCode.Unavailable || error.code === grpcCode.DeadlineExceeded)
}
