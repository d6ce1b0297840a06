/** One informer a type (and scope), shared by all who ask. */
import type { KubernetesObject, ResourceType } from '../api/resources.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Client } from './client.ts'
import type { InformerState } from './informer.ts'
import { Informer } from './informer.ts'

export interface InformerScope<T extends KubernetesObject> {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Objects hold kind, apiVersion and metadata only: for whoever follows many types. */
  readonly metadataOnly?: boolean
  /** Only the first asker's counts. */
  readonly transform?: (object: T) => T
}

export interface InformersOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
}

export class Informers {
  readonly #options: InformersOptions
  readonly #informers = new Map<string, { readonly informer: { run(signal: AbortSignal): Promise<void>; synced(signal: AbortSignal): Promise<void>; readonly state: InformerState } }>()
  #signal: AbortSignal | undefined

  constructor(options: InformersOptions) {
    this.#options = options
  }

  /** Asked for after start, an informer starts at once. */
  for<T extends KubernetesObject>(type: ResourceType<T>, scope: InformerScope<T> = {}): Informer<T> {
    const id = [type.group, type.version, type.resource, scope.namespace ?? '', scope.labelSelector ?? '', scope.fieldSelector ?? '', scope.metadataOnly === true ? 'metadata' : ''].join('|')
    const known = this.#informers.get(id)
    if (known !== undefined) return known.informer as unknown as Informer<T>
    const { metadataOnly, ...rest } = scope
    const informer = new Informer<T>({ ...this.#options, type, ...rest, ...(metadataOnly === true ? { metadataOnly, transform: onlyMetadata } : {}) })
    this.#informers.set(id, { informer })
    if (this.#signal !== undefined) this.#run(informer, this.#signal)
    return informer
  }

  /** They run until the signal aborts. A second start is harmless. */
  start(signal: AbortSignal): void {
    if (this.#signal !== undefined) return
    this.#signal = signal
    for (const { informer } of this.#informers.values()) this.#run(informer, signal)
  }

  async synced(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map(({ informer }) => informer.synced(signal)))
  }

  get states(): readonly InformerState[] {
    return [...this.#informers.values()].map(({ informer }) => informer.state)
  }

  #run(informer: { run(signal: AbortSignal): Promise<void>; readonly state: InformerState }, signal: AbortSignal): void {
    informer.run(signal).catch((error: unknown) => { this.#options.log.error('informer ended', { type: informer.state.type, error }) })
  }
}

function onlyMetadata<T extends KubernetesObject>({ kind, apiVersion, metadata }: T): T {
  return { kind, apiVersion, metadata } as T
}
