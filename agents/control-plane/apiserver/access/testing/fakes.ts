/** What the tests of access share: objects in memory, and a request without a connection. */
import type { ObjectReader } from '../../admission/admission.ts'
import { Exchange } from '../../http/exchange.ts'
import { readRequestInfo } from '../../http/request-info.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { Attributes } from '../authorizer.ts'
import type { UserInfo } from '../user-info.ts'

/** Objects by "resource/namespace/name"; they may be changed while a test runs. */
export class MemoryObjects implements ObjectReader {
  readonly #objects = new Map<string, KubeObject>()

  put(resource: string, object: Partial<KubeObject> & { metadata: KubeObject['metadata'] }): void {
    this.#objects.set(`${resource}/${object.metadata.namespace ?? ''}/${object.metadata.name!}`, { apiVersion: 'v1', kind: '', ...object })
  }

  remove(resource: string, namespace: string, name: string): void {
    this.#objects.delete(`${resource}/${namespace}/${name}`)
  }

  get({ resource }: { resource: string }, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${resource}/${namespace}/${name}`)
  }

  list({ resource }: { resource: string }): KubeObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object)
  }

  async getFresh(of: { resource: string }, namespace: string, name: string): Promise<KubeObject | undefined> {
    return this.get(of, namespace, name)
  }
}

/** Headers as [name, line] pairs, since a name may stand twice. */
export function fakeExchange(headers: readonly (readonly [string, string])[] = [], { method = 'GET', path = '/api/v1/pods', peer }: { method?: string; path?: string; peer?: object } = {}): Exchange {
  const joined: Record<string, string> = {}
  for (const [name, line] of headers) joined[name.toLowerCase()] = joined[name.toLowerCase()] === undefined ? line : `${joined[name.toLowerCase()]!}, ${line}`
  const query = new URLSearchParams()
  const request = { headers: joined, rawHeaders: headers.flat(), socket: peer ?? {} }
  return new Exchange({ request: request as never, response: {} as never, method, path, rawQuery: '', query, info: readRequestInfo(method, path, query), auditId: 'a', startedMs: 0 })
}

export function user(name: string, groups: readonly string[] = [], more: Partial<UserInfo> = {}): UserInfo {
  return { name, uid: '', groups, extra: {}, ...more }
}

export function asked(more: Partial<Attributes> & { user: UserInfo }): Attributes {
  return { verb: 'get', isResourceRequest: true, group: '', version: 'v1', resource: 'pods', subresource: '', namespace: '', name: '', path: '', fieldSelector: '', labelSelector: '', ...more }
}
