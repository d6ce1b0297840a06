import { describe, expect, it } from 'vitest'
import type { HorizontalPodAutoscalerBehavior } from '../../../../api/groups/autoscaling-v2/types.ts'
import { planScaling } from './plan-scaling.ts'
import type { Remembered, ScalingHistory } from './scaling-history.ts'
import { newHistory, rememberRecommendation, rememberRescale } from './scaling-history.ts'

const nowMs = 1_000_000
const ago = (seconds: number, replicas: number): Remembered => ({ replicas, atMs: nowMs - seconds * 1_000 })
const plan = (current: number, wanted: number, more: { behavior?: HorizontalPodAutoscalerBehavior; history?: Partial<ScalingHistory>; min?: number; max?: number } = {}) => {
  const { replicas, able, limited } = planScaling({
    currentReplicas: current, wanted, minReplicas: more.min ?? 1, maxReplicas: more.max ?? 100, behavior: more.behavior, history: { recommendations: [], grown: [], shrunk: [], ...more.history }, downscaleStabilisationMs: 300_000, nowMs,
  })
  return `${replicas} ${able.reason} ${limited.is ? limited.reason : '-'}`
}
const up = (rules: HorizontalPodAutoscalerBehavior['scaleUp']): { behavior: HorizontalPodAutoscalerBehavior } => ({ behavior: { scaleUp: rules! } })
const down = (rules: HorizontalPodAutoscalerBehavior['scaleDown']): { behavior: HorizontalPodAutoscalerBehavior } => ({ behavior: { scaleDown: rules! } })

describe('scaling', () => {
  it('SL1: without a behavior the highest recommendation of five minutes counts, and growth is to twice or four', () => {
    expect(plan(5, 2, { history: { recommendations: [ago(299, 4), ago(301, 9)] } })).toBe('4 ScaleDownStabilized -')
    expect(plan(5, 2)).toBe('2 ReadyForNewScale -')
    expect(plan(1, 9)).toBe('4 ReadyForNewScale ScaleUpLimit')
    expect(plan(5, 30)).toBe('10 ReadyForNewScale ScaleUpLimit')
  })

  it('SL4 SL5: bounds, and what they are told as', () => {
    expect(plan(5, 8, { max: 6 })).toBe('6 ReadyForNewScale TooManyReplicas')
    expect(plan(5, 1, { min: 3 })).toBe('3 ReadyForNewScale TooFewReplicas')
    expect(plan(5, 5)).toBe('5 ReadyForNewScale -')
    expect(plan(5, 8, { max: 6, ...up({ policies: [{ type: 'Pods', value: 9, periodSeconds: 60 }] }) })).toBe('6 ReadyForNewScale TooManyReplicas')
    expect(plan(5, 1, { min: 3, ...down({ stabilizationWindowSeconds: 0 }) })).toBe('3 ReadyForNewScale TooFewReplicas')
  })

  it('SL2: windows hold back growth and shrinking', () => {
    expect(plan(3, 9, { ...up({ stabilizationWindowSeconds: 60 }), history: { recommendations: [ago(30, 5), ago(90, 1)] } })).toBe('5 ScaleUpStabilized -')
    expect(plan(9, 3, { ...down({ stabilizationWindowSeconds: 60 }), history: { recommendations: [ago(30, 5), ago(90, 8)] } })).toBe('5 ScaleDownStabilized -')
    expect(plan(9, 3, { ...down({}), history: { recommendations: [ago(200, 7)] } })).toBe('7 ScaleDownStabilized -')
  })

  it('SL3: policies count from the start of their period, and selectPolicy chooses', () => {
    const policies = [{ type: 'Pods', value: 4, periodSeconds: 60 }, { type: 'Percent', value: 50, periodSeconds: 60 }]
    expect(plan(10, 50, up({ policies }))).toBe('15 ReadyForNewScale ScaleUpLimit')
    expect(plan(10, 50, up({ policies, selectPolicy: 'Min' }))).toBe('14 ReadyForNewScale ScaleUpLimit')
    expect(plan(10, 50, up({ policies, selectPolicy: 'Disabled' }))).toBe('10 ReadyForNewScale ScaleUpLimit')
    expect(plan(10, 50, { ...up({ policies }), history: { grown: [ago(30, 5), ago(61, 5)] } })).toBe('10 ReadyForNewScale ScaleUpLimit')
    expect(plan(10, 50, { ...up({ policies }), history: { grown: [ago(30, 2)] } })).toBe('12 ReadyForNewScale ScaleUpLimit')
    const slow = { policies, stabilizationWindowSeconds: 0 }
    expect(plan(10, 1, down(slow))).toBe('5 ReadyForNewScale ScaleDownLimit')
    expect(plan(10, 1, down({ ...slow, selectPolicy: 'Min' }))).toBe('6 ReadyForNewScale ScaleDownLimit')
    expect(plan(10, 1, { ...down(slow), history: { shrunk: [ago(30, 6)] } })).toBe('8 ReadyForNewScale ScaleDownLimit')
  })

  it('HA5: history keeps what windows and periods may ask for, and no more', () => {
    const history = newHistory(3, nowMs - 400_000)
    rememberRecommendation(history, 4, nowMs, 300_000)
    expect(history.recommendations).toEqual([ago(0, 4)])
    rememberRescale(history, 3, 5, undefined, nowMs)
    expect(history.grown).toEqual([])
    const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } }
    rememberRescale(history, 3, 5, behavior, nowMs - 61_000)
    rememberRescale(history, 5, 4, behavior, nowMs)
    expect([history.grown, history.shrunk]).toEqual([[], [ago(0, 1)]])
  })
})
