/**
 * The messages of etcd v3's KV service, as tables. Names and numbers are etcd's own.
 * Upstream: api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto.
 */
import { bool, bytes, int32, int64, message, nested, optional, repeated, uint64, type MessageCodec, type MessageOf } from '../grpc/message-codec.ts'

export const keyValueCodec = message({ key: bytes(1), createRevision: int64(2), modRevision: int64(3), version: int64(4), value: bytes(5), lease: int64(6) })
export type WireKeyValue = MessageOf<typeof keyValueCodec>

export const eventTypes = { put: 0, delete: 1 } as const
export const eventCodec = message({ type: int32(1), kv: nested(2, () => keyValueCodec), prevKv: nested(3, () => keyValueCodec) })
export type WireEvent = MessageOf<typeof eventCodec>

export const responseHeaderCodec = message({ clusterId: uint64(1), memberId: uint64(2), revision: int64(3), raftTerm: uint64(4) })
export type ResponseHeader = MessageOf<typeof responseHeaderCodec>
export const header = nested(1, () => responseHeaderCodec)

export const sortOrders = { none: 0, ascend: 1, descend: 2 } as const
export const sortTargets = { key: 0, version: 1, create: 2, mod: 3, value: 4 } as const

export const rangeRequestCodec = message({
  key: bytes(1),
  rangeEnd: bytes(2),
  limit: int64(3),
  revision: int64(4),
  sortOrder: int32(5),
  sortTarget: int32(6),
  serializable: bool(7),
  keysOnly: bool(8),
  countOnly: bool(9),
  minModRevision: int64(10),
  maxModRevision: int64(11),
  minCreateRevision: int64(12),
  maxCreateRevision: int64(13),
})
export type RangeRequest = MessageOf<typeof rangeRequestCodec>
export const rangeResponseCodec = message({ header, kvs: repeated(nested(2, () => keyValueCodec)), more: bool(3), count: int64(4) })
export type RangeResponse = MessageOf<typeof rangeResponseCodec>

export const putRequestCodec = message({ key: bytes(1), value: bytes(2), lease: int64(3), prevKv: bool(4), ignoreValue: bool(5), ignoreLease: bool(6) })
export type PutRequest = MessageOf<typeof putRequestCodec>
export const putResponseCodec = message({ header, prevKv: nested(2, () => keyValueCodec) })
export type PutResponse = MessageOf<typeof putResponseCodec>

export const deleteRangeRequestCodec = message({ key: bytes(1), rangeEnd: bytes(2), prevKv: bool(3) })
export type DeleteRangeRequest = MessageOf<typeof deleteRangeRequestCodec>
export const deleteRangeResponseCodec = message({ header, deleted: int64(2), prevKvs: repeated(nested(3, () => keyValueCodec)) })
export type DeleteRangeResponse = MessageOf<typeof deleteRangeResponseCodec>

export const compareResults = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const
export const compareTargets = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const

export const compareCodec = message({
  result: int32(1),
  target: int32(2),
  key: bytes(3),
  version: optional(int64(4)),
  createRevision: optional(int64(5)),
  modRevision: optional(int64(6)),
  value: optional(bytes(7)),
  lease: optional(int64(8)),
  rangeEnd: bytes(64),
})
export type WireCompare = MessageOf<typeof compareCodec>

// A transaction may hold transactions, so these types are written out: inference cannot follow a circle.
export interface RequestOp {
  readonly range?: RangeRequest | undefined
  readonly put?: PutRequest | undefined
  readonly deleteRange?: DeleteRangeRequest | undefined
  readonly txn?: TxnRequest | undefined
}

export interface TxnRequest {
  readonly compare: readonly WireCompare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

export interface ResponseOp {
  readonly range?: RangeResponse | undefined
  readonly put?: PutResponse | undefined
  readonly deleteRange?: DeleteRangeResponse | undefined
  readonly txn?: TxnResponse | undefined
}

export interface TxnResponse {
  readonly header?: ResponseHeader
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp[]
}

const requestOpCodec: MessageCodec<RequestOp> = message({
  range: nested(1, () => rangeRequestCodec),
  put: nested(2, () => putRequestCodec),
  deleteRange: nested(3, () => deleteRangeRequestCodec),
  txn: nested(4, () => txnRequestCodec),
})

export const txnRequestCodec: MessageCodec<TxnRequest> = message({
  compare: repeated(nested(1, () => compareCodec)),
  success: repeated(nested(2, () => requestOpCodec)),
  failure: repeated(nested(3, () => requestOpCodec)),
})

const responseOpCodec: MessageCodec<ResponseOp> = message({
  range: nested(1, () => rangeResponseCodec),
  put: nested(2, () => putResponseCodec),
  deleteRange: nested(3, () => deleteRangeResponseCodec),
  txn: nested(4, () => txnResponseCodec),
})

export const txnResponseCodec: MessageCodec<TxnResponse> = message({ header, succeeded: bool(2), responses: repeated(nested(3, () => responseOpCodec)) })

export const compactionRequestCodec = message({ revision: int64(1), physical: bool(2) })
export type CompactionRequest = MessageOf<typeof compactionRequestCodec>
export const headerOnlyCodec = message({ header })
export type HeaderOnly = MessageOf<typeof headerOnlyCodec>
