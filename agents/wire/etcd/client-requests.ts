/** The client's words turned into etcd's messages, and etcd's answers back. */
import { EtcdError } from './etcd-error.ts'
import type {
  Compare, DeleteOptions, DeleteResult, KeyRange, KeyValue, Operation, OperationResult, PutOptions, PutResult, RangeOptions, RangeResult, TxnOptions, TxnResult,
} from './client.ts'
import {
  compareResults, compareTargets, sortOrders, sortTargets,
  type DeleteRangeRequest, type DeleteRangeResponse, type PutRequest, type PutResponse, type RangeRequest, type RangeResponse, type RequestOp, type ResponseOp,
  type TxnRequest, type TxnResponse, type WireCompare, type WireKeyValue,
} from './kv-messages.ts'
import { grpcCode } from '../grpc/grpc-error.ts'

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder()
const noBytes: Uint8Array = new Uint8Array(0)

/** A transaction names its key several times. */
let last: { readonly key: string; readonly bytes: Uint8Array } = { key: '', bytes: noBytes }

export function renderKey(key: string): Uint8Array {
  if (key !== last.key) last = { key, bytes: utf8.encode(key) }
  return last.bytes
}

export function readKey(key: Uint8Array): string {
  return fromUtf8.decode(key)
}

export function renderSpan({ key, end }: KeyRange): { key: Uint8Array; rangeEnd: Uint8Array } {
  return { key: renderKey(key), rangeEnd: end === undefined ? noBytes : renderKey(end) }
}

export function readKeyValue(kv: WireKeyValue): KeyValue {
  return { key: readKey(kv.key), value: kv.value, createRevision: kv.createRevision, modRevision: kv.modRevision, version: kv.version, lease: kv.lease }
}

export function renderRange(options: RangeOptions): RangeRequest {
  return {
    ...renderSpan(options),
    limit: BigInt(options.limit ?? 0),
    revision: options.revision ?? 0n,
    sortOrder: options.sort === undefined ? sortOrders.none : sortOrders[options.sort.order],
    sortTarget: options.sort === undefined ? sortTargets.key : sortTargets[options.sort.target],
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: options.minModRevision ?? 0n,
    maxModRevision: options.maxModRevision ?? 0n,
    minCreateRevision: options.minCreateRevision ?? 0n,
    maxCreateRevision: options.maxCreateRevision ?? 0n,
  }
}

export function readRange(response: RangeResponse): RangeResult {
  return { revision: response.header?.revision ?? 0n, kvs: response.kvs.map(readKeyValue), more: response.more, count: Number(response.count) }
}

export function renderPut(options: PutOptions): PutRequest {
  return {
    key: renderKey(options.key),
    value: options.value ?? noBytes,
    lease: options.lease ?? 0n,
    prevKv: options.prevKv ?? false,
    ignoreValue: options.ignoreValue ?? false,
    ignoreLease: options.ignoreLease ?? false,
  }
}

export function readPut(response: PutResponse): PutResult {
  const revision = response.header?.revision ?? 0n
  return response.prevKv === undefined ? { revision } : { revision, prevKv: readKeyValue(response.prevKv) }
}

export function renderDelete(options: DeleteOptions): DeleteRangeRequest {
  return { ...renderSpan(options), prevKv: options.prevKv ?? false }
}

export function readDelete(response: DeleteRangeResponse): DeleteResult {
  return { revision: response.header?.revision ?? 0n, deleted: Number(response.deleted), prevKvs: response.prevKvs.map(readKeyValue) }
}

export function renderTxn(options: TxnOptions): TxnRequest {
  return { compare: options.compare.map(renderCompare), success: options.success.map(renderOperation), failure: (options.failure ?? []).map(renderOperation) }
}

export function readTxn(response: TxnResponse): TxnResult {
  return { revision: response.header?.revision ?? 0n, succeeded: response.succeeded, results: response.responses.map(readOperation) }
}

const resultNumbers = { '=': compareResults.equal, '!=': compareResults.notEqual, '>': compareResults.greater, '<': compareResults.less } as const
const absent = { version: undefined, createRevision: undefined, modRevision: undefined, value: undefined, lease: undefined }

function renderCompare(compare: Compare): WireCompare {
  const common = { ...renderSpan(compare), ...absent, result: resultNumbers[compare.result], target: compareTargets[compare.target] }
  switch (compare.target) {
    case 'version': return { ...common, version: compare.operand }
    case 'create': return { ...common, createRevision: compare.operand }
    case 'mod': return { ...common, modRevision: compare.operand }
    case 'lease': return { ...common, lease: compare.operand }
    case 'value': return { ...common, value: compare.operand }
  }
}

function renderOperation(operation: Operation): RequestOp {
  switch (operation.kind) {
    case 'range': return { range: renderRange(operation) }
    case 'put': return { put: renderPut(operation) }
    case 'delete': return { deleteRange: renderDelete(operation) }
    case 'txn': return { txn: renderTxn(operation) }
  }
}

function readOperation(response: ResponseOp): OperationResult {
  if (response.range !== undefined) return { kind: 'range', ...readRange(response.range) }
  if (response.put !== undefined) return { kind: 'put', ...readPut(response.put) }
  if (response.deleteRange !== undefined) return { kind: 'delete', ...readDelete(response.deleteRange) }
  if (response.txn !== undefined) return { kind: 'txn', ...readTxn(response.txn) }
  throw new EtcdError(grpcCode.Internal, 'the answer to a transaction holds an operation of unknown kind')
}
