import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { HorizontalPodAutoscalerSpec, MetricSpec } from '../../../../api/groups/autoscaling-v2/types.ts'
import { podMetrics } from '../../../../api/metrics/metrics-types.ts'
import { deployments, events, horizontalPodAutoscalers, pods } from '../../../../api/resources.ts'
import type { ResourceType } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { StatusError, newStatus } from '../../../../machinery/status-error.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { createAutoscalerController } from './autoscaler-controller.ts'

const at = { namespace: 'default', name: 'web' }
const cpu: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createAutoscalerController(sampleConfig))
})
afterEach(() => scene[Symbol.asyncDispose]())

function target(replicas: number, name = 'web') {
  scene.cluster.put(deployments, { metadata: { namespace: 'default', name }, spec: { replicas, selector: { matchLabels: { app: name } }, template: { spec: { containers: [] } } }, status: { replicas } })
}

function running(count: number, cpuMillis: number, app = 'web') {
  const since = timeText(scene.clock.now() - 3_600_000)
  for (let index = 0; index < count; index++) {
    const metadata = { namespace: 'default', name: `${app}-${index}`, labels: { app } }
    scene.cluster.put(pods, { metadata, spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] }, status: { phase: 'Running', startTime: since, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] } })
    scene.cluster.put(podMetrics, { metadata, timestamp: timeText(scene.clock.now()), window: '15s', containers: [{ name: 'c', usage: { cpu: `${cpuMillis}m` } }] } as never)
  }
}

async function autoscale(spec: Partial<HorizontalPodAutoscalerSpec> = {}, name = 'web') {
  await scene.cluster.create(horizontalPodAutoscalers, { metadata: { namespace: 'default', name }, spec: { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, maxReplicas: 10, metrics: [cpu], ...spec } })
  await scene.settle(100)
}

const look = () => scene.settle(15_001)
const replicas = () => scene.cluster.peek(deployments, at)!.spec.replicas
const status = (name = 'web') => scene.cluster.peek(horizontalPodAutoscalers, { namespace: 'default', name })!.status
const conditions = (name = 'web') => (status(name).conditions ?? []).map(condition => `${condition.type} ${condition.status} ${condition.reason}`)
const told = async () => {
  await scene.settle(100)
  return scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)
}

