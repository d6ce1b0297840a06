/**
 * What a failed Pod means under spec.podFailurePolicy: the first rule that matches decides.
 *
 *   JF1  onExitCodes looks at containers that ended with a code other than 0; In and NotIn compare with the values.
 *   JF2  onPodConditions needs a condition of that type and status (True if none is given).
 *   JF3  Without a matching rule the failure counts.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { PodFailurePolicy, PodFailurePolicyRule } from '../../../../api/groups/batch-v1/types.ts'

export interface FailureVerdict {
  readonly action: 'Count' | 'Ignore' | 'FailJob' | 'FailIndex'
  /** For FailJob: the message of the Job's condition. */
  readonly message: string
}

const counts: FailureVerdict = { action: 'Count', message: '' }

export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const why = matchOf(rule, pod)
    if (why !== undefined) return { action: rule.action as FailureVerdict['action'], message: `${why} matching ${rule.action} rule at index ${index}` }
  }
  return counts // JF3
}

function matchOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const subject = `pod ${pod.metadata.namespace}/${pod.metadata.name}`
  if (onExitCodes !== undefined) { // JF1
    const ended = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].find(({ name, state }) => {
      const code = state?.terminated?.exitCode
      if (code === undefined || code === 0 || (onExitCodes.containerName !== undefined && onExitCodes.containerName !== name)) return false
      return (onExitCodes.values ?? []).includes(code) === (onExitCodes.operator === 'In')
    })
    return ended === undefined ? undefined : `Container ${ended.name} for ${subject} failed with exit code ${ended.state?.terminated?.exitCode}`
  }
  const condition = pod.status.conditions?.find(({ type, status }) => onPodConditions?.some(pattern => pattern.type === type && (pattern.status ?? 'True') === status) === true) // JF2
  return condition === undefined ? undefined : `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${condition.type}`
}
