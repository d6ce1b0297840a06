/** etcdserverpb.KV */
import {
  compactionRequestCodec, deleteRangeRequestCodec, deleteRangeResponseCodec, headerOnlyCodec, putRequestCodec, putResponseCodec, rangeRequestCodec,
  rangeResponseCodec, txnRequestCodec, txnResponseCodec,
} from '../../../wire/etcd/kv-messages.ts'
import { servicePaths } from '../../../wire/etcd/service-paths.ts'
import type { Store } from '../store.ts'
import { afterDurable, unary, type Methods } from './methods.ts'

export function kvService(store: Store): Methods {
  return [
    [servicePaths.range, unary(rangeRequestCodec, rangeResponseCodec, request => afterDurable(store, () => store.range(request)))],
    [servicePaths.put, unary(putRequestCodec, putResponseCodec, request => afterDurable(store, () => store.put(request)))],
    [servicePaths.deleteRange, unary(deleteRangeRequestCodec, deleteRangeResponseCodec, request => afterDurable(store, () => store.deleteRange(request)))],
    [servicePaths.txn, unary(txnRequestCodec, txnResponseCodec, request => afterDurable(store, () => store.txn(request)))],
    [servicePaths.compact, unary(compactionRequestCodec, headerOnlyCodec, request => afterDurable(store, () => store.compact(request)))],
  ]
}
