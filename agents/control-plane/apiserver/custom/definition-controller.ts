/**
 * Keeps the status of every definition (definition-status.ts), and empties a definition that is being deleted.
 * Upstream: apiextensions-apiserver/pkg/controller/{status,establish,finalizer}.
 *
 *   DC1  Definitions of one group are looked at one after the other, since their names are one pool; a write that lost a race
 *        is thought through again from what is there.
 *   DC2  Deleting: all instances are deleted as they are stored, without any conversion; then it waits until they are gone,
 *        and takes its finalizer away. A failure is told in the Terminating condition and tried again.
 *   DC3  A definition that was never established has no instances.
 *   DC4  A large schema is looked through in turns, before anybody has to know at once whether it is structural.
 */
import { backoffMs } from '../../../base/backoff.ts'
import type { Clock } from '../../../base/clock.ts'
import { sleep, timeText } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import { isStructuralSteps } from '../../../api/structural/structurality.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../../api/groups/apiextensions-v1/types.ts'
import { serverItself } from '../access/user-info.ts'
import { ApiError } from '../http/api-error.ts'
import { inTurns } from '../registry/heavy-work.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { ObjectWriter, WriteHooks } from '../registry/object-writer.ts'
import type { ResourceTable } from '../registry/resource-table.ts'
import { nameOfKey, namespaceOfKey } from '../registry/served-resource.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { WriteContext } from '../registry/write-context.ts'
import type { CustomResources } from './custom-resources.ts'
import { cleanupFinalizer, definitionsResource, isTrue, withCondition, withKnownSpec } from './definition.ts'
import { nextStatus, withConditions } from './definition-status.ts'

export interface DefinitionControllerDeps {
  readonly resources: CustomResources
  readonly table: ResourceTable
  readonly writer: ObjectWriter
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const retry = { firstMs: 50, maxMs: 5_000 }
const emptyWithinMs = 60_000
const pollMs = 200

/** DELETE of a definition first of all makes sure that its instances will be deleted. */
export const definitionHooks: WriteHooks = {
  beforeDelete(stored, nowMs) {
    if (stored.metadata.deletionTimestamp !== undefined) return stored
    const definition = stored as unknown as CustomResourceDefinition
    const finalizers = stored.metadata.finalizers ?? []
    const conditions = withCondition(definition.status.conditions ?? [], { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon' }, timeText(nowMs))
    return { ...stored, metadata: { ...stored.metadata, finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer] }, status: { ...definition.status, conditions } }
  },
}

export class DefinitionController {
  readonly #deps: DefinitionControllerDeps
  readonly #waiting = new Map<string, number>()
  readonly #emptying = new Set<string>()
  #isWorking = false

  constructor(deps: DefinitionControllerDeps) {
    this.#deps = deps
    deps.resources.onDefinition((definition, isGone) => {
      this.#wake(definition.metadata.name)
      if (isGone || definition.status.acceptedNames !== undefined) this.#wakeGroup(definition) // names may have become free
    })
  }

  /** Looks at everything that is there. */
  start(): void {
    for (const definition of this.#deps.resources.definitions()) this.#wake(definition.metadata.name)
  }

  #wakeGroup(changed: CustomResourceDefinition): void {
    for (const definition of this.#deps.resources.definitions()) {
      if (definition.spec.group === changed.spec.group && definition.metadata.name !== changed.metadata.name && !isTrue(definition, 'NamesAccepted')) this.#wake(definition.metadata.name)
    }
  }

  #wake(name: string, failures = 0): void {
    this.#waiting.set(name, failures)
    if (this.#isWorking || this.#deps.signal.aborted) return
    this.#isWorking = true
    void this.#work()
  }

  /** DC1. Nobody can be woken between the last look at who waits and the end. */
  async #work(): Promise<void> {
    await Promise.resolve()
    for (let next = this.#waiting.entries().next(); next.done !== true && !this.#deps.signal.aborted; next = this.#waiting.entries().next()) {
      const [name, failures] = next.value
      this.#waiting.delete(name)
      await this.#settle(name).catch((error: unknown) => {
        if (!this.#deps.signal.aborted) this.#later(name, failures + 1, error)
      })
    }
    this.#isWorking = false
  }

