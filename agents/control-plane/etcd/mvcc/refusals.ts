/**
 * Every way the store says no, in etcd's own words and gRPC codes. Upstream: api/v3rpc/rpctypes/error.go.
 */
import { GrpcError, grpcCode } from '../../../wire/grpc/grpc-error.ts'

export const refusals = {
  emptyKey: [grpcCode.InvalidArgument, 'etcdserver: key is not provided'],
  keyNotFound: [grpcCode.InvalidArgument, 'etcdserver: key not found'],
  valueProvided: [grpcCode.InvalidArgument, 'etcdserver: value is provided'],
  leaseProvided: [grpcCode.InvalidArgument, 'etcdserver: lease is provided'],
  tooManyOps: [grpcCode.InvalidArgument, 'etcdserver: too many operations in txn request'],
  duplicateKey: [grpcCode.InvalidArgument, 'etcdserver: duplicate key given in txn request'],
  requestTooLarge: [grpcCode.InvalidArgument, 'etcdserver: request is too large'],
  compacted: [grpcCode.OutOfRange, 'etcdserver: mvcc: required revision has been compacted'],
  futureRevision: [grpcCode.OutOfRange, 'etcdserver: mvcc: required revision is a future revision'],
  noSpace: [grpcCode.ResourceExhausted, 'etcdserver: mvcc: database space exceeded'],
  leaseNotFound: [grpcCode.NotFound, 'etcdserver: requested lease not found'],
  leaseExists: [grpcCode.FailedPrecondition, 'etcdserver: lease already exists'],
  leaseTtlTooLarge: [grpcCode.OutOfRange, 'etcdserver: too large lease TTL'],
  memberNotFound: [grpcCode.NotFound, 'etcdserver: member not found'],
  badLeaderTransferee: [grpcCode.FailedPrecondition, 'etcdserver: bad leader transferee'],
  authNotEnabled: [grpcCode.FailedPrecondition, 'etcdserver: authentication is not enabled'],
  stopped: [grpcCode.Unavailable, 'etcdserver: server stopped'],
  corrupt: [grpcCode.DataLoss, 'etcdserver: corrupt cluster'],
} as const satisfies Record<string, readonly [number, string]>

export type Refusal = keyof typeof refusals

export function refused(refusal: Refusal): GrpcError {
  const [code, message] = refusals[refusal]
  return new GrpcError(code, message)
}
