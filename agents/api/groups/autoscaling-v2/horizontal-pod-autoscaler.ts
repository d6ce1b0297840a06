/**
 * HorizontalPodAutoscaler in v2 (stored) and v1.
 *
 *   HP1  v1 is judged and printed as what it means in v2.
 *   HP3  A target has a group; what an older object already had wrong there is not held against an update.
 *   HP2  At least one metric: without one, cpu at 80 percent.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from '../../resources.ts'
import type { HorizontalPodAutoscaler as V1 } from '../autoscaling-v1/types.ts'
import { validateBehavior, validateMetrics, validateReference, versionError } from './autoscaler-validation.ts'
import { fromV1, notes } from './older-version.ts'
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus } from './types.ts'

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>(horizontalPodAutoscalers, {
  printer: 'printHorizontalPodAutoscaler',
  setDefaults({ spec }) {
    spec.minReplicas ??= 1
    if ((spec.metrics ?? []).length === 0) {
      spec.metrics = [defaultMetric()] // HP2
    }
    if (spec.behavior !== undefined) {
      spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] })
      spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] })
    }
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => validateSpec(object.spec, old.spec),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name, `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`, targetsCell(spec.metrics ?? [], status.currentMetrics ?? []),
    String(spec.minReplicas ?? '<unset>'), spec.maxReplicas, status.currentReplicas ?? 0, ageCell(metadata.creationTimestamp, now),
  ],
})

export const horizontalPodAutoscalerV1 = defineKind<V1>(horizontalPodAutoscalersV1, {
  printer: 'printHorizontalPodAutoscaler',
  setDefaults({ metadata, spec }) {
    spec.minReplicas ??= 1
    if (metadata.annotations?.[notes.metrics] === undefined) spec.targetCPUUtilizationPercentage ??= defaultMetric().resource!.target.averageUtilization! // HP2
  },
  validate: object => validateSpec(fromV1(object).spec),
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => validateSpec(fromV1(object).spec, fromV1(old).spec),
  cells: (object, now) => horizontalPodAutoscaler.cells(fromV1(object), now),
})

function defaultMetric(): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }
}

function withDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  return { selectPolicy: 'Max', ...defaults, ...rules }
}

/** HP3 */
function validateSpec(spec: HorizontalPodAutoscaler['spec'], old?: HorizontalPodAutoscaler['spec']): FieldError[] {
  const errors: FieldError[] = []
  const min = spec.minReplicas ?? 1
  if (min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
  if (spec.maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  if (spec.maxReplicas < 0) errors.push(invalid('spec.maxReplicas', spec.maxReplicas, 'must be greater than or equal to 1'))
  if (spec.maxReplicas < min) errors.push(invalid('spec.maxReplicas', spec.maxReplicas, 'must be greater than or equal to `minReplicas`'))
  errors.push(...validateTarget(spec.scaleTargetRef, old?.scaleTargetRef, 'spec.scaleTargetRef'))
  return [...errors, ...validateMetrics(spec.metrics ?? [], min), ...validateBehavior(spec.behavior)]
}

type Target = HorizontalPodAutoscaler['spec']['scaleTargetRef']

function validateTarget(target: Target, old: Target | undefined, path: string): FieldError[] {
  const wasWrong = old !== undefined && versionError(old.apiVersion, true) !== undefined
  return validateReference(target, path, wasWrong ? undefined : versionError(target.apiVersion, true))
}

function targetsCell(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return '<none>'
  const texts = specs.map((spec, index) => metricText(spec, statuses[index]))
  return texts.length > 2 ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...` : texts.join(', ')
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Resource':
    case 'ContainerResource': {
      const source = spec.type === 'Resource' ? spec.resource : spec.containerResource
      const now = spec.type === 'Resource' ? status?.resource?.current : status?.containerResource?.current
      const name = source?.name ?? ''
      if (source?.target.averageValue !== undefined) return `${name}: ${now?.averageValue ?? '<unknown>'}/${source.target.averageValue}`
      const current = now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`
      return `${name}: ${current}/${source?.target.averageUtilization === undefined ? '<auto>' : `${source.target.averageUtilization}%`}`
    }
    case 'Pods': return `${status?.pods?.current.averageValue ?? '<unknown>'}/${spec.pods?.target.averageValue ?? ''}`
    case 'Object': return spec.object?.target.averageValue !== undefined ? `${status?.object?.current.averageValue ?? '<unknown>'}/${spec.object.target.averageValue} (avg)` : `${status?.object?.current.value ?? '<unknown>'}/${spec.object?.target.value ?? ''}`
    case 'External': return spec.external?.target.averageValue !== undefined ? `${status?.external?.current.averageValue ?? '<unknown>'}/${spec.external.target.averageValue} (avg)` : `${status?.external?.current.value ?? '<unknown>'}/${spec.external?.target.value ?? ''}`
    default: return '<unknown type>'
  }
}
