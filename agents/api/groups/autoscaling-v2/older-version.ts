/**
 * autoscaling/v1 HorizontalPodAutoscalers are autoscaling/v2 ones, which are stored, seen through the older version.
 *
 *   OV1  The first metric that is CPU utilization is targetCPUUtilizationPercentage, and comes last on the way back; every other
 *        metric, what was measured, the conditions and the behavior are JSON in annotations, which exist in v1 only.
 *   OV2  In those annotations metrics and conditions have the form of v1: a flat targetAverageValue where v2 has a target with
 *        a type. The behavior is written as upstream's own type without JSON names: ScaleUp, PeriodSeconds; read in any case.
 *   OV3  Without any metric v1 means 80 % of CPU.
 *   OV4  A note that is no JSON says nothing.
 * Upstream: kubernetes/pkg/apis/autoscaling/v1/conversion.go.
 */
import { isPlainObject } from '../../schema/clone.ts'
import type { HorizontalPodAutoscaler as V1 } from '../autoscaling-v1/types.ts'
import type { HorizontalPodAutoscaler } from './types.ts'

type Fields = Record<string, unknown>
type Metadata = V1['metadata']

export const notes = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const

const defaultUtilization = 80

export function toV1(object: HorizontalPodAutoscaler): V1 {
  const { metrics: _metrics, behavior, ...spec } = asFields(object.spec)
  const { currentMetrics: _current, conditions: _conditions, ...status } = asFields(object.status)
  const metrics = listAt(object.spec, 'metrics')
  const measured = listAt(object.status, 'currentMetrics')
  const conditions = listAt(object.status, 'conditions')
  const others = metrics.filter(metric => utilizationOf(metric, 'target') === undefined).map(metric => older(metric, sources))
  const target = metrics.map(metric => utilizationOf(metric, 'target')).find(isKnown)
  const current = measured.map(metric => utilizationOf(metric, 'current')).findLast(isKnown)
  const annotations = {
    ...withoutNotes(object.metadata),
    ...(others.length === 0 ? {} : { [notes.metrics]: JSON.stringify(others) }),
    ...(measured.length === 0 ? {} : { [notes.currentMetrics]: JSON.stringify(measured.map(metric => older(metric, statuses))) }),
    ...(isPlainObject(behavior) ? { [notes.behavior]: JSON.stringify(namelessBehavior(behavior)) } : {}),
    ...(conditions.length === 0 ? {} : { [notes.conditions]: JSON.stringify(conditions.map(plainCondition)) }),
  }
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object.metadata, annotations),
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: { ...status, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  } as unknown as V1
}

export function fromV1(object: V1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: target, ...spec } = asFields(object.spec)
  const { currentCPUUtilizationPercentage: current, ...status } = asFields(object.status)
  const metrics = [...(readNotes(object.metadata, notes.metrics) ?? []).map(metric => newer(metric, sources)), ...(typeof target === 'number' ? [cpuTarget(target)] : [])]
  const measured = readNotes(object.metadata, notes.currentMetrics)?.map(metric => newer(metric, statuses)) ?? (typeof current === 'number' ? [cpuMetric({ current: { averageUtilization: current } })] : [])
  const conditions = readNotes(object.metadata, notes.conditions)
  const behavior = readNote(object.metadata, notes.behavior)
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object.metadata, withoutNotes(object.metadata)),
    spec: { ...spec, metrics: metrics.length === 0 ? [cpuTarget(defaultUtilization)] : metrics, ...(isPlainObject(behavior) && Object.keys(behavior).length > 0 ? { behavior: namedBehavior(behavior) } : {}) }, // OV3
    status: { ...status, currentMetrics: measured.length === 0 ? null : measured, ...(conditions === undefined ? {} : { conditions }) },
  } as unknown as HorizontalPodAutoscaler
}

function cpuTarget(utilization: number): Fields {
  return cpuMetric({ target: { type: 'Utilization', averageUtilization: utilization } })
}

