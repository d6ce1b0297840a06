/** Taints as the node controllers set and read them. */
import type { Taint, Toleration } from '../../../api/groups/core-v1/types.ts'

export const notReadyTaint = 'node.kubernetes.io/not-ready'
export const unreachableTaint = 'node.kubernetes.io/unreachable'
export const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

export const isSameTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect

export function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false
  if (key !== undefined && key !== '' && key !== taint.key) return false
  if (operator === 'Exists') return true
  return key !== undefined && key !== '' && (value ?? '') === (taint.value ?? '')
}
