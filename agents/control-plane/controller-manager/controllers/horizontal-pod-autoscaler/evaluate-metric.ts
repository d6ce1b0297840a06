/**
 * What one metric of an autoscaler says: replicas, its current value, and its name in events.
 * Upstream: pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetric.
 *
 *   ME1  A failure carries the reason of the condition and of the event, and its text the way it came; of an external metric
 *        without what was being got.
 *   ME2  Memory is told in binary units, everything else in decimal ones.
 */
import type { HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../../../api/groups/autoscaling-v2/types.ts'
import { milliQuantity, quantityMillis, quantityText } from '../../../../api/schema/quantity.ts'
import { errorText } from '../../../../base/log.ts'
import type { MetricReader } from './metric-reader.ts'
import type { ReplicaInputs } from './plan-replicas.ts'
import { planByAverage, planByUtilization, planByValue, planByValuePerPod } from './plan-replicas.ts'

export interface MetricProposal {
  readonly replicas: number
  readonly name: string
  readonly status: MetricStatus
}

export interface EvaluationInputs extends ReplicaInputs {
  readonly namespace: string
  /** Text of the target's own selector. */
  readonly selector: string
  /** Replicas that there are, not those that should be: by-pod averages are of these. */
  readonly statusReplicas: number
}

/** ME1 */
export class MetricError extends Error {
  override readonly name = 'MetricError'
  readonly reason: string
  /** Without what was being got. */
  readonly plainText: string

  constructor(reason: string, what: string, cause: unknown) {
    super(`failed to get ${what}: ${errorText(cause)}`, { cause })
    this.reason = reason
    this.plainText = errorText(cause instanceof ExternalError ? cause.cause : cause)
  }
}

/** Its cause is what is told by itself. */
class ExternalError extends Error {
  override readonly name = 'ExternalError'
}

type Metric = Required<MetricSpec>

export async function evaluateMetric(spec: MetricSpec, inputs: EvaluationInputs, reader: MetricReader): Promise<MetricProposal> {
  const metric = spec as Metric
  switch (spec.type) {
    case 'Resource':
      return named('FailedGetResourceMetric', `${metric.resource.name} resource metric value`, () => evaluateResource(metric.resource, undefined, inputs, reader))
    case 'ContainerResource':
      return named('FailedGetContainerResourceMetric', `${metric.containerResource.container} container metric value`, () => evaluateResource(metric.containerResource, metric.containerResource.container, inputs, reader))
    case 'Pods':
      return named('FailedGetPodsMetric', 'pods metric value', () => evaluatePods(metric.pods, inputs, reader))
    case 'Object':
      return named('FailedGetObjectMetric', 'object metric value', () => evaluateObject(metric.object, inputs, reader))
    case 'External':
      return named('FailedGetExternalMetric', `${metric.external.metric.name} external metric value`, () => evaluateExternal(metric.external, inputs, reader))
    default:
      throw new MetricError('InvalidMetricSourceType', 'metric value', new Error(`unknown metric source type ${JSON.stringify(spec.type)}`))
  }
}

async function named(reason: string, what: string, evaluate: () => Promise<MetricProposal>): Promise<MetricProposal> {
  try {
    return await evaluate()
  } catch (error) {
    throw new MetricError(reason, what, error)
  }
}

async function evaluateResource(source: Metric['resource'], container: string | undefined, inputs: EvaluationInputs, reader: MetricReader): Promise<MetricProposal> {
  const { name, target } = source
  const read = () => within(`unable to get metrics for resource ${name}`, reader.ofPods(name, inputs.namespace, inputs.selector, container))
  const statusOf = (current: MetricValueStatus): MetricStatus => (container === undefined ? { type: 'Resource', resource: { name, current } } : { type: 'ContainerResource', containerResource: { name, container, current } })
  if (target.averageValue !== undefined) {
    const { replicas, usage } = await within(`failed to get ${name} usage`, read().then(metrics => planByAverage(metrics, name, millisOf(target.averageValue), inputs)))
    return { replicas, name: `${name} resource`, status: statusOf({ averageValue: usageText(name, usage) }) }
  }
  if (target.averageUtilization === undefined) throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set')
  const { replicas, utilization, rawAverage } = await within(`failed to get ${name} utilization`, read().then(metrics => planByUtilization(metrics, name, container, target.averageUtilization!, inputs)))
  return {
    replicas, name: `${name} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`,
    status: statusOf({ averageUtilization: utilization, averageValue: usageText(name, rawAverage) }),
  }
}

/** ME2 */
function usageText(resource: string, millis: bigint | number): string {
  return quantityText({ nanos: BigInt(millis) * 1_000_000n, format: resource === 'memory' ? 'BinarySI' : 'DecimalSI' })
}

async function evaluatePods({ metric, target }: Metric['pods'], inputs: EvaluationInputs, reader: MetricReader): Promise<MetricProposal> {
  const metrics = await within(`unable to get metric ${metric.name}`, reader.ofPodObjects(metric, inputs.namespace, inputs.selector))
  const { replicas, usage } = planByAverage(metrics, '', millisOf(target.averageValue), inputs)
  return { replicas, name: `pods metric ${metric.name}`, status: { type: 'Pods', pods: { metric, current: { averageValue: milliQuantity(usage) } } } }
}

async function evaluateObject({ metric, target, describedObject }: Metric['object'], inputs: EvaluationInputs, reader: MetricReader): Promise<MetricProposal> {
  const { kind, name } = describedObject
  const read = () => reader.ofObject(metric, inputs.namespace, describedObject).catch((error: unknown) => { throw new Error(`unable to get metric ${metric.name}: ${kind} on ${inputs.namespace} ${name}/${errorText(error)}`, { cause: error }) })
  const statusOf = (current: MetricValueStatus): MetricStatus => ({ type: 'Object', object: { metric, describedObject, current } })
  const { replicas, current, isAverage } = await evaluateValue(target, inputs, read, `failed to get ${metric.name} object metric`, 'object')
  return { replicas, name: isAverage ? externalName(metric) : `${kind} metric ${metric.name}`, status: statusOf(current) }
}

async function evaluateExternal({ metric, target }: Metric['external'], inputs: EvaluationInputs, reader: MetricReader): Promise<MetricProposal> {
  const read = () => within(`unable to get external metric ${inputs.namespace}/${metric.name}/${selectorStructText(metric.selector)}`, reader.ofExternal(metric, inputs.namespace))
  const what = target.averageValue === undefined ? `external metric ${metric.name}` : `${metric.name} external metric`
  const { replicas, current } = await evaluateValue(target, inputs, read, undefined, 'external').catch((error: unknown) => { throw new ExternalError(`failed to get ${what}: ${errorText(error)}`, { cause: error }) })
  return { replicas, name: externalName(metric), status: { type: 'External', external: { metric, current } } }
}

async function evaluateValue(target: MetricTarget, inputs: EvaluationInputs, read: () => Promise<number>, averageFailure: string | undefined, kind: string): Promise<{ readonly replicas: number; readonly current: MetricValueStatus; readonly isAverage: boolean }> {
  if (target.averageValue !== undefined) {
    const usage = averageFailure === undefined ? await read() : await within(averageFailure, read())
    const plan = planByValuePerPod(usage, millisOf(target.averageValue), { ...inputs, currentReplicas: inputs.statusReplicas })
    return { replicas: plan.replicas, current: { averageValue: milliQuantity(plan.usage) }, isAverage: true }
  }
  if (target.value === undefined) throw new Error(`invalid ${kind} metric source: neither a value target nor an average value target was set`)
  const plan = planByValue(await read(), millisOf(target.value), inputs)
  return { replicas: plan.replicas, current: { value: milliQuantity(plan.usage) }, isAverage: false }
}

async function within<T>(what: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw new Error(`${what}: ${errorText(error)}`, { cause: error })
  }
}

function externalName({ name, selector }: MetricIdentifier): string {
  return `external metric ${name}(${selectorStructText(selector)})`
}

/** A selector as Go prints the struct. */
function selectorStructText(selector: MetricIdentifier['selector']): string {
  if (selector === undefined) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('')
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('')
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`
}

function millisOf(amount: string | undefined): number {
  return Number(quantityMillis(amount ?? '0'))
}

/** How far a ratio may stray before it is acted on: of the behavior, else of the command line. */
export function tolerancesOf(behavior: HorizontalPodAutoscalerSpec['behavior'], fallback: number): ReplicaInputs['tolerances'] {
  const of = (tolerance: string | undefined): number => (tolerance === undefined ? fallback : millisOf(tolerance) / 1_000)
  return { up: of(behavior?.scaleUp?.tolerance), down: of(behavior?.scaleDown?.tolerance) }
}
