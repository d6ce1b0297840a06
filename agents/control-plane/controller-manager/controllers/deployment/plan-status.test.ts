import { describe, expect, it } from 'vitest'
import type { Deployment, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import { timeText } from '../../../../base/clock.ts'
import { conditionOf, countStatus, newCondition, rolloutStatus, withCondition } from './plan-status.ts'

const deployment = { metadata: { name: 'web' }, spec: { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }, status: {} } as unknown as Deployment
const setWith = (availableReplicas: number, conditions: readonly object[] = []) => ({ metadata: { name: 'web-1' }, spec: { replicas: 4 }, status: { replicas: 4, availableReplicas, conditions } }) as unknown as ReplicaSet

describe('status of a Deployment', () => {
  it.each([[4, 'True'], [3, 'True'], [2, 'False']])('DS1: %i of 4 Pods available, one may be missing: Available %s', (available, expected) => {
    expect(conditionOf(countStatus(deployment, [setWith(available)], undefined, 0), 'Available')?.status).toBe(expected)
  })

  it('DS3: what says the same is not touched; a new reason keeps the time of the transition, a new status does not', () => {
    const before = [newCondition('Progressing', 'True', 'Begun', 'as it was', 1_000)]
    const times = (status: 'True' | 'False', reason: string) => withCondition(before, newCondition('Progressing', status, reason, 'anew', 2_000)).map(({ message, lastTransitionTime }) => [message, lastTransitionTime])
    expect(times('True', 'Begun')).toEqual([['as it was', timeText(1_000)]])
    expect(times('True', 'Going on')).toEqual([['anew', timeText(1_000)]])
    expect(times('False', 'Stuck')).toEqual([['anew', timeText(2_000)]])
  })

  it('DS4: a set that cannot make its Pods makes the Deployment say so, as long as it cannot', () => {
    const failing = setWith(0, [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }])
    const status = rolloutStatus(deployment, [failing], failing, 0)
    expect(conditionOf(status, 'ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate', message: 'exceeded quota' })
    expect(conditionOf(rolloutStatus({ ...deployment, status }, [setWith(0)], undefined, 0), 'ReplicaFailure')).toBeUndefined()
  })
})