  #later(name: string, failures: number, error: unknown): void {
    this.#deps.log.debug('definition could not be settled yet', { definition: name, error: errorText(error) })
    this.#deps.clock.after(backoffMs(retry, failures), () => {
      this.#wake(name, failures)
    })
  }

  async #settle(name: string): Promise<void> {
    const definition = this.#deps.resources.definition(name)
    if (definition === undefined) return
    for (const { schema } of definition.spec.versions) if (schema?.openAPIV3Schema !== undefined) await inTurns(isStructuralSteps(schema.openAPIV3Schema)) // DC4
    const status = nextStatus(definition, this.#othersOf(definition), timeText(this.#deps.clock.now()))
    if (status !== undefined) await this.#write(name, current => nextStatus(current, this.#othersOf(current), timeText(this.#deps.clock.now())))
    if (definition.metadata.deletionTimestamp !== undefined && definition.metadata.finalizers?.includes(cleanupFinalizer) === true && !this.#emptying.has(name)) {
      this.#emptying.add(name)
      this.#empty(definition).catch((error: unknown) => {
        this.#later(name, 5, error)
      }).finally(() => {
        this.#emptying.delete(name)
      })
    }
  }

  #othersOf(definition: CustomResourceDefinition): CustomResourceDefinition[] {
    return this.#deps.resources.definitions().filter(other => other.spec.group === definition.spec.group && other.metadata.name !== definition.metadata.name)
  }

  /** next: what to write over what is there now; undefined leaves it. */
  async #write(name: string, next: (current: CustomResourceDefinition) => CustomResourceDefinitionStatus | undefined, finalizers?: (old: readonly string[]) => string[]): Promise<void> {
    const resource = this.#deps.table.stored(definitionsResource)!
    const transform = (object: KubeObject | undefined) => {
      const status = next(withKnownSpec(object as unknown as CustomResourceDefinition, this.#deps.resources.definition(name)))
      const changed = status === undefined ? object! : { ...object!, status }
      return finalizers === undefined ? changed : { ...changed, metadata: { ...changed.metadata, finalizers: finalizers(changed.metadata.finalizers ?? []) } }
    }
    try {
      await this.#deps.writer.update({ resource, namespace: '', name }, transform, this.#context(), { subresource: 'status', rules: finalizers === undefined ? 'status' : 'custom', allowsUnconditional: true })
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
    }
  }

  #context(): WriteContext {
    return { user: serverItself, dryRun: false, manager: 'kube-apiserver', signal: this.#deps.signal, warn() {}, mark() {} }
  }

  /** DC2 */
  async #empty(definition: CustomResourceDefinition): Promise<void> {
    const { name } = definition.metadata
    await this.#say(name, 'True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
    if (isTrue(definition, 'Established')) await this.#deleteInstances(name)
    else await this.#say(name, 'False', 'NeverEstablished', 'resource was never established') // DC3
    await this.#write(name, current => (isTrue(definition, 'Established') ? withConditions(current, timeText(this.#deps.clock.now()), { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }) : undefined), old => old.filter(finalizer => finalizer !== cleanupFinalizer))
  }

  async #deleteInstances(name: string): Promise<void> {
    const resource = this.#deps.resources.rawResource(name)
    if (resource === undefined) return
    const failures = await this.#deleteAll(resource)
    if (failures.length > 0) {
      await this.#say(name, 'True', 'InstanceDeletionFailed', `could not issue all deletes: ${failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`}`)
      throw new Error(failures[0])
    }
    for (const until = this.#deps.clock.monotonic() + emptyWithinMs; this.#left(name) > 0; ) {
      if (this.#deps.clock.monotonic() > until) {
        await this.#say(name, 'True', 'InstanceDeletionCheck', 'could not confirm zero CustomResources remaining: timed out waiting for the condition')
        throw new Error('instances remain')
      }
      await sleep(this.#deps.clock, pollMs, this.#deps.signal)
    }
  }

  #left(name: string): number {
    return this.#deps.resources.rawResource(name)?.cache.size ?? 0
  }

  async #deleteAll(resource: ServedResource): Promise<string[]> {
    const failures: string[] = []
    const items = resource.cache.list()
    for (let at = 0; at < items.length; at += 16) {
      await Promise.all(items.slice(at, at + 16).map(async ({ key }) => {
        const target = { resource, namespace: namespaceOfKey(key), name: nameOfKey(key) }
        try {
          await this.#deps.writer.delete(target, {}, this.#context())
        } catch (error) {
          if (!(error instanceof ApiError && error.reason === 'NotFound')) failures.push(errorText(error))
        }
      }))
    }
    return failures
  }

  async #say(name: string, status: 'True' | 'False', reason: string, message: string): Promise<void> {
    await this.#write(name, current => withConditions(current, timeText(this.#deps.clock.now()), { type: 'Terminating', status, reason, message }))
  }
}
