/** The messages of etcd v3's Lease service. Upstream: api/etcdserverpb/rpc.proto. */
import { bool, bytes, int64, message, nested, repeated, text, type MessageOf } from '../grpc/message-codec.ts'
import { header } from './kv-messages.ts'

export const leaseGrantRequestCodec = message({ ttl: int64(1), id: int64(2) })
export type LeaseGrantRequest = MessageOf<typeof leaseGrantRequestCodec>
export const leaseGrantResponseCodec = message({ header, id: int64(2), ttl: int64(3), error: text(4) })
export type LeaseGrantResponse = MessageOf<typeof leaseGrantResponseCodec>
export const leaseIdCodec = message({ id: int64(1) })
export type LeaseIdMessage = MessageOf<typeof leaseIdCodec>
export const leaseKeepAliveResponseCodec = message({ header, id: int64(2), ttl: int64(3) })
export type LeaseKeepAliveResponse = MessageOf<typeof leaseKeepAliveResponseCodec>
export const leaseTimeToLiveRequestCodec = message({ id: int64(1), keys: bool(2) })
export type LeaseTimeToLiveRequest = MessageOf<typeof leaseTimeToLiveRequestCodec>
export const leaseTimeToLiveResponseCodec = message({ header, id: int64(2), ttl: int64(3), grantedTtl: int64(4), keys: repeated(bytes(5)) })
export type LeaseTimeToLiveResponse = MessageOf<typeof leaseTimeToLiveResponseCodec>
export const leaseLeasesRequestCodec = message({})
export const leaseLeasesResponseCodec = message({ header, leases: repeated(nested(2, () => leaseIdCodec)) })
export type LeaseLeasesResponse = MessageOf<typeof leaseLeasesResponseCodec>
