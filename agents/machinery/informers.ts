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

type AnyInformer = Pick<Informer<KubernetesObject>, 'run' | 'synced' | 'state'>

interface Entry {
  readonly informer: AnyInformer
  readonly stop: AbortController
  /** Infinite once somebody has asked for it without holding it. */
  holders: number
}

/** An informer until this is disposed of. */
export interface HeldInformer<T extends KubernetesObject> extends Disposable {
  readonly informer: Informer<T>
}

export class Informers {
  readonly #options: InformersOptions
  readonly #informers = new Map<string, Entry>()
  #signal: AbortSignal | undefined

  constructor(options: InformersOptions) {
    this.#options = options
  }

  /** Metadata is taken from an informer of whole objects, if there is one already. Asked for after start, an informer starts at once. */
  for<T extends KubernetesObject>(type: ResourceType<T>, scope: InformerScope<T> = {}): Informer<T> {
    const { entry } = this.#find(type, scope)
    entry.holders = Infinity
    return entry.informer as unknown as Informer<T>
  }

  /** For a type that may stop being served: its informer stops and is forgotten when all who hold it have let go. */
  hold<T extends KubernetesObject>(type: ResourceType<T>, scope: InformerScope<T> = {}): HeldInformer<T> {
    const { id, entry } = this.#find(type, scope)
    entry.holders++
    return {
      informer: entry.informer as unknown as Informer<T>,
      [Symbol.dispose]: () => {
        if (--entry.holders > 0) return
        entry.stop.abort(new DOMException('no longer followed', 'AbortError'))
        this.#informers.delete(id)
      },
    }
  }

  /** They run until the signal aborts. A second start is harmless. */
  start(signal: AbortSignal): void {
    if (this.#signal !== undefined) return
    this.#signal = signal
    for (const entry of this.#informers.values()) this.#run(entry, signal)
  }

  async synced(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map(({ informer }) => informer.synced(signal)))
  }

  get states(): readonly InformerState[] {
    return [...this.#informers.values()].map(({ informer }) => informer.state)
  }

  #find<T extends KubernetesObject>(type: ResourceType<T>, scope: InformerScope<T>): { readonly id: string; readonly entry: Entry } {
    const wholeId = idOf(type, { ...scope, metadataOnly: false })
    const id = scope.metadataOnly === true && !this.#informers.has(wholeId) ? idOf(type, scope) : wholeId
    const known = this.#informers.get(id)
    if (known !== undefined) return { id, entry: known }
    const { metadataOnly, ...rest } = scope
    const informer = new Informer<T>({ ...this.#options, type, ...rest, ...(metadataOnly === true ? { metadataOnly, transform: onlyMetadata } : {}) })
    const entry = { informer: informer as unknown as AnyInformer, stop: new AbortController(), holders: 0 }
    this.#informers.set(id, entry)
    if (this.#signal !== undefined) this.#run(entry, this.#signal)
    return { id, entry }
  }

  #run({ informer, stop }: Entry, signal: AbortSignal): void {
    informer.run(AbortSignal.any([signal, stop.signal])).catch((error: unknown) => { this.#options.log.error('informer ended', { type: informer.state.type, error }) })
  }
}

function idOf<T extends KubernetesObject>(type: ResourceType<T>, scope: InformerScope<T>): string {
  return [type.group, type.version, type.resource, scope.namespace ?? '', scope.labelSelector ?? '', scope.fieldSelector ?? '', scope.metadataOnly === true ? 'metadata' : ''].join('|')
}

function onlyMetadata<T extends KubernetesObject>({ kind, apiVersion, metadata }: T): T {
  return { kind, apiVersion, metadata } as T
}
