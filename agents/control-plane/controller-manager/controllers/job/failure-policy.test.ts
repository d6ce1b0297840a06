import { describe, expect, it } from 'vitest'
import type { PodFailurePolicy, PodFailurePolicyRule } from '../../../../api/groups/batch-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { judgeFailure } from './failure-policy.ts'

const pod = {
  metadata: { namespace: 'default', name: 'p' },
  status: { phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True' }, { type: 'Ready', status: 'False' }], containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 42 } } }, { name: 'sidecar', state: { terminated: { exitCode: 0 } } }] },
} as unknown as Pod
const judge = (...rules: readonly Partial<PodFailurePolicyRule>[]) => judgeFailure({ rules } as PodFailurePolicy, pod).action

describe('what a failed Pod means', () => {
  it.each<[string, Partial<PodFailurePolicyRule>, string]>([
    ['JF1: a code in the list', { onExitCodes: { operator: 'In', values: [42] } }, 'FailJob'],
    ['JF1: a code not in the list', { onExitCodes: { operator: 'NotIn', values: [7] } }, 'FailJob'],
    ['JF1: 0 is no failure', { onExitCodes: { operator: 'NotIn', values: [42] } }, 'Count'],
    ['JF1: of another container', { onExitCodes: { operator: 'In', values: [42], containerName: 'sidecar' } }, 'Count'],
    ['JF2: a condition that is True, as nothing else is said', { onPodConditions: [{ type: 'DisruptionTarget' }] as PodFailurePolicyRule['onPodConditions'] & object }, 'FailJob'],
    ['JF2: a condition of the status asked for', { onPodConditions: [{ type: 'Ready', status: 'False' }] }, 'FailJob'],
    ['JF2: a condition of another status', { onPodConditions: [{ type: 'DisruptionTarget', status: 'False' }] }, 'Count'],
    ['JF2: a condition it does not have', { onPodConditions: [{ type: 'Other', status: 'True' }] }, 'Count'],
  ])('%s', (_rule, pattern, action) => {
    expect(judge({ action: 'FailJob', ...pattern })).toBe(action)
  })

  it('JF3: the first rule that matches decides; where none does, the failure counts', () => {
    const matching = { onExitCodes: { operator: 'In', values: [42] } }
    expect(judge({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }, { action: 'Ignore', ...matching }, { action: 'FailIndex', ...matching })).toBe('Ignore')
    expect(judge()).toBe('Count')
    expect(judgeFailure(undefined, pod).action).toBe('Count')
  })
})
