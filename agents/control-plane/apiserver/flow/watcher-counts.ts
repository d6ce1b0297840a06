/** How many watches are open on all, a namespace's, or one object of a resource. */
import type { Exchange } from '../http/exchange.ts'
import type { RequestInfo } from '../http/request-info.ts'

export class WatcherCounts {
  readonly #counts = new Map<string, number>()

  /** Counts an open watch until disposed of. Kubelets' watches of their own pods are not told of most changes, and not counted. */
  add({ info, query }: Exchange): Disposable {
    if (info.resource === 'pods' && /(^|,)spec\.nodeName==?[^,]/.test(query.get('fieldSelector') ?? '')) return { [Symbol.dispose]() {} }
    const key = keyOf(info, info.namespace, info.name)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    return {
      [Symbol.dispose]: () => {
        const left = this.#counts.get(key)! - 1
        if (left === 0) this.#counts.delete(key)
        else this.#counts.set(key, left)
      },
    }
  }

  interestedIn(info: RequestInfo): number {
    let count = this.#counts.get(keyOf(info, '', '')) ?? 0
    if (info.namespace !== '') count += this.#counts.get(keyOf(info, info.namespace, '')) ?? 0
    if (info.name !== '') count += this.#counts.get(keyOf(info, info.namespace, info.name)) ?? 0
    return count
  }
}

function keyOf(info: RequestInfo, namespace: string, name: string): string {
  return `${info.group}/${info.resource}/${namespace}/${name}`
}
