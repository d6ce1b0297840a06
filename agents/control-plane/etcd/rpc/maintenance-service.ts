/**
 * etcdserverpb.Maintenance and Cluster of a store with one member, and the refusals of what one member cannot do.
 *
 *   MS1  A snapshot is this engine's own file, followed by its SHA-256, as etcdctl expects; another store of this kind
 *        starts from it when it is put into its data folder. Real etcd cannot read it.
 *   MS2  Authentication by password is refused by name: access is by client certificate.
 */
import { createHash } from 'node:crypto'
import { headerOnlyCodec } from '../../../wire/etcd/kv-messages.ts'
import {
  alarmActions, alarmRequestCodec, alarmResponseCodec, alarmTypes, authStatusResponseCodec, emptyCodec, hashKvRequestCodec, hashKvResponseCodec, hashResponseCodec,
  memberListRequestCodec, memberListResponseCodec, snapshotResponseCodec, statusResponseCodec, type AlarmRequest, type AlarmResponse, type SnapshotResponse,
} from '../../../wire/etcd/maintenance-messages.ts'
import { refusedPaths, servicePaths } from '../../../wire/etcd/service-paths.ts'
import { GrpcError, grpcCode } from '../../../wire/grpc/grpc-error.ts'
import { refused } from '../mvcc/refusals.ts'
import type { Store } from '../store.ts'
import { afterDurable, unary, type CallHandlers, type CallStream, type Methods } from './methods.ts'

export interface MemberIdentity {
  readonly name: string
  readonly clientUrls: readonly string[]
}

/** The etcd whose protocol this speaks; clients decide by it what they may ask. */
export const protocolVersion = '3.6.0'

export function maintenanceService(store: Store, member: MemberIdentity): Methods {
  return [
    [servicePaths.alarm, unary(alarmRequestCodec, alarmResponseCodec, request => afterDurable(store, () => alarm(store, request)))],
    [servicePaths.status, unary(emptyCodec, statusResponseCodec, () => afterDurable(store, async () => {
      await store.durable()
      const { totalBytes, usedBytes } = store.size()
      const header = store.header(store.watches.published)
      return {
        header, version: protocolVersion, storageVersion: '3.6', dbSize: BigInt(totalBytes), dbSizeInUse: BigInt(usedBytes), dbSizeQuota: BigInt(store.quotaBytes),
        leader: store.memberId, raftIndex: header.revision, raftAppliedIndex: header.revision, raftTerm: header.raftTerm, isLearner: false,
        errors: store.hasNoSpace ? [`memberID:${String(store.memberId)} alarm:NOSPACE `] : [],
      }
    }))],
    [servicePaths.defragment, unary(emptyCodec, headerOnlyCodec, () => afterDurable(store, async () => {
      await store.defragment()
      return {}
    }))],
    [servicePaths.hash, unary(emptyCodec, hashResponseCodec, () => afterDurable(store, async () => {
      const { hash, revision } = await store.hashKv(0n)
      return { header: store.header(revision), hash }
    }))],
    [servicePaths.hashKv, unary(hashKvRequestCodec, hashKvResponseCodec, request => afterDurable(store, async () => {
      const { hash, revision, compacted } = await store.hashKv(request.revision)
      // etcd says -1 where nothing was ever compacted.
      return { header: store.header(store.watches.published), hash, compactRevision: compacted === 0n ? -1n : compacted, hashRevision: revision }
    }))],
    [servicePaths.snapshot, { kind: 'stream', open: call => openSnapshot(store, call) }],
    [servicePaths.moveLeader, unary(emptyCodec, headerOnlyCodec, () => { throw refused('badLeaderTransferee') })],
    [servicePaths.memberList, unary(memberListRequestCodec, memberListResponseCodec, () => ({
      header: store.header(store.watches.published),
      members: [{ id: store.memberId, name: member.name, peerUrls: [], clientUrls: member.clientUrls, isLearner: false }],
    }))],
    [refusedPaths.authStatus, unary(emptyCodec, authStatusResponseCodec, () => ({ header: store.header(store.watches.published), enabled: false, authRevision: 1n }))],
    ...refusedPaths.auth.map(path => refusing(path, 'etcdserver: authentication is not supported by the embedded store; access is by client certificate')), // MS2
    ...refusedPaths.members.map(path => refusing(path, 'etcdserver: the embedded store has exactly one member')),
    refusing(servicePaths.downgrade, 'etcdserver: the embedded store cannot be downgraded'),
  ]
}

function refusing(path: string, message: string): Methods[number] {
  return [path, unary(emptyCodec, emptyCodec, () => { throw new GrpcError(grpcCode.Unimplemented, message) })]
}

async function alarm(store: Store, { action, alarm: wanted }: AlarmRequest): Promise<AlarmResponse> {
  const concernsSpace = wanted === alarmTypes.noSpace || (wanted === alarmTypes.none && action !== alarmActions.activate)
  const wasRaised = store.hasNoSpace
  if (action === alarmActions.activate && concernsSpace) await store.setNoSpace(true)
  if (action === alarmActions.deactivate && concernsSpace) await store.setNoSpace(false)
  const tellsOf = action === alarmActions.deactivate ? wasRaised : store.hasNoSpace
  return { header: store.header(store.watches.published), alarms: concernsSpace && tellsOf ? [{ memberId: store.memberId, alarm: alarmTypes.noSpace }] : [] }
}

function openSnapshot(store: Store, call: CallStream): CallHandlers {
  let drained = Promise.withResolvers<void>()
  let isClosed = false
  const send = async (response: SnapshotResponse): Promise<void> => {
    if (call.send(snapshotResponseCodec.encode(response)) || isClosed) return
    drained = Promise.withResolvers()
    await drained.promise
  }
  return {
    request() {
      sendSnapshot(store, send, () => isClosed).then(() => { call.end() }, (error: unknown) => { call.end(error) })
    },
    drained() { drained.resolve() },
    closed() {
      isClosed = true
      drained.resolve()
    },
  }
}

/** MS1 */
async function sendSnapshot(store: Store, send: (response: SnapshotResponse) => Promise<void>, isClosed: () => boolean): Promise<void> {
  const { sizeBytes, chunks } = await store.snapshot()
  const header = store.header(store.watches.published)
  const hash = createHash('sha256')
  let remaining = sizeBytes
  for await (const blob of chunks) {
    if (isClosed()) return
    hash.update(blob)
    remaining -= blob.length
    await send({ header, remainingBytes: BigInt(remaining), blob, version: protocolVersion })
  }
  await send({ header, remainingBytes: 0n, blob: hash.digest(), version: protocolVersion })
}