function cpuMetric(values: Fields): Fields {
  return { type: 'Resource', resource: { name: 'cpu', ...values } }
}

function utilizationOf(metric: unknown, of: 'target' | 'current'): number | undefined {
  const isCpu = fieldAt(metric, 'type') === 'Resource' && fieldAt(metric, 'resource', 'name') === 'cpu'
  return isCpu ? numberAt(metric, 'resource', of, 'averageUtilization') : undefined
}

function isKnown(value: number | undefined): boolean {
  return value !== undefined
}

/** A field of v1, where v2 has it, and whether v1 always writes it: as a text, or a quantity of nothing. */
type Part = readonly [name: string, path: readonly string[], always?: '' | '0']

interface Sources {
  /** By the field that holds them, in the order in which v1 writes them. */
  readonly parts: Readonly<Record<string, readonly Part[]>>
  /** v2's type of a target, which v1 does not say. */
  typeOf?(source: string, target: Fields): string
}

const sources: Sources = {
  parts: {
    object: [['target', ['describedObject']], ['metricName', ['metric', 'name'], ''], ['targetValue', ['target', 'value'], '0'], ['selector', ['metric', 'selector']], ['averageValue', ['target', 'averageValue']]],
    pods: [['metricName', ['metric', 'name'], ''], ['targetAverageValue', ['target', 'averageValue'], '0'], ['selector', ['metric', 'selector']]],
    resource: [['name', ['name'], ''], ['targetAverageUtilization', ['target', 'averageUtilization']], ['targetAverageValue', ['target', 'averageValue']]],
    containerResource: [['name', ['name'], ''], ['targetAverageUtilization', ['target', 'averageUtilization']], ['targetAverageValue', ['target', 'averageValue']], ['container', ['container'], '']],
    external: [['metricName', ['metric', 'name'], ''], ['metricSelector', ['metric', 'selector']], ['targetValue', ['target', 'value']], ['targetAverageValue', ['target', 'averageValue']]],
  },
  typeOf(source, { value, averageValue, averageUtilization }) {
    if (averageUtilization !== undefined) return 'Utilization'
    return value === undefined || (source === 'object' && averageValue !== undefined) ? 'AverageValue' : 'Value'
  },
}

const statuses: Sources = {
  parts: {
    object: [['target', ['describedObject']], ['metricName', ['metric', 'name'], ''], ['currentValue', ['current', 'value'], '0'], ['selector', ['metric', 'selector']], ['averageValue', ['current', 'averageValue']]],
    pods: [['metricName', ['metric', 'name'], ''], ['currentAverageValue', ['current', 'averageValue'], '0'], ['selector', ['metric', 'selector']]],
    resource: [['name', ['name'], ''], ['currentAverageUtilization', ['current', 'averageUtilization']], ['currentAverageValue', ['current', 'averageValue'], '0']],
    containerResource: [['name', ['name'], ''], ['currentAverageUtilization', ['current', 'averageUtilization']], ['currentAverageValue', ['current', 'averageValue'], '0'], ['container', ['container'], '']],
    external: [['metricName', ['metric', 'name'], ''], ['metricSelector', ['metric', 'selector']], ['currentValue', ['current', 'value'], '0'], ['currentAverageValue', ['current', 'averageValue']]],
  },
}

/** OV2: a metric as v1 writes it. */
function older(metric: unknown, { parts }: Sources): Fields {
  const result: Fields = { type: fieldAt(metric, 'type') }
  for (const [source, fields] of Object.entries(parts)) {
    const given = fieldAt(metric, source)
    if (!isPlainObject(given)) continue
    result[source] = Object.fromEntries(fields.map(([name, path, always]) => [name, inOrder(fieldAt(given, ...path)) ?? always]).filter(([, value]) => value !== undefined))
  }
  return result
}