describe('horizontal pod autoscaler controller', () => {
  it('scales as the metric asks, and tells why', async () => {
    target(2)
    running(2, 900)
    await autoscale()
    expect(replicas()).toBe(4)
    expect(status()).toMatchObject({ currentReplicas: 2, desiredReplicas: 4, lastScaleTime: expect.any(String) as unknown, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '900m' } } }] })
    expect(conditions()).toEqual(['AbleToScale True SucceededRescale', 'ScalingActive True ValidMetricFound', 'ScalingLimited False DesiredWithinRange'])
    expect(await told()).toEqual(['SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target'])
  })

  it('SL1: shrinks when nothing has asked for more for five minutes', async () => {
    target(4)
    running(4, 100)
    await autoscale()
    await look()
    expect(replicas()).toBe(4)
    expect(conditions()[0]).toBe('AbleToScale True ScaleDownStabilized')
    for (let turn = 0; turn < 21; turn++) await look()
    expect(replicas()).toBe(1)
  })

  it('HA1, ME1: the metric that asks for most counts; one that cannot be read keeps everything that is there, and is told', async () => {
    target(2)
    running(2, 900)
    const custom: MetricSpec = { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } }
    await autoscale({ metrics: [cpu, custom] })
    expect(replicas()).toBe(4)
    expect(status().currentMetrics).toEqual([expect.objectContaining({ type: 'Resource' }), { type: '' }])
    expect(await told()).toContain('FailedGetPodsMetric: unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered')
    running(2, 10)
    await look()
    expect(replicas()).toBe(4)
    expect(conditions()).toContain('ScalingActive False FailedGetPodsMetric')
    expect(await told()).toContain('FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered')
  })

  it('HA2: bounds come before metrics, and zero is left alone', async () => {
    target(20)
    await autoscale()
    expect(replicas()).toBe(10)
    expect(await told()).toEqual(['SuccessfulRescale: New size: 10; reason: Current number of replicas above Spec.MaxReplicas'])
    target(0)
    await look()
    expect(replicas()).toBe(0)
    expect(conditions()).toContain('ScalingActive False ScalingDisabled')
  })

  it('HA3: pods of two autoscalers are scaled by neither', async () => {
    target(2)
    running(2, 900)
    await autoscale()
    await autoscale({}, 'rival')
    expect(conditions('rival')).toContain('ScalingActive False AmbiguousSelector')
    expect(await told()).toContain('AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [default/rival default/web]')
  })

  it('HA4: no target, no metrics, a refused write: each has its condition and event', async () => {
    await autoscale()
    expect(conditions()).toEqual(['AbleToScale False FailedGetScale'])
    expect(await told()).toEqual(['FailedGetScale: deployments.apps "web" not found'])
    target(2)
    await look()
    expect(conditions()).toEqual(['AbleToScale True SucceededGetScale', 'ScalingActive False FailedGetResourceMetric'])
    expect(await told()).toContain('FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API')
    running(2, 900)
    scene.cluster.failNext(new StatusError(newStatus(403, 'Forbidden', 'not you')), ({ verb, subresource }) => verb === 'update' && subresource === 'scale')
    await look()
    expect(conditions()[0]).toBe('AbleToScale False FailedUpdateScale')
    expect(await told()).toContain('FailedRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target; error: not you')
    await look()
    expect(replicas()).toBe(4)
  })

  it('ME1: of an external metric the failure itself is told, and what was being got only with the whole', async () => {
    target(2)
    const queue = (target: 'value' | 'averageValue'): MetricSpec => ({ type: 'External', external: { metric: { name: 'queue' }, target: { type: target === 'value' ? 'Value' : 'AverageValue', [target]: '2' } } })
    await autoscale({ metrics: [queue('value')] })
    const missing = 'unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)'
    expect(await told()).toEqual(expect.arrayContaining([`FailedGetExternalMetric: ${missing}`, `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get queue external metric value: failed to get external metric queue: ${missing}`]))
    await scene.cluster.patch(horizontalPodAutoscalers, at, { spec: { metrics: [queue('averageValue')] } }, { patchType: 'merge' })
    await look()
    expect(await told()).toContain(`FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get queue external metric value: failed to get queue external metric: ${missing}`)
  })

  it('ME2: memory is told in binary units, and a Pod without the container asked for has no metrics', async () => {
    target(2)
    running(2, 900)
    for (const pod of scene.cluster.all(podMetrics)) scene.cluster.put(podMetrics, { ...pod, containers: [{ name: 'c', usage: { cpu: '1', memory: '32Mi' } }] } as never)
    await autoscale({ metrics: [{ type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '32Mi' } } }] })
    expect(status().currentMetrics).toEqual([{ type: 'Resource', resource: { name: 'memory', current: { averageValue: '32Mi' } } }])
    await scene.cluster.patch(horizontalPodAutoscalers, at, { spec: { metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'other', target: { type: 'Utilization', averageUtilization: 50 } } }] } }, { patchType: 'merge' })
    await look()
    expect(await told()).toContain('FailedGetContainerResourceMetric: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)')
  })

  it('scales custom resources, and from zero by a metric of something outside', async () => {
    const gadgets: ResourceType = { group: 'example.com', version: 'v1', resource: 'gadgets', kind: 'Gadget', namespaced: true }
    scene.cluster.extraTypes.push(gadgets)
    scene.cluster.put(gadgets, { metadata: at, spec: { replicas: 0, selector: { matchLabels: { app: 'g' } } }, status: { replicas: 0 } } as never)
    scene.cluster.answers = ({ path }) => (path === '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=q%3Da' ? { items: [{ value: '3' }, { value: '4500m' }] } : undefined)
    const queue: MetricSpec = { type: 'External', external: { metric: { name: 'queue', selector: { matchLabels: { q: 'a' } } }, target: { type: 'Value', value: '2' } } }
    await autoscale({ minReplicas: 0, metrics: [queue], scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Gadget', name: 'web' } })
    expect((scene.cluster.peek(gadgets, at) as unknown as { spec: { replicas: number } }).spec.replicas).toBe(4)
    expect(status().currentMetrics).toEqual([{ type: 'External', external: { metric: queue.external!.metric, current: { value: '7500m' } } }])
    expect(await told()).toEqual(['SuccessfulRescale: New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{q: a,},MatchExpressions:[]LabelSelectorRequirement{},}) above target'])
  })
})
