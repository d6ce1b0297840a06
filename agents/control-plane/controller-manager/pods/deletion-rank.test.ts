import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { timeText } from '../../../base/clock.ts'
import { inDeletionOrder } from './deletion-rank.ts'

const nowMs = Date.parse('2026-01-02T00:00:00Z')

interface Traits { node?: string; phase?: string; readyForMs?: number; cost?: string; restarts?: number; ageMs?: number; uid?: string }

function podOf(name: string, { node = 'n1', phase = 'Running', readyForMs = 3_600_000, cost, restarts = 0, ageMs = 7_200_000, uid = name }: Traits = {}): Pod {
  return {
    metadata: { name, uid, creationTimestamp: timeText(nowMs - ageMs), annotations: cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost } },
    spec: { nodeName: node },
    status: { phase, containerStatuses: [{ restartCount: restarts }], conditions: readyForMs < 0 ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: timeText(nowMs - readyForMs) }] },
  } as unknown as Pod
}

describe('which Pods go first', () => {
  it.each<[string, Traits, Traits]>([
    ['DR1: on no node, before one that is not ready on a node', { node: '' }, { phase: 'Pending', readyForMs: -1 }],
    ['DR2: Pending before Unknown', { phase: 'Pending' }, { phase: 'Unknown', readyForMs: -1 }],
    ['DR2: Unknown before Running', { phase: 'Unknown' }, { readyForMs: -1 }],
    ['DR3: not ready, however dear', { readyForMs: -1, cost: '100' }, { cost: '-100' }],
    ['DR4: the cheaper', { cost: '-1', readyForMs: 7_200_000 }, { readyForMs: 1_000 }],
    ['DR6: ready for a shorter time', { readyForMs: 60_000 }, { readyForMs: 3_600_000, restarts: 9 }],
    ['DR7: restarted more often', { restarts: 2, ageMs: 9_000_000 }, { restarts: 1 }],
    ['DR7: younger', { ageMs: 7_100_000, uid: 'z' }, {}],
    ['DR7: else by uid', { uid: 'a' }, { uid: 'b' }],
  ])('%s', (_rule, first, second) => {
    const pods = [podOf('second', second), podOf('first', first)]
    expect(inDeletionOrder(pods, [], nowMs).map(({ metadata }) => metadata.name)).toEqual(['first', 'second'])
  })

  it('DR5: where more Pods of the same kin are', () => {
    const pods = [podOf('alone', { node: 'n1' }), podOf('crowded', { node: 'n2' })]
    expect(inDeletionOrder(pods, [...pods, podOf('kin', { node: 'n2' })], nowMs).map(({ metadata }) => metadata.name)).toEqual(['crowded', 'alone'])
  })

  it('DR6: hours of readiness that differ by little count as the same', () => {
    const pods = [podOf('a', { readyForMs: 3_700_000 }), podOf('b', { readyForMs: 3_600_000 })]
    expect(inDeletionOrder(pods, [], nowMs).map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  })
})
