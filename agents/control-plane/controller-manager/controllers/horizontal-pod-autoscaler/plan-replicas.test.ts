/** The golden holds its own questions: write a case, then run with GOLDEN=write to see what it comes to. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { PodMetric, ReplicaInputs } from './plan-replicas.ts'
import { groupPods, planByAverage, planByUtilization, planByValue, planByValuePerPod } from './plan-replicas.ts'

const nowMs = Date.parse('2026-01-01T01:00:00Z')
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1_000).toISOString()
const golden = new URL('replicas.golden.txt', import.meta.url)

function podOf(name: string, state: string, request: string | undefined): Pod {
  const ready = state !== 'starting'
  return {
    metadata: { name, ...(state === 'deleting' ? { deletionTimestamp: at(1) } : {}) },
    spec: { containers: [{ name: 'c', resources: { requests: request === undefined ? {} : { cpu: `${request}m` } } }] },
    status: {
      phase: state === 'failed' ? 'Failed' : state === 'pending' ? 'Pending' : 'Running', startTime: at(ready ? 3_000 : 60),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(ready ? 2_900 : 60) }],
    },
  } as unknown as Pod
}

function answer(question: readonly string[]): string {
  const [head, ...podLines] = question.filter(line => !line.startsWith('#'))
  const [how, target, ...settings] = head!.split(' ')
  const of = Object.fromEntries(settings.map(setting => setting.split('='))) as Record<string, string | undefined>
  const states = podLines.map(line => line.split(' '))
  const metrics = new Map(states.flatMap(([, value], index) => (value === undefined ? [] : [[`p${index}`, { value: Number(value), atMs: nowMs - 5_000, windowMs: 15_000 } satisfies PodMetric] as const])))
  const inputs: ReplicaInputs = {
    currentReplicas: Number(of['now']), tolerances: { up: Number(of['up'] ?? 0.1), down: Number(of['down'] ?? 0.1) }, pods: states.map(([state], index) => podOf(`p${index}`, state!, of['request'])), nowMs,
    cpuInitializationPeriodMs: 300_000, initialReadinessDelayMs: 30_000,
  }
  try {
    if (how === 'utilization') {
      const { replicas, utilization, rawAverage } = planByUtilization(metrics, 'cpu', undefined, Number(target), inputs)
      return `replicas ${replicas} at ${utilization}% (${rawAverage})`
    }
    const plan = how === 'average' ? planByAverage(metrics, '', Number(target), inputs) : how === 'value' ? planByValue(Number(of['of']), Number(target), inputs) : planByValuePerPod(Number(of['of']), Number(target), inputs)
    return `replicas ${plan.replicas} at ${plan.usage}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('replicas', () => {
  const cases = readFileSync(golden, 'utf8').trim().split('\n\n').map(text => text.split('\n----')[0]!.split('\n'))
  const rendered = cases.map(question => `${question.join('\n')}\n----\n${answer(question)}`)
  if (process.env['GOLDEN'] === 'write') writeFileSync(golden, `${rendered.join('\n\n')}\n`)
  const written = readFileSync(golden, 'utf8').trim().split('\n\n')
  it.each(cases.map((question, index) => [question[0]!.slice(2), index] as const))('%s', (_title, index) => {
    expect(rendered[index]).toBe(written[index])
  })

  it('RP2: for cpu, a pod that starts up is unready; for memory it counts', () => {
    const ready = (status: string, changedAgo: number, startedAgo: number) => ({ metadata: { name: 'p' }, spec: { containers: [] }, status: { phase: 'Running', startTime: at(startedAgo), conditions: [{ type: 'Ready', status, lastTransitionTime: at(changedAgo) }] } }) as unknown as Pod
    const isUnready = (pod: Pod, resource = 'cpu', measuredAgo = 5) => groupPods(new Map([['p', { value: 1, atMs: nowMs - measuredAgo * 1_000, windowMs: 15_000 }]]), resource, { currentReplicas: 1, tolerances: { up: 0, down: 0 }, pods: [pod], nowMs, cpuInitializationPeriodMs: 300_000, initialReadinessDelayMs: 30_000 }).unready.length === 1
    expect(isUnready(ready('True', 10, 60))).toBe(true)
    expect(isUnready(ready('True', 30, 60))).toBe(false)
    expect(isUnready(ready('False', 50, 60))).toBe(true)
    expect(isUnready(ready('False', 590, 600))).toBe(true)
    expect(isUnready(ready('False', 100, 600))).toBe(false)
    expect(isUnready(ready('False', 50, 60), 'memory')).toBe(false)
  })
})
