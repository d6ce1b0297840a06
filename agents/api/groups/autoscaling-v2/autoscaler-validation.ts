/**
 * What the metrics and the behaviour of a HorizontalPodAutoscaler must say.
 *
 *   HV1  A metric has the source that its type names, and no other; a source has a target of a type, with the value that the
 *        source is measured by.
 *   HV2  A rule of behaviour is stable for at most an hour; its policies have a type, a value and a period.
 * Upstream: pkg/apis/autoscaling/validation.
 */
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { parseQuantity } from '../../schema/quantity.ts'
import { isDns1123Label, isPathSegmentName } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import { validateContainerResourceName } from '../../validation/resource-names.ts'
import type { CrossVersionObjectReference, HPAScalingRules, HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricTarget } from './types.ts'

/** In the order in which upstream looks at them. */
const sources = { Object: 'object', External: 'external', Pods: 'pods', Resource: 'resource', ContainerResource: 'containerResource' } as const
type Source = (typeof sources)[keyof typeof sources]
const metricTypes = Object.keys(sources).sort()
const targetTypes = ['Utilization', 'Value', 'AverageValue']
const maxStabilizationSeconds = 3_600
const maxPeriodSeconds = 1_800

export function validateMetrics(metrics: readonly MetricSpec[], minReplicas: number): FieldError[] {
  const errors = metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`))
  if (minReplicas === 0 && !metrics.some(metric => metric.type === 'Object' || metric.type === 'External')) errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'))
  return errors
}

/** HV1: what is wrong with the first source is said, whether it is the one that the type names or not. */
function validateMetric(metric: MetricSpec, path: string): FieldError[] {
  const errors = metric.type === '' ? [required(`${path}.type`, 'must specify a metric source type')] : []
  const wanted = Object.hasOwn(sources, metric.type) ? sources[metric.type as keyof typeof sources] : undefined
  if (wanted === undefined) errors.push(notSupported(`${path}.type`, metric.type, metricTypes))
  const present = Object.values(sources).filter(source => metric[source] !== undefined)
  const [first] = present
  if (first !== undefined) errors.push(...validateSource(metric, first, `${path}.${first}`))
  if (wanted === undefined) errors.push(notSupported(`${path}.type`, metric.type, metricTypes)) // upstream says it again
  else if (metric[wanted] === undefined) errors.push(required(`${path}.${wanted}`, 'must populate information for the given metric source'))
  if (present.length === 1) return errors
  return [...errors, ...present.filter(source => source !== wanted).map(source => forbidden(`${path}.${source}`, 'must populate the given metric source only'))]
}

/** Where a source has no field, it has nothing to say of it. */
interface AnySource {
  readonly name?: string
  readonly container?: string
  readonly describedObject?: CrossVersionObjectReference
  readonly metric?: MetricIdentifier
  readonly target: MetricTarget
}

function validateSource(metric: MetricSpec, source: Source, path: string): FieldError[] {
  const { name = '', container = '', describedObject, metric: identifier, target } = metric[source] as AnySource
  return [
    ...(describedObject === undefined ? [] : validateReference(describedObject, `${path}.describedObject`, versionError(describedObject.apiVersion, false))),
    ...((source === 'resource' || source === 'containerResource') && name === '' ? [required(`${path}.name`, 'must specify a resource name')] : []),
    ...(source === 'containerResource' && name !== '' ? validateContainerResourceName(name, `${path}.name`) : []),
    ...(source === 'containerResource' ? container === '' ? [required(`${path}.container`, 'must specify a container')] : isDns1123Label(container).map(text => invalid(`${path}.container`, container, text)) : []),
    ...(identifier === undefined ? [] : identifier.name === '' ? [required(`${path}.metric.name`, 'must specify a metric name')] : isPathSegmentName(identifier.name).map(text => invalid(`${path}.metric.name`, identifier.name, text))),
    ...validateTarget(target, `${path}.target`),
    ...validateTargetValues(source, target, `${path}.target`),
  ]
}

/** wrongVersion: what the version is refused for, where it is. */
export function validateReference(reference: CrossVersionObjectReference, path: string, wrongVersion: string | undefined): FieldError[] {
  return [
    ...(['kind', 'name'] as const).flatMap(field => reference[field] === '' ? [required(`${path}.${field}`)] : isPathSegmentName(reference[field]).map(text => invalid(`${path}.${field}`, reference[field], text))),
    ...(wrongVersion === undefined ? [] : [invalid(`${path}.apiVersion`, reference.apiVersion ?? '', wrongVersion)]),
  ]
}

/** What can be scaled has a group; what a metric describes may be of the first API, which has none. */
export function versionError(apiVersion = '', needsGroup: boolean): string | undefined {
  const parts = apiVersion.split('/')
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  return !needsGroup || (parts.length === 2 && parts[0] !== '') ? undefined : 'apiVersion must specify API group'
}

function validateTarget(target: MetricTarget, path: string): FieldError[] {
  const errors = target.type === '' ? [required(`${path}.type`, 'must specify a metric target type')] : []
  if (!targetTypes.includes(target.type)) errors.push(invalid(`${path}.type`, target.type, 'must be either Utilization, Value, or AverageValue'))
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target[field]
    if (amount !== undefined && parseQuantity(amount).nanos <= 0n) errors.push(invalid(`${path}.${field}`, amount, 'must be positive'))
  }
  const utilization = target.averageUtilization
  if (utilization !== undefined && utilization < 1) errors.push(invalid(`${path}.averageUtilization`, utilization, 'must be greater than 0'))
  return errors
}

function validateTargetValues(source: Source, { averageUtilization, averageValue, value }: MetricTarget, path: string): FieldError[] {
  switch (source) {
    case 'resource':
    case 'containerResource':
      if (averageUtilization === undefined && averageValue === undefined) return [required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')]
      return averageUtilization !== undefined && averageValue !== undefined ? [forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization')] : []
    case 'pods': return averageValue === undefined ? [required(`${path}.averageValue`, 'must specify a positive target averageValue')] : []
    case 'external':
      if (value === undefined && averageValue === undefined) return [required(`${path}.averageValue`, 'must set either a target value for metric or a per-pod target')]
      return value !== undefined && averageValue !== undefined ? [forbidden(`${path}.value`, 'may not set both a target value for metric and a per-pod target')] : []
    case 'object': return value === undefined && averageValue === undefined ? [required(`${path}.averageValue`, 'must set either a target value or averageValue')] : []
  }
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
  if ((rules.policies ?? []).length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  for (const [index, { type, value, periodSeconds }] of (rules.policies ?? []).entries()) {
    const at = `${path}.policies[${index}]`
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${at}.type`, type, ['Percent', 'Pods']))
    if (value <= 0) errors.push(invalid(`${at}.value`, value, 'must be greater than zero'))
    if (periodSeconds <= 0) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'))
    if (periodSeconds > maxPeriodSeconds) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`))
  }
  if (rules.tolerance !== undefined) errors.push(...nonNegativeQuantity(rules.tolerance, `${path}.tolerance`))
  return errors
}
