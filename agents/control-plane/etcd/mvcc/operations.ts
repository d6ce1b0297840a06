/**
 * Range, Put, DeleteRange and Txn as etcd executes them, inside a transaction.
 *
 *   OP1  Everything a transaction could be refused for is looked at before its first write: leases and keys that must
 *        exist, revisions that must be readable, along the branches that will run.
 *   OP2  A read inside a transaction sees the writes before it in the same transaction.
 *   OP3  The branch of a nested transaction is chosen before the outer one writes anything.
 */
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '../../../wire/etcd/kv-messages.ts'
import type { Lessor } from '../lease/lessor.ts'
import { compareHolds } from './compare.ts'
import { keyFromBytes, spanOf } from './key-bytes.ts'
import type { Version } from './key-history.ts'
import type { KeySpace } from './key-space.ts'
import { rangeOver, renderKeyValue } from './range.ts'
import { refused } from './refusals.ts'
import type { Transaction } from './transaction.ts'

export interface StoreState {
  readonly keys: KeySpace
  readonly lessor: Lessor
  readonly valueOf: (version: Version) => Uint8Array
  readonly header: (revision?: bigint) => ResponseHeader
}

export function range(state: StoreState, request: RangeRequest, within?: Transaction): RangeResponse {
  const current = within?.revision ?? state.keys.revision
  checkReadable(state, request.revision, current)
  const revision = request.revision > 0n && request.revision < current ? request.revision : undefined
  const { kvs, more, count } = rangeOver(state.keys, request, revision, state.valueOf)
  return { header: state.header(current), kvs, more, count: BigInt(count) }
}

export function put(state: StoreState, request: PutRequest, transaction: Transaction): PutResponse {
  const key = keyFromBytes(request.key)
  const before = state.keys.live(key)
  const prevKv = before !== undefined && request.prevKv ? renderKeyValue(before, state.valueOf(before)) : undefined
  const value = request.ignoreValue && before !== undefined ? state.valueOf(before) : request.value
  const lease = request.ignoreLease && before !== undefined ? before.lease : request.lease
  transaction.put(key, value, lease)
  const header = state.header(transaction.revision)
  return prevKv === undefined ? { header } : { header, prevKv }
}

export function deleteRange(state: StoreState, request: DeleteRangeRequest, transaction: Transaction): DeleteRangeResponse {
  const gone = transaction.delete(spanOf(request.key, request.rangeEnd))
  const prevKvs = request.prevKv ? gone.map(version => renderKeyValue(version, state.valueOf(version))) : []
  return { header: state.header(transaction.revision), deleted: BigInt(gone.length), prevKvs }
}

export function checkPutPossible(state: StoreState, request: PutRequest): void {
  if ((request.ignoreValue || request.ignoreLease) && state.keys.live(keyFromBytes(request.key)) === undefined) throw refused('keyNotFound')
  if (request.lease !== 0n && state.lessor.get(request.lease) === undefined) throw refused('leaseNotFound')
}

/** The branches a transaction takes, outer first, nested ones in the order they stand. */
type Path = Map<TxnRequest, boolean>

export function planTxn(state: StoreState, request: TxnRequest): Path {
  const path: Path = new Map()
  choose(state, request, path)
  checkPath(state, request, path)
  return path
}

function choose(state: StoreState, request: TxnRequest, path: Path): void {
  const succeeded = request.compare.every(compare => compareHolds(compare, state.keys, state.valueOf))
  path.set(request, succeeded)
  for (const { txn } of branch(request, succeeded)) if (txn !== undefined) choose(state, txn, path)
}

function checkPath(state: StoreState, request: TxnRequest, path: Path): void {
  for (const operation of branch(request, path.get(request) === true)) {
    if (operation.txn !== undefined) checkPath(state, operation.txn, path)
    else if (operation.put !== undefined) checkPutPossible(state, operation.put)
    else if (operation.range !== undefined) checkReadable(state, operation.range.revision, state.keys.revision)
  }
}

export function writesOnPath(request: TxnRequest, path: Path): boolean {
  return branch(request, path.get(request) === true).some(({ put: putting, deleteRange: deleting, txn }) => putting !== undefined || deleting !== undefined || (txn !== undefined && writesOnPath(txn, path)))
}

export function putsOnPath(request: TxnRequest, path: Path): boolean {
  return branch(request, path.get(request) === true).some(({ put: putting, txn }) => putting !== undefined || (txn !== undefined && putsOnPath(txn, path)))
}

export function runTxn(state: StoreState, request: TxnRequest, path: Path, transaction: Transaction): TxnResponse {
  const inside = { ...state, header: innerHeader }
  const succeeded = path.get(request) === true
  const responses = branch(request, succeeded).map(operation => run(inside, operation, path, transaction))
  return { header: state.header(transaction.revision), succeeded, responses }
}

/** What answers inside a transaction carry: etcd says there at which revision, and nothing of who answers. */
function innerHeader(revision = 0n): ResponseHeader {
  return { clusterId: 0n, memberId: 0n, revision, raftTerm: 0n }
}

function run(state: StoreState, operation: RequestOp, path: Path, transaction: Transaction): ResponseOp {
  if (operation.range !== undefined) return { range: range(state, operation.range, transaction) }
  if (operation.put !== undefined) return { put: put(state, operation.put, transaction) }
  if (operation.deleteRange !== undefined) return { deleteRange: deleteRange(state, operation.deleteRange, transaction) }
  if (operation.txn !== undefined) return { txn: { ...runTxn(state, operation.txn, path, transaction), header: innerHeader() } } // etcd leaves this one empty
  throw refused('keyNotFound')
}

function branch(request: TxnRequest, succeeded: boolean): readonly RequestOp[] {
  return succeeded ? request.success : request.failure
}

function checkReadable(state: StoreState, wanted: bigint, current: bigint): void {
  if (wanted > current) throw refused('futureRevision')
  if (wanted > 0n && wanted < state.keys.compacted) throw refused('compacted')
}
