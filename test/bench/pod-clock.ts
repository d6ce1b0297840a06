/**
 * One watch of all pods that notes when each was asked for, bound and running: the times that a benchmark of scheduling is made of.
 * It shares the processors with what is measured, so it reads of an event only what it needs: where the pod is and how far.
 */
import { request, type RequestOptions } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import type { ControlPlane } from '../integration/control-plane.ts'
import type { RawApi } from '../integration/raw-api.ts'
import { accessOf, Connection, renderRequest } from './kept-connection.ts'

interface Times {
  askedAt: number
  boundAt: number
  runningAt: number
}

/** Pods of these namespaces whose names begin so. */
interface Group {
  readonly count: number
  readonly namespace: string
  readonly prefix: string
  readonly of: 'boundAt' | 'runningAt'
}

const connections = 32
const namespaceIn = /"namespace":"([^"]+)"/
const namesIn = /"name":"([^"]+)"/g

export class PodClock implements Disposable {
  readonly #api: RawApi
  readonly #connections: readonly Connection[]
  readonly #port: number
  readonly #pods = new Map<string, Times>()
  #stop: () => void = () => {}
  #rest = ''

  private constructor(api: RawApi, port: number, opened: readonly Connection[]) {
    this.#api = api
    this.#port = port
    this.#connections = opened
  }

  static async start({ api, plane }: { readonly api: RawApi; readonly plane: Pick<ControlPlane, 'server' | 'ca' | 'admin'> }): Promise<PodClock> {
    const access = accessOf(plane)
    const clock = new PodClock(api, access.port, await Promise.all(Array.from({ length: connections }, () => Connection.open(access))))
    await clock.#follow({ ...access, path: '/api/v1/pods?watch=true&timeoutSeconds=3600', agent: false })
    return clock
  }

  /** Asks for them over some connections at once; every one must be made. */
  async create(pods: readonly object[], namespace: string): Promise<void> {
    let next = 0
    await Promise.all(this.#connections.map(async connection => {
      for (let index = next++; index < pods.length; index = next++) {
        const pod = pods[index] as { metadata: { name: string } }
        const text = renderRequest({ port: this.#port }, { method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body: JSON.stringify(pod) })
        this.#pods.set(`${namespace}/${pod.metadata.name}`, { askedAt: performance.now(), boundAt: 0, runningAt: 0 })
        const { status } = await connection.ask(text)
        if (status !== 201) throw new Error(`POST pod ${namespace}/${pod.metadata.name}: ${status}`)
      }
    }))
  }

  /** Until `count` pods of the namespace whose names begin so are bound (and running); false when nothing moved for a minute. */
  async until(group: Group): Promise<boolean> {
    let [best, since] = [-1, performance.now()]
    for (;;) {
      const done = this.times(group).filter(times => times[group.of] > 0).length
      if (done >= group.count) return true
      if (done > best) [best, since] = [done, performance.now()]
      if (performance.now() - since > 60_000) return false
      await pause(50)
    }
  }

  times({ namespace, prefix }: Pick<Group, 'namespace' | 'prefix'>): Times[] {
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
    this.#stop()
    for (const connection of this.#connections) connection.close()
  }

  #follow(options: RequestOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const asked = request(options, response => {
        if (response.statusCode !== 200) reject(new Error(`the watch of pods was answered with ${response.statusCode}`))
        response.setEncoding('latin1')
        response.on('data', (chunk: string) => { this.#read(chunk) })
        response.on('error', () => {}) // stopped
        resolve()
      })
      this.#stop = () => { asked.destroy() }
      asked.on('error', reject)
      asked.end()
    })
  }

  #read(chunk: string): void {
    const now = performance.now()
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#note(line, now)
  }

  #note(line: string, now: number): void {
    if (line.startsWith('{"type":"DELETED"')) return
    const namespace = namespaceIn.exec(line)?.[1] ?? ''
    let times: Times | undefined
    for (const [, name] of line.matchAll(namesIn)) if ((times = this.#pods.get(`${namespace}/${name}`)) !== undefined) break // its containers have names as well
    if (times === undefined) return
    if (times.boundAt === 0 && line.includes('"nodeName":"')) times.boundAt = now
    if (times.runningAt === 0 && line.includes('"phase":"Running"')) times.runningAt = now
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