/** References are written kind first. */
function inOrder(value: unknown): unknown {
  if (!isPlainObject(value) || value['kind'] === undefined) return value
  const { kind, name, ...rest } = value
  return { kind, name, ...rest }
}

/** And back. */
function newer(metric: Fields, { parts, typeOf }: Sources): Fields {
  const result: Fields = { type: metric['type'] }
  for (const [source, fields] of Object.entries(parts)) {
    const given = metric[source]
    if (!isPlainObject(given)) continue
    const made: Fields = typeOf === undefined ? { current: {} } : { target: {} }
    for (const [name, [first, second], always] of fields) {
      const value = given[name] ?? always
      if (value === undefined || isSilent(source, name, value, given)) continue
      if (second === undefined) made[first!] = value
      else made[first!] = { ...asFields(made[first!]), [second]: value }
    }
    const target = made['target']
    if (typeOf !== undefined && isPlainObject(target)) made['target'] = { type: typeOf(source, target), ...target }
    result[source] = made
  }
  return result
}

/** v1 cannot leave the value of an object's metric out, even where the average is meant. */
function isSilent(source: string, name: string, value: unknown, given: Fields): boolean {
  return source === 'object' && name === 'targetValue' && value === '0' && given['averageValue'] !== undefined
}

function plainCondition(condition: unknown): Fields {
  const { type, status, lastTransitionTime = null, reason, message } = asFields(condition)
  return { type, status, lastTransitionTime, ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) }
}

/** OV2 */
function namelessBehavior(behavior: Fields): Fields {
  const rules = (given: unknown) => (isPlainObject(given)
    ? {
      StabilizationWindowSeconds: given['stabilizationWindowSeconds'] ?? null,
      SelectPolicy: given['selectPolicy'] ?? null,
      Policies: Array.isArray(given['policies']) ? given['policies'].map(policy => ({ Type: fieldAt(policy, 'type'), Value: fieldAt(policy, 'value'), PeriodSeconds: fieldAt(policy, 'periodSeconds') })) : null,
      Tolerance: given['tolerance'] ?? null,
    }
    : null)
  return { ScaleUp: rules(behavior['scaleUp']), ScaleDown: rules(behavior['scaleDown']) }
}

const behaviorNames = ['scaleUp', 'scaleDown', 'stabilizationWindowSeconds', 'selectPolicy', 'policies', 'tolerance', 'type', 'value', 'periodSeconds']
const nameByLetters = new Map(behaviorNames.map(name => [name.toLowerCase(), name]))

function namedBehavior(value: Fields): Fields {
  const named = (given: unknown): unknown => (Array.isArray(given) ? given.map(named) : isPlainObject(given) ? namedBehavior(given) : given)
  return Object.fromEntries(Object.entries(value).flatMap(([key, given]) => {
    const name = nameByLetters.get(key.toLowerCase())
    return name === undefined || given === null ? [] : [[name, named(given)]]
  }))
}

function withoutNotes(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => !Object.values<string>(notes).includes(name)))
}

function withAnnotations({ annotations: _annotations, ...metadata }: Metadata, annotations: Record<string, string>): Metadata {
  return { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) }
}

/** OV4 */
function readNote(metadata: Metadata, name: string): unknown {
  const text = metadata.annotations?.[name]
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function readNotes(metadata: Metadata, name: string): Fields[] | undefined {
  const value = readNote(metadata, name)
  return Array.isArray(value) ? value.filter(isPlainObject) : undefined
}

function asFields(value: unknown): Fields {
  return isPlainObject(value) ? value : {}
}

function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let here: unknown = value
  for (const name of path) here = isPlainObject(here) ? here[name] : undefined
  return here
}

function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = fieldAt(value, ...path)
  return typeof found === 'number' ? found : undefined
}

function listAt(value: unknown, name: string): readonly unknown[] {
  const found = fieldAt(value, name)
  return Array.isArray(found) ? found : []
}
