/**
 * Keeps priority and fairness in step with its objects, and the objects in step with what must be.
 * Upstream: pkg/registry/flowcontrol/{rest,ensurer}, apiserver/pkg/util/flowcontrol/apf_controller.go.
 *
 *   FC1  Objects of the cluster are taken over within the turn of the event loop in which they change.
 *   FC2  Mandatory objects always have their spec. Suggested ones have it while their annotation autoupdate-spec is true;
 *        one without a usable annotation gets it: true if its spec was never changed, else false.
 *   FC3  An object with the annotation true that is no longer one of the standard ones is removed.
 *   FC4  The Dangling condition of every schema is kept true to what this server sees; not more than six times a minute each.
 */
import type { FlowSchema, PriorityLevelConfiguration } from '../../../api/groups/flowcontrol-v1/types.ts'
import { sleep, timeText } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import { ensureObjects, serverContext } from '../bootstrap/ensure-objects.ts'
import type { BootstrapDeps, WantedObject } from '../bootstrap/ensure-objects.ts'
import { ApiError } from '../http/api-error.ts'
import type { GroupResource } from '../http/api-error.ts'
import { applyManagedPatch } from '../registry/field-management.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { complete } from '../registry/served-resource.ts'
import type { ResourceTable } from '../registry/resource-table.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { borrowingPeriodMs } from './flow-control.ts'
import type { Dangling, FlowControl } from './flow-control.ts'
import { standardLevels, standardSchemas } from '../../../api/groups/flowcontrol-v1/standard-objects.ts'

export const flowControlGroup = 'flowcontrol.apiserver.k8s.io'
export const autoUpdateAnnotation = 'apf.kubernetes.io/autoupdate-spec'
const producer = 'api-priority-and-fairness-config-producer-v1'
const consumer = 'api-priority-and-fairness-config-consumer-v1'
const ensureEveryMs = 60_000
const maxUpdatesAMinute = 6

export type FlowConfigDeps = BootstrapDeps & { readonly cache: WatchCache; readonly random: Random }

const levelsOf = { group: flowControlGroup, resource: 'prioritylevelconfigurations' }
const schemasOf = { group: flowControlGroup, resource: 'flowschemas' }

/** Takes over changes (FC1), moves seats, and tells of dangling schemas, until the signal aborts. */
export function followFlowConfig(control: FlowControl, deps: FlowConfigDeps, signal: AbortSignal): void {
  const conditions = new DanglingConditions(deps, signal)
  let isPlanned = false
  const plan = () => {
    if (isPlanned) return
    isPlanned = true
    queueMicrotask(() => {
      isPlanned = false
      conditions.keep(control.configure(deps.table.list(levelsOf) as unknown as PriorityLevelConfiguration[], deps.table.list(schemasOf) as unknown as FlowSchema[]))
    })
  }
  for (const kept of [levelsOf, schemasOf]) {
    deps.cache.onChange(deps.table.stored(kept)!.cache, plan)
    deps.cache.onLoad(deps.table.stored(kept)!.cache, plan)
  }
  void everyPeriod(deps, borrowingPeriodMs, signal, () => {
    control.adjustBorrowing()
    return Promise.resolve()
  })
}

/** Makes the standard objects, then keeps them; resolves when they hold for the first time. */
export async function keepStandardFlowObjects(deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const wanted = [...standardLevels.map(level => wantedFlowObject(levelsOf, level, deps)), ...standardSchemas.map(schema => wantedFlowObject(schemasOf, schema, deps))]
  await ensureObjects(wanted, deps, signal)
  await removeForsaken(deps, signal)
  void everyPeriod(deps, ensureEveryMs, signal, async () => {
    await ensureObjects(wanted, deps, signal)
    await removeForsaken(deps, signal)
  })
}

/** FC2 */
export function wantedFlowObject(of: GroupResource, { name, spec, isMandatory }: { readonly name: string; readonly spec: object; readonly isMandatory: boolean }, deps: { readonly table: Pick<ResourceTable, 'stored'> }): WantedObject {
  const { rules } = deps.table.stored(of)!
  const defaulted = { metadata: {}, spec: structuredClone(spec) } as unknown as KubeObject
  rules.setDefaults(complete(defaulted))
  return {
    ...of,
    namespace: '',
    manager: producer,
    object: { metadata: { name, annotations: { [autoUpdateAnnotation]: 'true' } }, spec: spec as Record<string, unknown> },
    mend: existing => {
      const annotation = existing.metadata.annotations?.[autoUpdateAnnotation]
      const updates = isMandatory || (annotation === 'true' || annotation === 'false' ? annotation === 'true' : existing.metadata.generation === 1)
      const isAnnotated = annotation === String(updates)
      const hasSpec = !updates || sameValue(existing['spec'], defaulted['spec'])
      if (isAnnotated && hasSpec) return undefined
      return { ...existing, metadata: { ...existing.metadata, annotations: { ...existing.metadata.annotations, [autoUpdateAnnotation]: String(updates) } }, ...(hasSpec ? {} : { spec: structuredClone(defaulted['spec']) }) }
    },
  }
}

