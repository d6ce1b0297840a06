/** The lab as a running drill sees it: faults to inject and heal, things to look at, things to change. */
import type { FaultState, FaultTarget, FaultValues } from '../../../contract/faults.ts'
import type { PlainManifest } from '../drill.ts'

export interface DrillWorld {
  /** Nodes of the lab that have a machine, or are simulated. */
  readonly nodes: readonly { readonly name: string; readonly provider: string }[]
  inject(order: { readonly kind: string; readonly target: FaultTarget; readonly parameters: FaultValues; readonly durationMs: number | null }): Promise<FaultState>
  /** Healing that fails is tried again by the lab; this returns all the same. */
  heal(id: string): Promise<void>
  readonly api: {
    get(path: string, signal?: AbortSignal): Promise<unknown>
    merge(path: string, body: unknown): Promise<unknown>
    /** Server-side apply, by force; the object's kind is looked up. */
    apply(object: PlainManifest, namespace: string): Promise<void>
    delete(path: string, body: unknown): Promise<unknown>
  }
  /** One GET on a connection of its own, from the node to the Service's address. Throws what a client would say. */
  http(request: { readonly from: string; readonly namespace: string; readonly service: string; readonly port: number; readonly path: string }, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }>
  /** The component's /metrics. */
  metrics(component: string, signal: AbortSignal): Promise<string>
  /** Gives what it printed and throws when it fails. */
  run(node: string, argv: readonly string[], timeoutMs: number): Promise<string>
  restart(component: string): Promise<void>
  machine(node: string, verb: 'start' | 'reset'): Promise<void>
}
