/**
 * Rules of a pod's topology spread constraints. Upstream: pkg/apis/core/validation validateTopologySpreadConstraints.
 *
 *   TS1  A skew and a least number of domains are greater than zero; the latter only binds with DoNotSchedule.
 *   TS2  A pair of topology key and reaction is constrained once.
 *   TS3  Keys to match are label names that the selector does not have, and need a selector.
 */
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import { isQualifiedName } from '../../validation/names.ts'
import type { TopologySpreadConstraint } from './types.ts'

const reactions = ['DoNotSchedule', 'ScheduleAnyway']
const inclusionPolicies = ['Honor', 'Ignore']

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: string): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const at = `${path}[${index}]`
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint
    const errors: FieldError[] = []
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero')) // TS1
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'))
    if (!reactions.includes(whenUnsatisfiable)) errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, reactions))
    if (constraints.slice(index + 1).some(other => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)) // TS2
    if (minDomains !== undefined && minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'))
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') errors.push(invalid(`${at}.minDomains`, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`))
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field]
      if (policy !== undefined && !inclusionPolicies.includes(policy)) errors.push(notSupported(`${at}.${field}`, policy, inclusionPolicies))
    }
    return [...errors, ...validateMatchLabelKeys(constraint, at), ...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`)]
  })
}

/** TS3 */
function validateMatchLabelKeys({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, path: string): FieldError[] {
  if (matchLabelKeys.length === 0) return []
  const at = `${path}.matchLabelKeys`
  const selected = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  if (labelSelector === undefined) return [forbidden(at, 'must not be specified when labelSelector is not set')]
  return [
    ...matchLabelKeys.flatMap((key, index) => isQualifiedName(key).map(text => invalid(`${at}[${index}]`, key, text))),
    ...(labelSelector.matchExpressions ?? []).flatMap(({ key }) => {
      const index = matchLabelKeys.indexOf(key)
      const found = index >= 0 && selected.has(key) ? [invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')] : []
      selected.add(key)
      return found
    }),
  ]
}
