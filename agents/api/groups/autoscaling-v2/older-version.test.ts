import { describe, expect, test } from 'vitest'
import { pick, seededRandom } from '../../../base/random.ts'
import type { Random } from '../../../base/random.ts'
import { decodeObject } from '../../schema/decode.ts'
import type { HorizontalPodAutoscaler as V1 } from '../autoscaling-v1/types.ts'
import { fromV1, toV1 } from './older-version.ts'
import type { HorizontalPodAutoscaler } from './types.ts'

type Fields = Record<string, unknown>

const definition = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler'
const ref = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }
const kind = 'HorizontalPodAutoscaler'

function newer(spec: Fields, status: Fields = {}): HorizontalPodAutoscaler {
  return { ...decodeObject({ metadata: { name: 'h' }, spec: { scaleTargetRef: ref, maxReplicas: 5, ...spec }, status }, definition).object, kind, apiVersion: 'autoscaling/v2' } as unknown as HorizontalPodAutoscaler
}

function older(spec: Fields, annotations: Record<string, string> = {}): V1 {
  return { kind, apiVersion: 'autoscaling/v1', metadata: { name: 'h', ...(Object.keys(annotations).length === 0 ? {} : { annotations }) }, spec: { scaleTargetRef: ref, maxReplicas: 5, ...spec }, status: { currentReplicas: 0, desiredReplicas: 0 } } as unknown as V1
}

const note = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`
const cpu = (averageUtilization: number) => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } })

function randomMetric(random: Random): Fields {
  const metric = { name: 'm', ...(random.next() < 0.5 ? { selector: { matchLabels: { a: 'b' } } } : {}) }
  const average = { type: 'AverageValue', averageValue: '100m' }
  const amount = pick(random, [average, { type: 'Value', value: '3' }])
  const share = pick(random, [average, { type: 'Utilization', averageUtilization: 40 }])
  return pick(random, [
    { type: 'Resource', resource: { name: 'memory', target: share } },
    { type: 'Resource', resource: { name: 'cpu', target: average } },
    { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', target: share } },
    { type: 'Pods', pods: { metric, target: average } },
    { type: 'Object', object: { describedObject: ref, metric, target: amount } },
    { type: 'External', external: { metric, target: amount } },
  ])!
}

describe('autoscaling/v1', () => {
  test('OV1 OV2 two hundred autoscalers go there and back and lose nothing but the place of the CPU metric', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seededRandom(seed)
      const others = Array.from({ length: Math.floor(random.next() * 4) }, () => randomMetric(random))
      const cpus = random.next() < 0.5 || others.length === 0 ? [cpu(70)] : []
      const rules = { stabilizationWindowSeconds: 30, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }] }
      const behavior = random.next() < 0.3 ? { behavior: pick(random, [{ scaleUp: rules }, { scaleUp: rules, scaleDown: rules }]) } : {}
      const conditions = random.next() < 0.5 ? [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'r', message: 'm' }] : undefined
      const made = newer({ metrics: [...others, ...cpus], ...behavior }, conditions === undefined ? {} : { conditions, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50, averageValue: '5m' } } }] })
      const served = toV1(made)
      expect(fromV1(served), `seed ${seed}`).toEqual(made)
      const mixed = toV1(newer({ metrics: [...cpus, ...others], ...behavior }))
      expect(mixed.spec, `seed ${seed}`).toEqual(served.spec)
    }
  })

  test('OV2 notes have the form of v1', () => {
    const { metadata, spec } = toV1(newer({
      metrics: [cpu(70), { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } }, { type: 'Object', object: { describedObject: ref, metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '2' } } }],
      behavior: { scaleDown: { stabilizationWindowSeconds: 60, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] } },
    }))
    expect(spec).toEqual({ scaleTargetRef: ref, maxReplicas: 5, targetCPUUtilizationPercentage: 70 })
    expect(metadata.annotations).toEqual({
      [note('metrics')]: '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}},{"type":"Object","object":{"target":{"kind":"Deployment","name":"d","apiVersion":"apps/v1"},"metricName":"m","targetValue":"0","averageValue":"2"}}]',
      [note('behavior')]: '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":null,"Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
    })
  })

  test('OV1 OV2 what was measured is kept whole, and its last CPU utilization shown', () => {
    const measured = (averageUtilization: number) => ({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization, averageValue: '5m' } } })
    const { metadata, status } = toV1(newer({}, { currentMetrics: [measured(40), measured(50)] }))
    expect(status).toMatchObject({ currentCPUUtilizationPercentage: 50 })
    expect(metadata.annotations![note('current-metrics')]).toBe('[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":40,"currentAverageValue":"5m"}},{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":50,"currentAverageValue":"5m"}}]')
  })

  test('OV3 without a metric 80 % of CPU is meant', () => {
    expect(fromV1(older({})).spec).toMatchObject({ metrics: [cpu(80)] })
    expect(fromV1(older({}, { [note('metrics')]: '[{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"1"}}]' })).spec)
      .toMatchObject({ metrics: [{ type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } } }] })
  })

  test('OV4 notes that are no JSON say nothing, and no note is stored', () => {
    const stored = fromV1(older({ targetCPUUtilizationPercentage: 10 }, { [note('metrics')]: '{', [note('behavior')]: 'x', mine: 'y' }))
    expect(stored.spec).toMatchObject({ metrics: [cpu(10)] })
    expect(stored.metadata.annotations).toEqual({ mine: 'y' })
  })
})
