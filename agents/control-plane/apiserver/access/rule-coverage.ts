/**
 * Whether one set of rights contains another: nobody hands out more than he holds.
 * Upstream: component-helpers/auth/rbac/validation/policy_comparator.go.
 *
 *   RV1  The rights asked for are broken into single ones (one verb, group, resource, name or URL); each must be covered by one rule.
 */
import { pathMatches } from './rbac-authorizer.ts'
import type { PolicyRule } from './rbac-authorizer.ts'

/** The single rights in `wanted` that no rule of `held` covers. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(rule => [...brokenDown(rule)]).filter(single => !held.some(rule => covers(rule, single))) // RV1
}

function* brokenDown(rule: PolicyRule): Iterable<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] }
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const names = rule.resourceNames ?? []
        if (names.length === 0) yield { verbs: [verb], apiGroups: [group], resources: [resource] }
        for (const name of names) yield { verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: [name] }
      }
    }
  }
}

function covers(rule: PolicyRule, single: PolicyRule): boolean {
  if (!hasAll(rule.verbs, single.verbs)) return false
  const url = single.nonResourceURLs?.[0]
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some(pattern => pattern === url || (pattern.endsWith('*') && pathMatches(pattern, url)))
  return hasAll(rule.apiGroups ?? [], single.apiGroups ?? []) && coversResource(rule.resources ?? [], single.resources![0]!) && coversNames(rule, single)
}

function hasAll(held: readonly string[], wanted: readonly string[]): boolean {
  return held.includes('*') || wanted.every(item => held.includes(item))
}

function coversResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true
  const slash = wanted.indexOf('/')
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`)
}

function coversNames(rule: PolicyRule, single: PolicyRule): boolean {
  const held = rule.resourceNames ?? []
  const wanted = single.resourceNames ?? []
  return held.length === 0 || (wanted.length > 0 && wanted.every(name => held.includes(name)))
}

/** Rights to the same resource (and name) become one with all their verbs, as rules are written. Upstream: registry/validation/policy_compact.go. */
export function compacted(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>()
  const result: PolicyRule[] = []
  for (const rule of rules) {
    const key = simpleKey(rule)
    const known = key === undefined ? undefined : simple.get(key)
    if (known !== undefined) {
      ;(known.verbs as string[]).push(...rule.verbs.filter(verb => !known.verbs.includes(verb)))
      continue
    }
    const copy = { ...rule, verbs: [...rule.verbs] }
    result.push(copy)
    if (key !== undefined) simple.set(key, copy)
  }
  return result
}

function simpleKey({ apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string | undefined {
  const isSimple = apiGroups.length === 1 && resources.length === 1 && resourceNames.length <= 1 && nonResourceURLs.length === 0
  return isSimple ? JSON.stringify([apiGroups[0], resources[0], resourceNames[0]]) : undefined
}

/** A right as upstream prints it in a refusal. */
export function ruleText(rule: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined) => (values === undefined || values.length === 0 ? [] : [`${name}:[${values.map(value => JSON.stringify(value)).join(' ')}]`])
  return `{${[...list('APIGroups', rule.apiGroups), ...list('Resources', rule.resources), ...list('NonResourceURLs', rule.nonResourceURLs), ...list('ResourceNames', rule.resourceNames), ...list('Verbs', rule.verbs)].join(', ')}}`
}
