import { describe, expect, it } from 'vitest'
import type { Deployment, RollingUpdateDeployment } from '../../../../api/groups/apps-v1/types.ts'
import { boundsOf } from './plan-rollout.ts'

describe('bounds of a rollout', () => {
  it.each<[string, number, RollingUpdateDeployment | undefined, [number, number]]>([
    ['surge rounds up, unavailable down', 10, undefined, [3, 2]],
    ['few Pods leave none unavailable', 3, undefined, [1, 0]],
    ['numbers are taken as they are', 3, { maxSurge: 2, maxUnavailable: 1 }, [2, 1]],
    ['none of both would stand still', 3, { maxSurge: 0, maxUnavailable: 0 }, [0, 1]],
    ['no more unavailable than there are', 1, { maxSurge: 0, maxUnavailable: 5 }, [0, 1]],
  ])('RO2: %s (%i)', (_why, replicas, rollingUpdate, [maxSurge, maxUnavailable]) => {
    expect(boundsOf({ spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate } } } as unknown as Deployment)).toEqual({ maxSurge, maxUnavailable })
  })
})
