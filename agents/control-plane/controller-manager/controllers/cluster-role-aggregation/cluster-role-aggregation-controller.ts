/**
 * ClusterRole aggregation: fills the rules of ClusterRoles that have an aggregationRule from the roles it selects.
 *
 * Reads   ClusterRoles          Writes   ClusterRoles (rules)
 * Woken   by every ClusterRole: it may be selected by any of the aggregating ones
 *
 *   CA1  Rules of the selected roles follow each other in the order of the roles' names, each rule once.
 *   CA2  A role never selects itself.
 */
import type { ClusterRole, PolicyRule } from '../../../../api/groups/rbac-v1/types.ts'
import { clusterRoles } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import { matchesLabelSelector } from '../../../../api/selectors/label-selector.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { canonicalText, isEqualJson } from '../../pods/canonical.ts'

export const clusterRoleAggregationController: Controller = {
  name: 'clusterrole-aggregation-controller',
  reconciles: clusterRoles,
  ignores: ({ object }) => (object as ClusterRole).aggregationRule === undefined,
  alsoWokenBy: [wokenBy(clusterRoles, ({ object, previous }, caches) => (previous !== undefined && isEqualJson([previous.rules, previous.metadata.labels], [object.rules, object.metadata.labels])
    ? [] : caches.list(clusterRoles).filter(role => role.aggregationRule !== undefined && role.metadata.name !== object.metadata.name).map(keyOf)))],
  rehearse: 'reconcile',
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const role = deps.cache.get(clusterRoles, key)
  const selectors = role?.aggregationRule?.clusterRoleSelectors
  if (role === undefined || selectors === undefined || role.metadata.deletionTimestamp !== undefined) return done
  const selected = deps.cache.list(clusterRoles)
    .filter(other => other.metadata.name !== key.name && selectors.some(selector => matchesLabelSelector(selector, other.metadata.labels))) // CA2
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const rules = new Map<string, PolicyRule>()
  for (const rule of selected.flatMap(other => other.rules ?? [])) if (!rules.has(canonicalText(rule))) rules.set(canonicalText(rule), rule) // CA1
  const wanted = [...rules.values()]
  if (isEqualJson(wanted, role.rules ?? [])) return done
  await deps.client.update(clusterRoles, { ...role, rules: wanted }, { fieldManager: 'clusterrole-aggregation-controller' }, signal)
  return done
}
