/**
 * Everything of one resource, then its changes, for ever: list, watch from there, list again when the server has
 * forgotten where we were, `lost` while it cannot be reached.
 */
import { backoffMs } from '../../../agents/base/backoff.ts'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { PlainObject, ResourceAddress } from '../../contract/resources.ts'
import type { ApiClient, ApiObject } from './api-client.ts'
import { resourcePath } from './resource-path.ts'

/** First `replaced` with everything, then changes; `lost` while the API server cannot be reached, then `replaced` again. */
export type ResourceChange =
  | { readonly type: 'replaced'; readonly objects: readonly PlainObject[] }
  | { readonly type: 'changed'; readonly object: PlainObject }
  | { readonly type: 'removed'; readonly uid: string }
  | { readonly type: 'lost'; readonly reason: string }

interface ListBody {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly ApiObject[] | null
}

const pauses = { firstMs: 200, maxMs: 3_000 } as const

export async function* followResources(client: () => ApiClient | undefined, of: ResourceAddress, namespace: string | null, clock: Clock, signal: AbortSignal, selectors: Readonly<Record<string, string>> = {}): AsyncGenerator<ResourceChange> {
  let failures = 0
  while (!signal.aborted) {
    try {
      const api = client()
      if (api === undefined) throw new Error('the API server is not running')
      const path = resourcePath(of, namespace)
      const list = (await api.get(`${path}?${new URLSearchParams(selectors).toString()}`, AbortSignal.any([signal, AbortSignal.timeout(15_000)]))) as ListBody
      const kind = list.kind.replace(/List$/, '')
      const whole = (object: ApiObject): PlainObject => ({ ...object, apiVersion: list.apiVersion, kind })
      yield { type: 'replaced', objects: (list.items ?? []).map(whole) }
      failures = 0
      yield* changes(api, path, selectors, list.metadata.resourceVersion, whole, signal)
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      if (failures > 0) yield { type: 'lost', reason: errorText(error) }
    }
    if (failures > 0) await sleep(clock, backoffMs(pauses, failures), signal).catch(() => {})
  }
}

/** Watches until the server forgets the version (410) or the connection is lost, resuming in between. */
async function* changes(api: ApiClient, path: string, selectors: Readonly<Record<string, string>>, from: string, whole: (object: ApiObject) => PlainObject, signal: AbortSignal): AsyncGenerator<ResourceChange> {
  let version = from
  for (;;) {
    const query = new URLSearchParams({ ...selectors, watch: 'true', resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds: '600' })
    for await (const event of api.watch(`${path}?${query.toString()}`, signal)) {
      version = event.object.metadata.resourceVersion
      if (event.type === 'BOOKMARK') continue
      yield event.type === 'DELETED' ? { type: 'removed', uid: event.object.metadata.uid } : { type: 'changed', object: whole(event.object) }
    }
    if (signal.aborted) return
  }
}
