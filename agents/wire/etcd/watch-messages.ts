/** The messages of etcd v3's Watch service. Upstream: api/etcdserverpb/rpc.proto. */
import { bool, bytes, int32, int64, message, nested, repeated, text, type MessageOf } from '../grpc/message-codec.ts'
import { eventCodec, header } from './kv-messages.ts'

export const watchFilters = { noPut: 0, noDelete: 1 } as const

export const watchCreateCodec = message({
  key: bytes(1),
  rangeEnd: bytes(2),
  startRevision: int64(3),
  progressNotify: bool(4),
  filters: repeated(int32(5)),
  prevKv: bool(6),
  watchId: int64(7),
  fragment: bool(8),
})
export type WatchCreateRequest = MessageOf<typeof watchCreateCodec>

const watchCancelCodec = message({ watchId: int64(1) })
const watchProgressCodec = message({})

export const watchRequestCodec = message({
  create: nested(1, () => watchCreateCodec),
  cancel: nested(2, () => watchCancelCodec),
  progress: nested(3, () => watchProgressCodec),
})
export type WatchRequest = MessageOf<typeof watchRequestCodec>

export const watchResponseCodec = message({
  header,
  watchId: int64(2),
  created: bool(3),
  canceled: bool(4),
  compactRevision: int64(5),
  cancelReason: text(6),
  fragment: bool(7),
  events: repeated(nested(11, () => eventCodec)),
})
export type WatchResponse = MessageOf<typeof watchResponseCodec>
