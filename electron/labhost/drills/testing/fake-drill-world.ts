/** A lab of two nodes with one pod and one Service, for drills: it answers until a fault is injected, and writes down what is asked of it. */
import type { FaultState } from '../../../contract/faults.ts'
import type { FaultError } from '../fault-error.ts'
import type { DrillWorld } from '../running/drill-world.ts'

export class FakeDrillWorld implements DrillWorld {
  readonly nodes = [{ name: 'node-1', provider: 'namespace' }, { name: 'node-2', provider: 'namespace' }, { name: 'played-1', provider: 'simulated' }]
  readonly did: string[] = []
  /** What is broken; mended by healing and by `restart`. */
  readonly broken = new Set<string>()
  /** The next injection is refused with this. */
  refusal: FaultError | undefined
  /** A Service that answers nobody from the start. */
  neverAnswers = false
  pods = [{ metadata: { name: 'web-1', namespace: 'drill-mine', labels: { app: 'web' } }, spec: { nodeName: 'node-2' }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }]
  #namespaces = new Set<string>()
  #faults = 0

  async inject(order: Parameters<DrillWorld['inject']>[0]): Promise<FaultState> {
    if (this.refusal !== undefined) throw this.refusal
    const id = `fault-${++this.#faults}`
    const target = order.target as { readonly name: string }
    this.did.push(`inject ${order.kind} ${target.name}`)
    this.broken.add(id)
    await Promise.resolve()
    return { ...order, id, phase: 'active', startedAt: '', endsAt: null, healedAt: null, end: null, problem: null }
  }

  heal = async (id: string) => {
    this.did.push(`heal ${id}`)
    this.broken.delete(id)
    await Promise.resolve()
  }

  readonly api: DrillWorld['api'] = {
    get: async path => {
      await Promise.resolve()
      if (path.endsWith('/pods')) return { items: this.pods }
      if (path.includes('/events')) return { items: [{ type: 'Warning', reason: 'Killing', message: 'stopped', count: 2, lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, 12)).toISOString(), involvedObject: { kind: 'Pod', name: 'web-1' } }] }
      const namespace = /\/namespaces\/([^/]+)$/.exec(path)?.[1]
      if (namespace !== undefined && this.#namespaces.has(namespace)) return {}
      throw Object.assign(new Error('not found'), { code: 404 })
    },
    merge: (path, body) => this.#do(`merge ${path} ${JSON.stringify(body)}`),
    apply: async (object, namespace) => {
      if (object.kind === 'Namespace') this.#namespaces.add(object.metadata.name)
      await this.#do(`apply ${object.kind} ${object.metadata.name} in ${namespace}${object['data'] === undefined ? '' : ` ${JSON.stringify(object['data'])}`}`)
    },
    delete: async path => {
      this.#namespaces.delete(path.split('/').at(-1)!)
      await this.#do(`delete ${path}`)
    },
  }

  http = async (request: { readonly from: string }) => {
    await Promise.resolve()
    if (this.broken.size > 0 || this.neverAnswers) throw new Error(`${request.from} could not connect`)
    return { status: 200, body: 'pod: web-1' }
  }

  metrics = async () => {
    await Promise.resolve()
    return `broken ${this.broken.size}\n`
  }

  run = async (node: string, argv: readonly string[]) => {
    await this.#do(`run on ${node}: ${argv.join(' ')}`)
    return 'done'
  }

  restart = async (component: string) => {
    this.broken.clear()
    await this.#do(`restart ${component}`)
  }

  machine = (node: string, verb: string) => this.#do(`${verb} ${node}`)

  async #do(what: string): Promise<void> {
    this.did.push(what)
    await Promise.resolve()
  }
}
