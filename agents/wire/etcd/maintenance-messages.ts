/** The messages of etcd v3's Maintenance and Cluster services. Upstream: api/etcdserverpb/rpc.proto. */
import { bool, bytes, int32, int64, message, nested, repeated, text, uint32, uint64, type MessageOf } from '../grpc/message-codec.ts'
import { header } from './kv-messages.ts'

export const emptyCodec = message({})
export type Empty = MessageOf<typeof emptyCodec>

export const alarmTypes = { none: 0, noSpace: 1, corrupt: 2 } as const
export const alarmActions = { get: 0, activate: 1, deactivate: 2 } as const
export const alarmRequestCodec = message({ action: int32(1), memberId: uint64(2), alarm: int32(3) })
export type AlarmRequest = MessageOf<typeof alarmRequestCodec>
const alarmMemberCodec = message({ memberId: uint64(1), alarm: int32(2) })
export type AlarmMember = MessageOf<typeof alarmMemberCodec>
export const alarmResponseCodec = message({ header, alarms: repeated(nested(2, () => alarmMemberCodec)) })
export type AlarmResponse = MessageOf<typeof alarmResponseCodec>

export const statusResponseCodec = message({
  header,
  version: text(2),
  dbSize: int64(3),
  leader: uint64(4),
  raftIndex: uint64(5),
  raftTerm: uint64(6),
  raftAppliedIndex: uint64(7),
  errors: repeated(text(8)),
  dbSizeInUse: int64(9),
  isLearner: bool(10),
  storageVersion: text(11),
  dbSizeQuota: int64(12),
})
export type StatusResponse = MessageOf<typeof statusResponseCodec>

export const hashResponseCodec = message({ header, hash: uint32(2) })
export type HashResponse = MessageOf<typeof hashResponseCodec>
export const hashKvRequestCodec = message({ revision: int64(1) })
export type HashKvRequest = MessageOf<typeof hashKvRequestCodec>
export const hashKvResponseCodec = message({ header, hash: uint32(2), compactRevision: int64(3), hashRevision: int64(4) })
export type HashKvResponse = MessageOf<typeof hashKvResponseCodec>

export const snapshotResponseCodec = message({ header, remainingBytes: uint64(2), blob: bytes(3), version: text(4) })
export type SnapshotResponse = MessageOf<typeof snapshotResponseCodec>

const memberCodec = message({ id: uint64(1), name: text(2), peerUrls: repeated(text(3)), clientUrls: repeated(text(4)), isLearner: bool(5) })
export const memberListRequestCodec = message({ linearizable: bool(1) })
export type MemberListRequest = MessageOf<typeof memberListRequestCodec>
export const memberListResponseCodec = message({ header, members: repeated(nested(2, () => memberCodec)) })
export type MemberListResponse = MessageOf<typeof memberListResponseCodec>

export const authStatusResponseCodec = message({ header, enabled: bool(2), authRevision: uint64(3) })
