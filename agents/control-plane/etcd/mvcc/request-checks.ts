/**
 * What is wrong with a request by itself, before any state is looked at, in the order etcd finds it.
 * Upstream: server/etcdserver/api/v3rpc/key.go.
 *
 *   RC1  One transaction puts a key at most once and does not both put and delete it, in each of its branches with
 *        everything nested in them; the two branches of one transaction may, since only one of them runs.
 *   RC2  A transaction has at most `maxTxnOps` operations in its longest list, counted again for nested ones.
 */
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from '../../../wire/etcd/kv-messages.ts'
import { isInSpan, keyFromBytes, spanOf, type KeySpan } from './key-bytes.ts'
import { refused } from './refusals.ts'

export function checkRange(request: RangeRequest): void {
  if (request.key.length === 0) throw refused('emptyKey')
}

export function checkPut(request: PutRequest): void {
  if (request.key.length === 0) throw refused('emptyKey')
  if (request.ignoreValue && request.value.length !== 0) throw refused('valueProvided')
  if (request.ignoreLease && request.lease !== 0n) throw refused('leaseProvided')
}

export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw refused('emptyKey')
}

export function checkTxn(request: TxnRequest, maxTxnOps: number): void {
  checkOps(request, maxTxnOps)
  checkWrites(request.success)
  checkWrites(request.failure)
}

function checkOps(request: TxnRequest, maxTxnOps: number): void {
  const longest = Math.max(request.compare.length, request.success.length, request.failure.length)
  if (longest > maxTxnOps) throw refused('tooManyOps') // RC2
  if (request.compare.some(compare => compare.key.length === 0)) throw refused('emptyKey')
  for (const operation of [...request.success, ...request.failure]) {
    if (operation.range !== undefined) checkRange(operation.range)
    else if (operation.put !== undefined) checkPut(operation.put)
    else if (operation.deleteRange !== undefined) checkDeleteRange(operation.deleteRange)
    else if (operation.txn !== undefined) checkOps(operation.txn, maxTxnOps - longest)
    else throw refused('keyNotFound')
  }
}

interface Writes {
  readonly puts: Set<string>
  readonly deletes: KeySpan[]
}

/** Everything one branch may write; throws when it would write a key twice (RC1). */
function checkWrites(operations: readonly RequestOp[]): Writes {
  const puts = new Set<string>()
  const deletes = operations.flatMap(({ deleteRange }) => (deleteRange === undefined ? [] : [spanOf(deleteRange.key, deleteRange.rangeEnd)]))
  const isDeleted = (key: string): boolean => deletes.some(span => isInSpan(key, span))

  for (const { txn } of operations) {
    if (txn === undefined) continue
    const branches = [checkWrites(txn.success), checkWrites(txn.failure)]
    const branchPuts = new Set(branches.flatMap(branch => [...branch.puts]))
    const branchDeletes = branches.flatMap(branch => branch.deletes)
    for (const key of branchPuts) if (puts.has(key) || isDeleted(key)) throw refused('duplicateKey')
    for (const key of puts) if (branchDeletes.some(span => isInSpan(key, span))) throw refused('duplicateKey')
    for (const key of branchPuts) puts.add(key)
    deletes.push(...branchDeletes)
  }

  for (const { put } of operations) {
    if (put === undefined) continue
    const key = keyFromBytes(put.key)
    if (puts.has(key) || isDeleted(key)) throw refused('duplicateKey')
    puts.add(key)
  }
  return { puts, deletes }
}
