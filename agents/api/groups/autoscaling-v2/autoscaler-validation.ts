/**
 * What the metrics and the behaviour of a HorizontalPodAutoscaler must say.
 *
 *   HV1  A metric has the source that its type names, and no other; a source has one target that is set.
 *   HV2  A rule of behaviour is stable for at most an hour; its policies have a type, a value and a period.
 * Upstream: pkg/apis/autoscaling/validation.
 */
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import type { HPAScalingRules, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget } from './types.ts'

const sources = { ContainerResource: 'containerResource', External: 'external', Object: 'object', Pods: 'pods', Resource: 'resource' } as const
const maxStabilizationSeconds = 3_600
const maxPeriodSeconds = 1_800

export function validateMetrics(metrics: readonly MetricSpec[], minReplicas: number): FieldError[] {
  const errors = metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`))
  if (minReplicas === 0 && !metrics.some(metric => metric.type === 'Object' || metric.type === 'External')) errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'))
  return errors
}

/** HV1 */
function validateMetric(metric: MetricSpec, path: string): FieldError[] {
  if (metric.type === '') return [required(`${path}.type`, 'must specify a metric source type')]
  if (!Object.hasOwn(sources, metric.type)) return [notSupported(`${path}.type`, metric.type, Object.keys(sources))]
  const wanted = sources[metric.type as keyof typeof sources]
  const others = Object.values(sources).filter(source => source !== wanted && metric[source] !== undefined)
  const errors = others.map(source => forbidden(`${path}.${source}`, 'must populate the given metric source only'))
  const source = metric[wanted]
  if (source === undefined) return [...errors, required(`${path}.${wanted}`, 'must populate information for the given metric source')]
  const named = source as { name?: string; container?: string; metric?: { name: string }; target: MetricTarget }
  if (wanted === 'containerResource' && (named.container ?? '') === '') errors.push(required(`${path}.${wanted}.container`, 'must specify a container'))
  if ((wanted === 'resource' || wanted === 'containerResource') && (named.name ?? '') === '') errors.push(required(`${path}.${wanted}.name`, 'must specify a resource name'))
  if (named.metric?.name === '') errors.push(required(`${path}.${wanted}.metric.name`, 'must specify a metric name'))
  return [...errors, ...validateTarget(wanted, named.target, `${path}.${wanted}.target`)]
}

function validateTarget(source: (typeof sources)[keyof typeof sources], target: MetricTarget, path: string): FieldError[] {
  const isResource = source === 'resource' || source === 'containerResource'
  const [utilization, average, value] = [target.averageUtilization, target.averageValue, target.value]
  if (isResource) {
    if (utilization === undefined && average === undefined) return [required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')]
    if (utilization !== undefined && average !== undefined) return [forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization')]
    return utilization !== undefined && utilization < 1 ? [invalid(`${path}.averageUtilization`, utilization, 'must be greater than 0')] : []
  }
  if (source === 'pods') return average === undefined ? [required(`${path}.averageValue`, 'must specify a positive target averageValue')] : []
  if (value === undefined && average === undefined) return [required(`${path}.averageValue`, source === 'external' ? 'must set either a target value for metric or a per-pod target' : 'must set either a target value or averageValue')]
  return source === 'external' && value !== undefined && average !== undefined ? [forbidden(`${path}.value`, 'may not set both a target value for metric and a per-pod target')] : []
}

export function validateBehavior(behavior: HorizontalPodAutoscalerSpec['behavior']): FieldError[] {
  return [...validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'), ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown')]
}

/** HV2 */
function validateRules(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (rules === undefined) return []
  const errors: FieldError[] = []
  const seconds = rules.stabilizationWindowSeconds
  if (seconds !== undefined && seconds < 0) errors.push(invalid(`${path}.stabilizationWindowSeconds`, seconds, 'must be greater than or equal to zero'))
  if (seconds !== undefined && seconds > maxStabilizationSeconds) errors.push(invalid(`${path}.stabilizationWindowSeconds`, seconds, `must be less than or equal to ${maxStabilizationSeconds}`))
  if (rules.selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(rules.selectPolicy)) errors.push(notSupported(`${path}.selectPolicy`, rules.selectPolicy, ['Disabled', 'Max', 'Min']))
  if ((rules.policies ?? []).length === 0) return [...errors, required(`${path}.policies`, 'must specify at least one Policy')]
  for (const [index, { type, value, periodSeconds }] of rules.policies!.entries()) {
    const at = `${path}.policies[${index}]`
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${at}.type`, type, ['Percent', 'Pods']))
    if (value <= 0) errors.push(invalid(`${at}.value`, value, 'must be greater than zero'))
    if (periodSeconds <= 0) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'))
    if (periodSeconds > maxPeriodSeconds) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`))
  }
  return errors
}
