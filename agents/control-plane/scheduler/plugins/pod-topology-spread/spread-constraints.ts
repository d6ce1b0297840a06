/**
 * A pod's spreading constraints, read. Upstream: podtopologyspread/common.go.
 *
 *   SP1  matchLabelKeys add the pod's own values of those labels to the selector.
 *   SP2  minDomains is 1, nodeAffinityPolicy Honor and nodeTaintsPolicy Ignore unless said.
 *   SP3  A pod with constraints of its own takes no default ones, not even of the other kind.
 *   SP4  Default constraints take their selector from what owns or selects the pod.
 */
import type { Pod, TopologySpreadConstraint } from '../../../../api/groups/core-v1/types.ts'
import type { Selector } from '../../../../api/selectors/label-selector.ts'
import { matches, selectorOf, selectorText } from '../../../../api/selectors/label-selector.ts'
import type { PodTopologySpreadArgs } from '../../framework/plugin-args.ts'
import type { ClusterLookups } from '../../snapshot/cluster.ts'
import { workloadSelector } from './workload-selector.ts'

export const hostname = 'kubernetes.io/hostname'

const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostname, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

export interface SpreadConstraint {
  readonly key: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selector: Selector
  readonly selectorId: string
  readonly selfMatches: boolean
  readonly honoursAffinity: boolean
  readonly honoursTaints: boolean
}

type Action = 'DoNotSchedule' | 'ScheduleAnyway'

export function spreadConstraints(pod: Pod, action: Action, { defaultConstraints, defaultingType }: PodTopologySpreadArgs, lookups: ClusterLookups): readonly SpreadConstraint[] {
  const own = pod.spec.topologySpreadConstraints ?? []
  if (own.length > 0) return own.filter(constraint => constraint.whenUnsatisfiable === action).map(constraint => read(constraint, pod, selectorWithKeys(constraint, pod))) // SP3
  const defaults = (defaultingType === 'System' ? systemDefaults : defaultConstraints).filter(constraint => constraint.whenUnsatisfiable === action)
  const selector = defaults.length === 0 ? undefined : workloadSelector(pod, lookups)
  return selector === undefined ? [] : defaults.map(constraint => read(constraint, pod, selector)) // SP4
}

/** SP1 */
function selectorWithKeys({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, pod: Pod): Selector {
  const labels = pod.metadata.labels ?? {}
  const selector = selectorOf(labelSelector)
  const keys = selector.nothing ? [] : matchLabelKeys.filter(key => labels[key] !== undefined && !selector.requirements.some(there => there.key === key && there.operator === 'in' && there.values.length === 1 && there.values[0] === labels[key]))
  return keys.length === 0 ? selector : { requirements: [...selector.requirements, ...keys.map(key => ({ key, operator: '=' as const, values: [labels[key]!] }))], nothing: false }
}

/** SP2 */
function read(constraint: TopologySpreadConstraint, pod: Pod, selector: Selector): SpreadConstraint {
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    selector,
    selectorId: selector.nothing ? '∅' : selectorText(selector),
    selfMatches: matches(selector, pod.metadata.labels),
    honoursAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honoursTaints: constraint.nodeTaintsPolicy === 'Honor',
  }
}
