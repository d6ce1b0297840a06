/**
 * Resources that are stored in one version and also served in another.
 *
 *   VW1  events.k8s.io/v1 Events are core/v1 Events: note is message, regarding is involvedObject, and so on.
 *   VW2  autoscaling/v1 HorizontalPodAutoscalers are autoscaling/v2 ones; what v1 cannot say is kept in annotations.
 *   VW3  There and back loses nothing.
 */
import type { KubeObject } from './kube-object.ts'
import { fieldAt, isFields, listAt, numberAt } from './kube-object.ts'
import type { Fields } from './kube-object.ts'
import type { View } from './served-resource.ts'

export const eventView: View = {
  toServed: stored => renamed(stored, 'events.k8s.io/v1', [
    ['involvedObject', 'regarding'],
    ['message', 'note'],
    ['reportingComponent', 'reportingController'],
    ['source', 'deprecatedSource'],
    ['firstTimestamp', 'deprecatedFirstTimestamp'],
    ['lastTimestamp', 'deprecatedLastTimestamp'],
    ['count', 'deprecatedCount'],
  ]),
  toStored: served => renamed(served, 'v1', [
    ['regarding', 'involvedObject'],
    ['note', 'message'],
    ['reportingController', 'reportingComponent'],
    ['deprecatedSource', 'source'],
    ['deprecatedFirstTimestamp', 'firstTimestamp'],
    ['deprecatedLastTimestamp', 'lastTimestamp'],
    ['deprecatedCount', 'count'],
  ]),
}

function renamed(object: KubeObject, apiVersion: string, names: readonly (readonly [string, string])[]): KubeObject {
  const { kind, apiVersion: _old, metadata, ...rest } = object
  const result: KubeObject = { kind, apiVersion, metadata }
  const to = new Map(names)
  for (const [name, value] of Object.entries(rest)) result[to.get(name) ?? name] = value
  return result
}

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const currentMetricsAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics'
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions'
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'

export const autoscalerView: View = {
  toServed(stored) {
    const spec = asFields(stored['spec'])
    const status = asFields(stored['status'])
    const { metrics: _metrics, behavior, ...plainSpec } = spec
    const { currentMetrics: _current, conditions, ...plainStatus } = status
    const cpu = listAt(spec, 'metrics').find(isCpuUtilization)
    const currentCpu = listAt(status, 'currentMetrics').find(isCpuUtilization)
    const others = listAt(spec, 'metrics').filter(metric => metric !== cpu)
    const otherCurrent = listAt(status, 'currentMetrics').filter(metric => metric !== currentCpu)
    const target = numberAt(cpu, 'resource', 'target', 'averageUtilization')
    const current = numberAt(currentCpu, 'resource', 'current', 'averageUtilization')
    const annotations = {
      ...stored.metadata.annotations,
      ...noteOf(metricsAnnotation, others),
      ...noteOf(currentMetricsAnnotation, otherCurrent),
      ...noteOf(conditionsAnnotation, Array.isArray(conditions) ? conditions : []),
      ...(behavior === undefined ? {} : { [behaviorAnnotation]: JSON.stringify(behavior) }),
    }
    return {
      kind: stored.kind,
      apiVersion: 'autoscaling/v1',
      metadata: { ...stored.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
      spec: { ...plainSpec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
      status: { ...plainStatus, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
    }
  },
  toStored(served) {
    const { targetCPUUtilizationPercentage: target, ...spec } = asFields(served['spec'])
    const { currentCPUUtilizationPercentage: current, ...status } = asFields(served['status'])
    const { [metricsAnnotation]: metrics, [currentMetricsAnnotation]: currentMetrics, [conditionsAnnotation]: conditions, [behaviorAnnotation]: behavior, ...annotations } = served.metadata.annotations ?? {}
    const allMetrics = [...(typeof target === 'number' ? [cpuMetric({ target: { type: 'Utilization', averageUtilization: target } })] : []), ...readNote(metrics)]
    const allCurrent = [...(typeof current === 'number' ? [cpuMetric({ current: { averageUtilization: current } })] : []), ...readNote(currentMetrics)]
    const { annotations: _annotations, ...metadata } = served.metadata
    return {
      kind: served.kind,
      apiVersion: 'autoscaling/v2',
      metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
      spec: { ...spec, ...(allMetrics.length === 0 ? {} : { metrics: allMetrics }), ...(behavior === undefined ? {} : { behavior: JSON.parse(behavior) as Fields }) },
      status: {
        ...status,
        ...(allCurrent.length === 0 ? {} : { currentMetrics: allCurrent }),
        ...(conditions === undefined ? {} : { conditions: readNote(conditions) }),
      },
    }
  },
}

function cpuMetric(values: Fields): Fields {
  return { type: 'Resource', resource: { name: 'cpu', ...values } }
}

function isCpuUtilization(metric: unknown): boolean {
  const isCpu = fieldAt(metric, 'type') === 'Resource' && fieldAt(metric, 'resource', 'name') === 'cpu'
  return isCpu && (numberAt(metric, 'resource', 'target', 'averageUtilization') ?? numberAt(metric, 'resource', 'current', 'averageUtilization')) !== undefined
}

function noteOf(name: string, values: readonly unknown[]): Record<string, string> {
  return values.length === 0 ? {} : { [name]: JSON.stringify(values) }
}

function readNote(text: string | undefined): Fields[] {
  if (text === undefined) return []
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter(isFields) : []
  } catch {
    return []
  }
}

function asFields(value: unknown): Fields {
  return isFields(value) ? value : {}
}
