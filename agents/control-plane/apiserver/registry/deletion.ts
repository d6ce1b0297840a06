/**
 * What a DELETE does to an object: nothing, a mark, or its removal. Pure; the registry carries it out.
 * Upstream: apiserver/pkg/registry/rest/delete.go and registry/generic/registry/store.go.
 *
 *   DL1  A kind with grace is only marked; the mark carries now + grace and may later be shortened, never lengthened.
 *   DL2  Foreground adds the finalizer foregroundDeletion, Orphan adds orphan; any other policy takes both away.
 *   DL3  Without a policy, a finalizer already there decides, else the kind's default.
 *   DL4  An object with finalizers is marked with grace 0 and stays until the write that removes the last one.
 *   DL5  The first mark counts a generation where the kind has generations.
 *   DL8  A kind with grace whose grace is 0 is marked too before it goes, so that watchers see that it was deleted on purpose.
 *   DL7  Ignoring read errors of the store goes with no other option: an object that cannot be read is removed as it is.
 *   DL6  A pod goes at once when it is not on a node, has finished, or the grace is 0.
 */
import { timeText } from '../../../base/clock.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { invalid as invalidField, notSupported } from '../../../api/field-error.ts'
import { invalid } from '../http/api-error.ts'
import type { KubeObject } from './kube-object.ts'
import { fieldAt, listAt, numberAt, textAt } from './kube-object.ts'

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean
}

export const unsafeOption = 'ignoreStoreReadErrorWithClusterBreakingPotential'

export interface DeletionRules {
  readonly gracefulDeletion: boolean
  readonly defaultPropagation: 'Background' | 'Orphan'
  /** Namespaces keep a second list of finalizers in their spec. */
  readonly hasSpecFinalizers: boolean
  /** Namespaces and definitions are marked by their own registries: without a grace period, and no generation is counted. */
  readonly marksItself: boolean
}

export type DeletionPlan =
  | { readonly outcome: 'remove' }
  /** Write this object; when it is written, remove it at once if nothing holds it. */
  | { readonly outcome: 'mark'; readonly object: KubeObject }
  /** Write this object, then remove it. */
  | { readonly outcome: 'mark-and-remove'; readonly object: KubeObject }
  | { readonly outcome: 'already-marked' }

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

