/**
 * What to do with an object, from what is known of its owners. Pure.
 *
 *   GJ1  One owner that exists and does not wait for its dependents is enough to live. References to owners that do not
 *        exist, or wait, are then taken out.
 *   GJ2  No such owner, but one that waits for its dependents, and the object has dependents of its own: it is deleted in
 *        the foreground too, so that the whole tree goes from its leaves.
 *   GJ3  Else it is deleted, in the way its own finalizers ask for, or in the background.
 */
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import { foregroundFinalizer, orphanFinalizer } from './graph.ts'

export type OwnerState = 'absent' | 'waiting' | 'solid'

export type Judgement =
  | { readonly type: 'keep' }
  | { readonly type: 'unlink'; readonly uids: readonly string[] }
  | { readonly type: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' }

export function judge(owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[], finalizers: readonly string[], hasDependents: boolean): Judgement {
  if (owners.length === 0) return { type: 'keep' }
  const useless = owners.filter(({ state }) => state !== 'solid')
  if (useless.length < owners.length) return useless.length === 0 ? { type: 'keep' } : { type: 'unlink', uids: useless.map(({ reference }) => reference.uid) } // GJ1
  if (hasDependents && useless.some(({ state }) => state === 'waiting')) return { type: 'delete', policy: 'Foreground' } // GJ2
  if (finalizers.includes(orphanFinalizer)) return { type: 'delete', policy: 'Orphan' } // GJ3
  return { type: 'delete', policy: finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background' }
}
