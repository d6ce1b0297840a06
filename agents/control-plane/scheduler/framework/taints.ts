/** Taints against tolerations. Upstream: core/v1 Toleration.ToleratesTaint. */
import type { Pod, Taint, Toleration } from '../../../api/groups/core-v1/types.ts'

export function toleratesTaint(pod: Pod, taint: Taint): boolean {
  return (pod.spec.tolerations ?? []).some(toleration => tolerates(toleration, taint))
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false
  const operator = toleration.operator ?? 'Equal'
  if (operator === 'Exists') return true
  if (operator !== 'Equal') return false // Gt and Lt are of a feature that is off
  if ((toleration.key ?? '') === '') return false
  return (toleration.value ?? '') === (taint.value ?? '')
}