export function checkDeleteOptions(options: DeleteOptions): void {
  const failures: FieldError[] = []
  if (options.orphanDependents !== undefined && options.propagationPolicy !== undefined) {
    failures.push(invalidField('propagationPolicy', options.propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'))
  }
  const policy = options.propagationPolicy
  if (policy !== undefined && policy !== 'Foreground' && policy !== 'Background' && policy !== 'Orphan') {
    failures.push(notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  for (const value of options.dryRun ?? []) if (value !== 'All') failures.push(notSupported('dryRun', value, ['All']))
  if (options.ignoreStoreReadErrorWithClusterBreakingPotential === true) { // DL7
    for (const other of ['dryRun', 'propagationPolicy', 'orphanDependents', 'gracePeriodSeconds', 'preconditions'] as const) if (options[other] !== undefined) failures.push(invalidField(unsafeOption, true, `cannot be set together with .${other}`))
  }
  if (failures.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', failures)
}

export function planDeletion(object: KubeObject, options: DeleteOptions, rules: DeletionRules, nowMs: number): DeletionPlan {
  const marked = planMark(object, options, rules, nowMs)
  if (marked.pending) return { outcome: 'already-marked' }
  const finalizers = finalizersAfter(object, options, rules)
  const finalizersChange = !sameTexts(finalizers, object.metadata.finalizers ?? [])
  const held = finalizers.length > 0 || (rules.hasSpecFinalizers && listAt(object, 'spec', 'finalizers').length > 0)
  if (!marked.graceful && !held && !finalizersChange) return Object.keys(marked.metadata).length === 0 || object.metadata.deletionTimestamp !== undefined ? { outcome: 'remove' } : { outcome: 'mark-and-remove', object: { ...object, metadata: { ...object.metadata, ...marked.metadata } } } // DL8
  const next: KubeObject = { ...object, metadata: { ...object.metadata, ...marked.metadata } }
  if (finalizers.length > 0) next.metadata.finalizers = finalizers
  else delete next.metadata.finalizers
  if (held && next.metadata.deletionTimestamp === undefined) markNow(next, nowMs, rules) // DL4
  if (rules.hasSpecFinalizers) next['status'] = { ...(fieldAt(object, 'status') as object | undefined), phase: 'Terminating' }
  if (!held && !marked.graceful) return { outcome: 'remove' }
  return { outcome: 'mark', object: next }
}

/** True when a write of this object must remove it: it was being deleted and nothing holds it any more. */
export function isReleased(next: KubeObject, old: KubeObject, rules: DeletionRules): boolean {
  if (old.metadata.deletionTimestamp === undefined) return false
  if ((next.metadata.finalizers?.length ?? 0) > 0) return false
  if (rules.hasSpecFinalizers && listAt(next, 'spec', 'finalizers').length > 0) return false
  return (old.metadata.deletionGracePeriodSeconds ?? 0) === 0
}

interface Mark {
  readonly graceful: boolean
  readonly pending: boolean
  readonly metadata: Partial<KubeObject['metadata']>
}

function planMark(object: KubeObject, options: DeleteOptions, rules: DeletionRules, nowMs: number): Mark {
  const meta = object.metadata
  const nothing: Mark = { graceful: false, pending: false, metadata: {} }
  if (!rules.gracefulDeletion) return nothing
  const asked = options.gracePeriodSeconds === undefined ? undefined : options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds
  if (meta.deletionTimestamp !== undefined) {
    const left = meta.deletionGracePeriodSeconds
    if (left === 0) return nothing
    const grace = graceOf(object, asked)
    if (left === undefined || asked === undefined || grace >= left) return { ...nothing, pending: true } // DL1
    const shortened = Math.max(Date.parse(meta.deletionTimestamp) - left * 1000 + grace * 1000, nowMs)
    if (grace === 0) return { graceful: false, pending: false, metadata: { deletionGracePeriodSeconds: 0, deletionTimestamp: timeText(shortened) } }
    return { graceful: true, pending: false, metadata: { deletionGracePeriodSeconds: grace, deletionTimestamp: timeText(shortened) } }
  }
  const grace = graceOf(object, asked)
  return {
    graceful: grace > 0,
    pending: false,
    metadata: {
      deletionTimestamp: timeText(nowMs + grace * 1000),
      deletionGracePeriodSeconds: grace,
      ...(meta.generation === undefined ? {} : { generation: meta.generation + 1 }), // DL5
    },
  }
}

/** DL6; pods are the only kind with grace. */
function graceOf(pod: KubeObject, asked: number | undefined): number {
  const own = numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30
  const grace = asked ?? (own < 0 ? 1 : own)
  const phase = textAt(pod, 'status', 'phase')
  if (textAt(pod, 'spec', 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0
  return grace
}

/** What marks itself has no grace, not even one of 0. */
function markNow(object: KubeObject, nowMs: number, rules: DeletionRules): void {
  object.metadata.deletionTimestamp = timeText(nowMs)
  if (rules.marksItself) return
  object.metadata.deletionGracePeriodSeconds = 0
  if (object.metadata.generation !== undefined) object.metadata.generation += 1
}

function finalizersAfter(object: KubeObject, options: DeleteOptions, rules: DeletionRules): string[] {
  const now = object.metadata.finalizers ?? []
  const wantsOrphan = decides(options, now, orphan, options.orphanDependents === true || options.propagationPolicy === 'Orphan', rules.defaultPropagation === 'Orphan')
  const wantsForeground = decides(options, now, foreground, options.propagationPolicy === 'Foreground', false)
  const others = now.filter(finalizer => finalizer !== orphan && finalizer !== foreground)
  const kept = now.filter(finalizer => (finalizer === orphan && wantsOrphan) || (finalizer === foreground && wantsForeground) || others.includes(finalizer))
  if (wantsOrphan && !kept.includes(orphan)) kept.push(orphan)
  if (wantsForeground && !kept.includes(foreground)) kept.push(foreground)
  return kept
}

function decides(options: DeleteOptions, now: readonly string[], finalizer: string, asked: boolean, byDefault: boolean): boolean {
  if (options.orphanDependents !== undefined || options.propagationPolicy !== undefined) return asked // DL2
  if (now.includes(orphan) || now.includes(foreground)) return now.includes(finalizer) // DL3
  return byDefault
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index])
}