/** FC3 */
async function removeForsaken(deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  for (const [of, standard] of [[levelsOf, standardLevels], [schemasOf, standardSchemas]] as const) {
    for (const { metadata } of deps.table.list(of)) {
      if (metadata.annotations?.[autoUpdateAnnotation] !== 'true' || standard.some(known => known.name === metadata.name)) continue
      await deps.writer.delete({ resource: deps.table.stored(of)!, namespace: '', name: metadata.name! }, {}, serverContext(signal)).catch(ignoreMissing)
    }
  }
}

/** FC4 */
class DanglingConditions {
  readonly #deps: FlowConfigDeps
  readonly #signal: AbortSignal
  readonly #resource: ServedResource
  readonly #updates: { readonly name: string; readonly atMs: number }[] = []
  #latest: readonly Dangling[] = []
  #isWriting = false
  #later: Disposable | undefined

  constructor(deps: FlowConfigDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
    this.#resource = deps.table.stored(schemasOf)!
    signal.addEventListener('abort', () => { this.#later?.[Symbol.dispose]() }, { once: true })
  }

  keep(seen: readonly Dangling[]): void {
    this.#latest = seen
    if (this.#isWriting || this.#signal.aborted) return
    this.#later?.[Symbol.dispose]()
    this.#isWriting = true
    void this.#write().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#deps.log.warn('flow schema status could not be written', { error: errorText(error) })
    }).finally(() => {
      this.#isWriting = false
      if (this.#signal.aborted || this.#latest.every(saysSo)) return
      this.#later = this.#deps.clock.after((30 + 45 * this.#deps.random.next()) * 1000, () => {
        this.keep(this.#latest)
      })
    })
  }

  async #write(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      const due = this.#latest.filter(seen => !saysSo(seen) && !this.#isTooOften(seen.schema.metadata.name))
      if (due.length === 0) return
      for (const seen of due) await this.#writeOne(seen)
    }
  }

  #isTooOften(name: string): boolean {
    const since = this.#deps.clock.monotonic() - 60_000
    while (this.#updates[0] !== undefined && this.#updates[0].atMs < since) this.#updates.shift()
    return this.#updates.filter(update => update.name === name).length >= maxUpdatesAMinute
  }

  async #writeOne(seen: Dangling): Promise<void> {
    const { name } = seen.schema.metadata
    const { clock } = this.#deps
    this.#updates.push({ name, atMs: clock.monotonic() })
    const applied = { kind: 'FlowSchema', apiVersion: `${flowControlGroup}/v1`, metadata: { name }, status: { conditions: [{ ...conditionOf(seen), lastTransitionTime: timeText(clock.now()) }] } } as unknown as KubeObject
    await this.#deps.writer.update(
      { resource: this.#resource, namespace: '', name },
      live => applyManagedPatch({ resource: this.#resource, live, applied, manager: consumer, subresource: 'status', force: true, nowMs: clock.now(), name, namespace: '' }),
      serverContext(this.#signal),
      { subresource: 'status', rules: 'status', managedFieldsDone: true, allowsUnconditional: true },
    ).then(written => {
      this.#latest = this.#latest.map(latest => (latest.schema.metadata.name === name ? { ...latest, schema: written.object as unknown as FlowSchema } : latest))
    }).catch(ignoreMissing)
  }
}

function conditionOf({ schema, isDangling }: Dangling) {
  const level = JSON.stringify(schema.spec.priorityLevelConfiguration.name)
  return isDangling
    ? { type: 'Dangling', status: 'True', reason: 'NotFound', message: `This FlowSchema references the PriorityLevelConfiguration object named ${level} but there is no such object` }
    : { type: 'Dangling', status: 'False', reason: 'Found', message: `This FlowSchema references the PriorityLevelConfiguration object named ${level} and it exists` }
}

function saysSo(seen: Dangling): boolean {
  const known = seen.schema.status?.conditions?.find(condition => condition.type === 'Dangling')
  const wanted = conditionOf(seen)
  return known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
}

async function everyPeriod({ clock, log }: Pick<BootstrapDeps, 'clock' | 'log'>, periodMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, periodMs, signal).catch(() => {})
    if (signal.aborted) return
    await work().catch((error: unknown) => {
      if (!signal.aborted) log.warn('priority and fairness could not be kept', { error: errorText(error) })
    })
  }
}
