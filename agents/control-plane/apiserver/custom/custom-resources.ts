/**
 * Serves what the definitions say, by watching them: several servers over one store agree, whoever was written to.
 *
 *   CR1  A definition is served as soon as its names are accepted, with the objects that the store already holds.
 *   CR2  When it changes, its objects are read anew by the new schemas; until that is done the old ones answer, then their
 *        watches end.
 *   CR3  Changes of one definition are followed in order; those of different ones do not wait for one another.
 *   CR4  When it goes, its resources go with it: 404, and the watches end.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { CustomResourceDefinition } from '../../../api/groups/apiextensions-v1/types.ts'
import type { CompiledSchema } from '../../../api/structural/compile-schema.ts'
import { listAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { ResourceTable } from '../registry/resource-table.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { CachedObject, ResourceCache } from '../watch-cache/resource-cache.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import type { ConversionMetrics } from './conversion-metrics.ts'
import { webhookConversion } from './conversion-review.ts'
import { conditionOf, definitionsResource, isServed, withKnownSpec } from './definition.ts'
import type { PublishedVersion } from './publish-open-api.ts'
import { compileSchemas, serveVersions } from './serve-definition.ts'
import type { ServedVersion } from './serve-definition.ts'
import { cacheSpecOfDefinition } from './stored-objects.ts'

export interface CustomResourcesDeps {
  readonly cache: WatchCache
  readonly table: ResourceTable
  readonly webhooks: Pick<WebhookClients, 'clientFor'>
  readonly metrics: ConversionMetrics
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

interface Served {
  readonly definition: CustomResourceDefinition
  readonly schemas: ReadonlyMap<string, CompiledSchema>
  readonly cache: ResourceCache
  readonly versions: readonly ServedVersion[]
  readonly compileMs: number
}

export type DefinitionListener = (definition: CustomResourceDefinition, isGone: boolean) => void

const justEstablishedMs = 2_000

export class CustomResources {
  readonly #deps: CustomResourcesDeps
  readonly #definitions: ResourceCache
  readonly #served = new Map<string, Served>()
  readonly #turns = new Map<string, Promise<void>>()
  readonly #listeners: DefinitionListener[] = []
  readonly #decoded = new WeakMap<CachedObject, CustomResourceDefinition>()
  /** By name: each definition as it was decoded last. */
  readonly #newest = new Map<string, CustomResourceDefinition>()

  /** To be made before the cache is started, so that no definition is missed. */
  constructor(deps: CustomResourcesDeps) {
    this.#deps = deps
    this.#definitions = deps.table.stored(definitionsResource)!.cache
    deps.cache.onLoad(this.#definitions, objects => {
      const present = new Set(objects.map(object => object.key))
      for (const [name, { definition }] of this.#served) if (!present.has(name)) this.#follow(definition, true)
      for (const object of objects) this.#follow(this.#definitionIn(object), false)
    })
    deps.cache.onChange(this.#definitions, event => {
      this.#follow(this.#definitionIn(event.object), event.deleted)
      if (event.deleted) this.#newest.delete(event.object.key)
    })
  }

  /** Tells of every definition that comes, changes or goes, after it is served. */
  onDefinition(listener: DefinitionListener): void {
    this.#listeners.push(listener)
  }

  /** All definitions, as this server knows them. */
  definitions(): readonly CustomResourceDefinition[] {
    return this.#definitions.list().map(object => this.#definitionIn(object))
  }

  definition(name: string): CustomResourceDefinition | undefined {
    const found = this.#definitions.get(name)
    return found === undefined ? undefined : this.#definitionIn(found)
  }

  /** Resolves when everything that was known so far is served. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#turns.values())
  }

  /** The versions that discovery shows. */
  published(): readonly PublishedVersion[] {
    return [...this.#served.values()].flatMap(({ definition, versions }) => versions.flatMap(({ version, row }) => (version.served && row !== undefined ? [{ definition, version, row }] : [])))
  }

  /** The objects as they are stored: for deleting them, whatever their version. */
  rawResource(name: string): ServedResource | undefined {
    const served = this.#served.get(name)
    const resource = served?.versions.find(({ version }) => version.storage)?.resource
    if (resource?.custom === undefined) return undefined
    const { conversion: _none, ...custom } = resource.custom
    return { ...resource, custom }
  }

  inspect(): readonly object[] {
    return this.definitions().map(definition => {
      const served = this.#served.get(definition.metadata.name)
      return {
        name: definition.metadata.name,
        scope: definition.spec.scope,
        conversion: definition.spec.conversion?.strategy ?? 'None',
        conditions: Object.fromEntries((definition.status.conditions ?? []).map(({ type, status, reason, message }) => [type, { status, reason, message }])),
        versions: definition.spec.versions.map(version => ({ name: version.name, served: version.served, stored: version.storage, deprecated: version.deprecated === true, subresources: Object.keys(version.subresources ?? {}) })),
        storedVersions: definition.status.storedVersions ?? [],
        isServed: served !== undefined,
        ...(served === undefined ? {} : { objects: served.cache.size, watchers: served.cache.watchers.size, schemaCompileMs: Math.round(served.compileMs * 100) / 100 }),
      }
    })
  }

  /** CR3 */
  #follow(definition: CustomResourceDefinition, isGone: boolean): void {
    const { name } = definition.metadata
    const waiting = this.#turns.get(name)
    const finished = waiting === undefined ? this.#change(definition, isGone) : waiting.then(() => this.#change(definition, isGone))
    if (finished === undefined) return
    const turn = finished.catch((error: unknown) => {
      this.#deps.log.error('custom resource could not be served', { definition: name, error: errorText(error) })
    }).then(() => {
      if (this.#turns.get(name) === turn) this.#turns.delete(name)
    })
    this.#turns.set(name, turn)
  }

  /** Synchronous where nothing has to be read (CR1), so that a cache that has loaded has its custom resources too. */
  #change(definition: CustomResourceDefinition, isGone: boolean): Promise<void> | undefined {
    const { name } = definition.metadata
    const known = this.#served.get(name)
    if (isGone || !isServed(definition)) {
      if (known !== undefined) this.#withdraw(name, known)
      this.#tell(definition, isGone)
      return undefined
    }
    if (known === undefined) {
      this.#serve(definition, this.#compiled(definition), spec => this.#deps.cache.resource(spec))
      this.#tell(definition, false)
      return undefined
    }
    if (known.definition.spec === definition.spec) {
      this.#publish(name, { ...known, definition, versions: this.#versionsOf(definition, known.schemas, known.cache) })
      this.#tell(definition, false)
      return undefined
    }
    return this.#redefine(definition, known)
  }

  /** CR2 */
  async #redefine(definition: CustomResourceDefinition, known: Served): Promise<void> {
    const compiled = this.#compiled(definition)
    const cache = await this.#deps.cache.redefine(known.cache, cacheSpecOfDefinition(definition, compiled.schemas))
    this.#serve(definition, compiled, () => cache)
    this.#tell(definition, false)
  }

  #compiled(definition: CustomResourceDefinition): { schemas: ReadonlyMap<string, CompiledSchema>; compileMs: number } {
    const from = this.#deps.clock.monotonic()
    const schemas = compileSchemas(definition)
    return { schemas, compileMs: this.#deps.clock.monotonic() - from }
  }

  #serve(definition: CustomResourceDefinition, { schemas, compileMs }: { schemas: ReadonlyMap<string, CompiledSchema>; compileMs: number }, cacheOf: (spec: ReturnType<typeof cacheSpecOfDefinition>) => ResourceCache): void {
    const cache = cacheOf(cacheSpecOfDefinition(definition, schemas))
    this.#publish(definition.metadata.name, { definition, schemas, compileMs, cache, versions: this.#versionsOf(definition, schemas, cache) })
  }

  #versionsOf(definition: CustomResourceDefinition, schemas: ReadonlyMap<string, CompiledSchema>, cache: ResourceCache): readonly ServedVersion[] {
    const { conversion } = definition.spec
    const { webhooks, metrics, clock, signal } = this.#deps
    const config = conversion?.strategy === 'Webhook' ? conversion.webhook?.clientConfig : undefined
    const webhook = config === undefined ? undefined : webhookConversion(definition, { client: () => webhooks.clientFor(config), metrics, clock, signal })
    return serveVersions(definition, { schemas, cache, webhook, settled: () => this.#settled(definition) })
  }

  #publish(name: string, next: Served): void {
    const { table } = this.#deps
    const before = this.#served.get(name)
    this.#served.set(name, next)
    for (const { resource, row, version } of next.versions) {
      if (version.storage) table.setStored(resource)
      if (version.served) table.add(resource, row)
    }
    const { group, names } = next.definition.spec
    for (const { version } of before?.versions ?? []) {
      if (!next.versions.some(other => other.version.name === version.name && other.version.served)) table.remove(group, version.name, names.plural)
    }
  }

  /** CR4 */
  #withdraw(name: string, known: Served): void {
    const { table, cache } = this.#deps
    const { group, names } = known.definition.spec
    this.#served.delete(name)
    for (const { version } of known.versions) table.remove(group, version.name, names.plural)
    table.forgetStored({ group, resource: names.plural })
    cache.drop(known.cache)
  }

  /** Decoded once; nobody changes it. */
  #definitionIn(object: CachedObject): CustomResourceDefinition {
    let definition = this.#decoded.get(object)
    if (definition === undefined) {
      definition = withKnownSpec(decodeServed(object.bytes) as unknown as CustomResourceDefinition, this.#newest.get(object.key))
      this.#decoded.set(object, definition)
      this.#newest.set(object.key, definition)
    }
    return definition
  }

  #tell(definition: CustomResourceDefinition, isGone: boolean): void {
    for (const listener of this.#listeners) listener(definition, isGone)
  }

  /** With several servers, one that has only just learned of a definition gives the others the time to. */
  async #settled(definition: CustomResourceDefinition): Promise<void> {
    const since = conditionOf(definition, 'Established')?.lastTransitionTime
    if (since === undefined) return
    const age = this.#deps.clock.now() - Date.parse(since)
    if (age >= justEstablishedMs || age < 0 || this.#servers() < 2) return
    await sleep(this.#deps.clock, justEstablishedMs, this.#deps.signal)
  }

  #servers(): number {
    const endpoints: KubeObject | undefined = this.#deps.table.get({ group: '', resource: 'endpoints' }, 'default', 'kubernetes')
    return listAt(endpoints, 'subsets').reduce<number>((count, subset) => count + listAt(subset, 'addresses').length, 0)
  }
}


