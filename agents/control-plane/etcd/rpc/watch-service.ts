/** etcdserverpb.Watch */
import { servicePaths } from '../../../wire/etcd/service-paths.ts'
import { watchRequestCodec, watchResponseCodec } from '../../../wire/etcd/watch-messages.ts'
import type { Store } from '../store.ts'
import type { Methods } from './methods.ts'

export function watchService(store: Store): Methods {
  return [
    [
      servicePaths.watch,
      {
        kind: 'stream',
        open(call) {
          const stream = store.watches.open({ send: response => call.send(watchResponseCodec.encode(response)) })
          return {
            request(message) { stream.request(watchRequestCodec.decode(message)) },
            finished() { call.end() },
            drained() { stream.drained() },
            closed() { stream.end() },
          }
        },
      },
    ],
  ]
}
