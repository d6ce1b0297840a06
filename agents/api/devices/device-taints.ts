/** Taints of devices and who tolerates them. Upstream: dynamic-resource-allocation/resourceclaim ToleratesTaint. */
import type { DeviceTaint, DeviceToleration } from '../groups/resource-v1/types.ts'

/** A toleration without effect, key or (with Exists) value takes any. */
export function toleratesTaint({ key = '', operator = 'Equal', value = '', effect = '' }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (operator === 'Equal' && value === (taint.value ?? ''))
}
