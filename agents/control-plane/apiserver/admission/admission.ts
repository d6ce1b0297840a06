/**
 * Admission: what may still be changed in a write, and whether it may happen at all, after the caller has been authorized.
 *
 *   AD1  Every plugin's mutating half runs before any validating half, both in the order of the list.
 *   AD2  A plugin refuses by throwing an ApiError; its name, verdict and duration go on the request's record.
 *   AD3  Plugins read other objects only through the caches handed to them.
 *   AD4  When webhooks or policies have changed the object, the mutating half runs once more, for all plugins; webhooks and
 *        policies decide by their own reinvocation policy whether they take part. Never a third time.
 *   AD5  The object keeps its identity: whoever changes it, changes it in place.
 */
import type { GroupResource } from '../http/api-error.ts'
import type { UserInfo } from '../access/user-info.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { noAdmissionMetrics } from './admission-metrics.ts'
import type { AdmissionMetrics } from './admission-metrics.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
export type AdmissionPhase = 'admit' | 'validate'

/** What one plugin, webhook or policy had to say. */
export interface AdmissionVerdict {
  readonly plugin: string
  readonly phase: AdmissionPhase
  /** Name of the webhook, or policy/binding. */
  readonly by?: string
  readonly verdict: 'allowed' | 'denied' | 'failed' | 'failed open' | 'warned' | 'audited'
  /** When it began, on the monotonic clock; for plugins only. */
  readonly atMs?: number
  readonly ms: number
  readonly patched?: true
  readonly reason?: string
}

/** Where admission leaves what others want to read: the audit log, the request's record. */
export interface AdmissionNotes {
  /** An audit annotation. `level`: from which audit level on it is logged. */
  annotate(key: string, value: string, level?: 'Request'): void
  record(verdict: AdmissionVerdict): void
}

export const noNotes: AdmissionNotes = { annotate() {}, record() {} }

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface AdmissionRequest {
  readonly operation: Operation
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly kind: GroupVersionKind
  readonly namespace: string
  /** Empty while a generated name has not been drawn. */
  readonly name: string
  /** Absent for deletions. Plugins change it in place while admitting. */
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  /** CreateOptions and the like, as asked; empty for CONNECT. */
  readonly options: Readonly<Record<string, unknown>>
  readonly user: UserInfo
  readonly dryRun: boolean
  readonly signal: AbortSignal
  readonly notes: AdmissionNotes
  warn(text: string): void
}

/** What plugins may look at, and not change: get and list may hand everyone the same object. */
export interface ObjectReader {
  get(of: GroupResource, namespace: string, name: string): KubeObject | undefined
  list(of: GroupResource, namespace?: string): readonly KubeObject[]
  /** As the store has it now, for what the cache may not have yet. */
  getFresh(of: GroupResource, namespace: string, name: string): Promise<KubeObject | undefined>
}

/** One passing of a request through the mutating half (AD4). */
export interface AdmissionRounds {
  readonly isSecond: boolean
  /** What a plugin wants to know again in the second round. */
  readonly memory: Map<string, unknown>
  askForSecond(): void
}

export interface AdmissionPlugin {
  readonly name: string
  /** Cheap test by resource and operation, asked before anything else. */
  concerns(request: AdmissionRequest): boolean
  admit?(request: AdmissionRequest, rounds: AdmissionRounds): void | Promise<void>
  validate?(request: AdmissionRequest): void | Promise<void>
}

export interface AdmissionChain {
  /** True when a webhook or policy changed the object. */
  admit(request: AdmissionRequest): Promise<boolean>
  validate(request: AdmissionRequest): Promise<void>
  readonly names: readonly string[]
}

export interface AdmissionChainOptions {
  readonly metrics?: AdmissionMetrics
  readonly monotonic?: () => number
}

export function createAdmissionChain(plugins: readonly AdmissionPlugin[], options: AdmissionChainOptions = {}): AdmissionChain {
  const mutating = plugins.filter(plugin => plugin.admit !== undefined)
  const validating = plugins.filter(plugin => plugin.validate !== undefined)
  const metrics = options.metrics ?? noAdmissionMetrics
  const monotonic = options.monotonic ?? (() => 0)

  async function run(phase: AdmissionPhase, list: readonly AdmissionPlugin[], request: AdmissionRequest, call: (plugin: AdmissionPlugin) => void | Promise<void>): Promise<void> {
    const started = monotonic()
    let rejected = false
    try {
      for (const plugin of list) {
        if (!plugin.concerns(request)) continue
        const from = monotonic()
        let refused: unknown
        try {
          const waits = call(plugin)
          if (waits !== undefined) await waits
        } catch (error) {
          refused = error
        }
        const ms = monotonic() - from
        metrics.controller(plugin.name, phase, request.operation, refused !== undefined, ms)
        if (refused === undefined) {
          request.notes.record({ plugin: plugin.name, phase, verdict: 'allowed', atMs: from, ms }) // AD2
          continue
        }
        request.notes.record({ plugin: plugin.name, phase, verdict: 'denied', atMs: from, ms, reason: refused instanceof Error ? refused.message : String(refused) })
        throw refused
      }
    } catch (error) {
      rejected = true
      throw error
    } finally {
      metrics.step(phase, request.operation, rejected, monotonic() - started)
    }
  }

  return {
    names: plugins.map(plugin => plugin.name),
    async admit(request) {
      let isWanted = false
      const memory = new Map<string, unknown>()
      const askForSecond = () => { isWanted = true }
      await run('admit', mutating, request, plugin => plugin.admit!(request, { isSecond: false, memory, askForSecond }))
      if (!isWanted) return false
      await run('admit', mutating, request, plugin => plugin.admit!(request, { isSecond: true, memory, askForSecond })) // AD4
      return true
    },
    validate: request => run('validate', validating, request, plugin => plugin.validate!(request)),
  }
}

export const admitEverything: AdmissionChain = createAdmissionChain([])

/** How a refusal names what it refuses: upstream's admission.NewForbidden. */
export function shownName(request: AdmissionRequest): string {
  if (request.name !== '') return request.name
  const meta = request.object?.metadata
  if ((meta?.name ?? '') !== '') return meta!.name!
  if ((meta?.generateName ?? '') !== '') return meta!.generateName!
  return meta === undefined ? '' : 'Unknown'
}

/** AD5 */
export function replaceContent(object: KubeObject, content: KubeObject): void {
  if (object === content) return
  for (const key of Object.keys(object)) if (!Object.hasOwn(content, key)) delete object[key]
  Object.assign(object, content)
}
