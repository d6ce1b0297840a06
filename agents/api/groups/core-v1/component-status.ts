/** ComponentStatus: health of the control plane, made up on reading and never stored. */
import { defineKind } from '../../define-kind.ts'
import { componentStatuses } from '../../resources.ts'
import type { ComponentStatus } from './types.ts'

export const componentStatus = defineKind<ComponentStatus>(componentStatuses, {
  printer: 'printComponentStatus',
  cells({ metadata, conditions }) {
    const healthy = conditions?.find(condition => condition.type === 'Healthy')
    const status = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy'
    return [metadata.name, status, healthy?.message ?? '', healthy?.error ?? '']
  },
})
