/** One watch of all pods that notes when each was asked for, bound and running: the times that a benchmark of scheduling is made of. */
import { setTimeout as pause } from 'node:timers/promises'
import type { RawApi, RawWatch } from '../integration/raw-api.ts'

interface Times {
  askedAt: number
  boundAt: number
  runningAt: number
}

interface SeenPod {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly nodeName?: string }
  readonly status: { readonly phase?: string }
}

const connections = 32

export class PodClock implements Disposable {
  readonly #api: RawApi
  readonly #watch: RawWatch
  readonly #pods = new Map<string, Times>()
  #read = 0

  private constructor(api: RawApi, watch: RawWatch) {
    this.#api = api
    this.#watch = watch
  }

  static async start(api: RawApi): Promise<PodClock> {
    return new PodClock(api, await api.watch('/api/v1/pods?watch=true&timeoutSeconds=3600'))
  }

  /** Asks for them over some connections at once; every one must be made. */
  async create(pods: readonly object[], namespace: string): Promise<void> {
    let next = 0
    await Promise.all(Array.from({ length: connections }, async () => {
      for (let index = next++; index < pods.length; index = next++) {
        const pod = pods[index] as { metadata: { name: string } }
        this.#pods.set(`${namespace}/${pod.metadata.name}`, { askedAt: performance.now(), boundAt: 0, runningAt: 0 })
        const { status, text } = await this.#api.call('POST', `/api/v1/namespaces/${namespace}/pods`, pod)
        if (status !== 201) throw new Error(`POST pod: ${status} ${text}`)
      }
    }))
  }

  /** Until `count` pods of the namespace whose names begin so are bound (and running); false when nothing moved for a minute. */
  async until(count: number, namespace: string, prefix: string, of: 'boundAt' | 'runningAt'): Promise<boolean> {
    let [best, since] = [-1, performance.now()]
    for (;;) {
      this.#drain()
      const done = this.times(namespace, prefix).filter(times => times[of] > 0).length
      if (done >= count) return true
      if (done > best) [best, since] = [done, performance.now()]
      if (performance.now() - since > 60_000) return false
      await pause(20)
    }
  }

  times(namespace: string, prefix: string): Times[] {
    return [...this.#pods].filter(([key]) => key.startsWith(`${namespace}/${prefix}`)).map(([, times]) => times)
  }

  async untilGone(namespace: string): Promise<void> {
    for (const until = performance.now() + 600_000; performance.now() < until; await pause(100)) {
      const { json } = await this.#api.call('GET', `/api/v1/namespaces/${namespace}/pods?limit=1`)
      if ((json as { items: unknown[] }).items.length === 0) return
    }
    throw new Error(`the pods of ${namespace} did not go within 600 s`)
  }

  [Symbol.dispose](): void {
    this.#watch.stop()
  }

  #drain(): void {
    const { events } = this.#watch
    const now = performance.now()
    for (; this.#read < events.length; this.#read++) {
      const { type, object } = events[this.#read]! as { type: string; object: SeenPod }
      if (type !== 'ADDED' && type !== 'MODIFIED') continue
      const times = this.#pods.get(`${object.metadata.namespace}/${object.metadata.name}`)
      if (times === undefined) continue
      if (times.boundAt === 0 && (object.spec.nodeName ?? '') !== '') times.boundAt = now
      if (times.runningAt === 0 && object.status.phase === 'Running') times.runningAt = now
    }
    events.length = 0
    this.#read = 0
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
