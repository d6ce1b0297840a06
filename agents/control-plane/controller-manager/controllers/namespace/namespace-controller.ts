/**
 * Namespace controller: empties a namespace that is being deleted, and lets it go when nothing is left.
 *
 * Reads   Namespaces, discovery, every namespaced resource          Writes   deletes everything in it, Namespace status and finalize
 * Woken   by the namespace; while something is left, by time
 *
 *   NC1  Only the finalizer "kubernetes" of spec.finalizers is ours; it is removed through the finalize subresource, last.
 *   NC2  Conditions tell why it takes long: discovery that failed, content that could not be deleted or remains, finalizers
 *        that hold it. A condition once told stays, and turns False when its cause is gone.
 *   NC3  Nothing is finalized while discovery is incomplete: what was not seen may still be there.
 *   NC4  It looks again soon at first (0.1 s), then less often, at most every 5 s.
 */
import type { Namespace, NamespaceCondition } from '../../../../api/groups/core-v1/types.ts'
import { namespaces } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import { compareNamespace } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { Discovery } from '../../../../machinery/discovery.ts'
import { discover } from '../../../../machinery/discovery.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import type { ContentReport } from './delete-content.ts'
import { deleteContent } from './delete-content.ts'

const finalizer = 'kubernetes'
const firstLookMs = 100
const longestLookMs = 5_000

export function createNamespaceController(): Controller {
  const looks = new Map<string, number>()
  return {
    name: 'namespace-controller',
    reconciles: namespaces,
    ignores: ({ object }) => object.metadata.deletionTimestamp === undefined,
    workers: 10,
    rehearse: (key, deps, signal) => reconcile(new Map(looks), key, deps, signal),
    compare: compareNamespace,
    reconcile: (key, deps, signal) => reconcile(looks, key, deps, signal),
  }
}

async function reconcile(looks: Map<string, number>, { name }: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const namespace = deps.cache.get(namespaces, { name })
  if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined || namespace.spec.finalizers?.includes(finalizer) !== true) {
    looks.delete(name)
    return done
  }
  let discovery: Discovery
  try {
    discovery = await discover(deps.client, signal)
  } catch (error) {
    discovery = { resources: [], failed: [errorText(error)] }
  }
  const report = await deleteContent(deps.client, name, discovery.resources, signal)
  const isEmpty = report.remaining.size === 0 && report.failures.length === 0 && discovery.failed.length === 0 // NC3
  const told = await tell(namespace, conditionsOf(discovery, report), isEmpty, deps, signal)
  if (isEmpty) {
    await finalize(told, deps, signal)
    looks.delete(name)
    deps.log.info('namespace emptied', { namespace: name })
    return done
  }
  const look = (looks.get(name) ?? 0) + 1
  looks.set(name, look)
  return again(Math.min(longestLookMs, firstLookMs * 2 ** (look - 1))) // NC4
}

interface Finding {
  readonly type: string
  readonly isTrue: boolean
  readonly reason: string
  readonly message: string
}

function conditionsOf(discovery: Discovery, report: ContentReport): readonly Finding[] {
  const counted = (counts: ReadonlyMap<string, number>): string => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what} has ${count} resource instances`).join(', ')
  const held = [...report.finalizers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what} in ${count} resource instances`).join(', ')
  return [
    { type: 'NamespaceDeletionDiscoveryFailure', isTrue: discovery.failed.length > 0, reason: discovery.failed.length > 0 ? 'DiscoveryFailed' : 'ResourcesDiscovered', message: discovery.failed.length > 0 ? `Discovery failed for some groups, ${discovery.failed.length} failing: ${discovery.failed.join(', ')}` : 'All resources successfully discovered' },
    { type: 'NamespaceDeletionGroupVersionParsingFailure', isTrue: false, reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
    { type: 'NamespaceDeletionContentFailure', isTrue: report.failures.length > 0, reason: report.failures.length > 0 ? 'ContentDeletionFailed' : 'ContentDeleted', message: report.failures.length > 0 ? `Failed to delete all resource types, ${report.failures.length} remaining: ${report.failures.join(', ')}` : 'All content successfully deleted, may be waiting on finalization' },
    { type: 'NamespaceContentRemaining', isTrue: report.remaining.size > 0, reason: report.remaining.size > 0 ? 'SomeResourcesRemain' : 'ContentRemoved', message: report.remaining.size > 0 ? `Some resources are remaining: ${counted(report.remaining)}` : 'All content successfully removed' },
    { type: 'NamespaceFinalizersRemaining', isTrue: report.finalizers.size > 0, reason: report.finalizers.size > 0 ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers', message: report.finalizers.size > 0 ? `Some content in the namespace has finalizers remaining: ${held}` : 'All content-preserving finalizers finished' },
  ]
}

async function tell(namespace: Namespace, findings: readonly Finding[], isEmpty: boolean, deps: ReconcileDeps, signal: AbortSignal): Promise<Namespace> {
  const before = namespace.status.conditions ?? []
  // A namespace that was empty at the first look goes without a word.
  if (isEmpty && before.length === 0) return namespace
  const conditions = findings.map(({ type, isTrue, reason, message }): NamespaceCondition => { // NC2
    const status = isTrue ? 'True' : 'False'
    const known = before.find(condition => condition.type === type)
    if (known !== undefined && known.status === status && known.message === message) return known
    return { type, status, reason, message, lastTransitionTime: known?.status === status && known.lastTransitionTime !== undefined ? known.lastTransitionTime : timeText(deps.clock.now()) }
  })
  if (isEqualJson(conditions, before)) return namespace
  return deps.client.update(namespaces, { ...namespace, status: { ...namespace.status, conditions } }, { subresource: 'status' }, signal)
}

async function finalize(namespace: Namespace, deps: ReconcileDeps, signal: AbortSignal): Promise<void> { // NC1
  const finalizers = (namespace.spec.finalizers ?? []).filter(one => one !== finalizer)
  try {
    await deps.client.update(namespaces, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: 'finalize' }, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
