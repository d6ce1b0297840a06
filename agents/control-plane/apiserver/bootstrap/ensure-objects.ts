/**
 * The objects that every cluster starts with, made when missing and mended when they lack something.
 *
 *   BO1  Each object is ensured on its own; one that fails is tried again until it holds, and only then is the server ready.
 *   BO2  Roles and bindings with autoupdate "true" get back the rules and subjects they lack; what was added stays.
 *   BO3  An object that exists is otherwise left as it is.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import { serverItself } from '../access/user-info.ts'
import { uncovered } from '../access/rule-coverage.ts'
import { rbacGroup, rulesOf } from '../access/rbac-authorizer.ts'
import type { PolicyRule } from '../access/rbac-authorizer.ts'
import { ApiError } from '../http/api-error.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import type { ObjectWriter } from '../registry/object-writer.ts'
import { sameValue } from '../registry/object-equality.ts'
import type { ResourceTable } from '../registry/resource-table.ts'
import type { WriteContext } from '../registry/write-context.ts'
import { clusterRoleBindings, clusterRoles } from './cluster-roles.ts'
import type { BindingSpec, RoleSpec } from './cluster-roles.ts'
import { controllerRules } from './controller-roles.ts'
import { namespaceBindings, namespaceRoles } from './namespace-roles.ts'

export interface BootstrapDeps {
  readonly table: ResourceTable
  readonly writer: ObjectWriter
  readonly clock: Clock
  readonly log: Log
}

export interface WantedObject {
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly object: Fields & { metadata: { name: string } & Fields }
  /** Who owns the fields, when not the server as such. */
  readonly manager?: string
  /** What to change of an existing one; undefined leaves it. */
  mend?(existing: KubeObject): KubeObject | undefined
}

const defaultsMeta = { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } }

export function serverContext(signal: AbortSignal, manager = 'kube-apiserver'): WriteContext {
  return { user: serverItself, dryRun: false, manager, signal, warn() {}, mark() {} }
}

/** Resolves when all hold (BO1). */
export async function ensureObjects(wanted: readonly WantedObject[], deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const left = [...wanted]
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await ensureUntilHeld(next, deps, signal)
  }
  await Promise.all(Array.from({ length: 24 }, worker))
}

async function ensureUntilHeld(wanted: WantedObject, deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await ensureObject(wanted, deps, signal)
      return
    } catch (error) {
      signal.throwIfAborted()
      deps.log.warn('bootstrap object could not be ensured', { resource: wanted.resource, name: wanted.object.metadata.name, error: errorText(error) })
      await sleep(deps.clock, 500, signal)
    }
  }
}

export async function ensureObject(wanted: WantedObject, deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const resource = deps.table.stored(wanted)!
  const { name } = wanted.object.metadata
  const existing = deps.table.get(wanted, wanted.namespace, name)
  const context = serverContext(signal, wanted.manager)
  if (existing === undefined) {
    const object = { kind: resource.kind, apiVersion: resource.apiVersion, ...structuredClone(wanted.object) } as unknown as KubeObject
    try {
      await deps.writer.create(resource, wanted.namespace, object, context)
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
    }
    return
  }
  if (wanted.mend?.(existing) === undefined) return
  await deps.writer.update({ resource, namespace: wanted.namespace, name }, current => wanted.mend!(current!) ?? current!, context, { allowsUnconditional: true })
}

export function wantedNamespaces(): WantedObject[] {
  return ['kube-system', 'kube-public', 'kube-node-lease', 'default'].map(name => ({ group: '', resource: 'namespaces', namespace: '', object: { metadata: { name } } }))
}

export function wantedPriorityClasses(): WantedObject[] {
  const classes = [
    { name: 'system-node-critical', value: 2_000_001_000, description: 'Used for system critical pods that must not be moved from their current node.' },
    { name: 'system-cluster-critical', value: 2_000_000_000, description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.' },
  ]
  return classes.map(({ name, ...rest }) => ({ group: 'scheduling.k8s.io', resource: 'priorityclasses', namespace: '', object: { metadata: { name }, ...rest } }))
}

export function wantedRbac(): WantedObject[] {
  const roles: RoleSpec[] = [
    ...clusterRoles.map(role => (role.aggregates === undefined ? role : { ...role, rules: aggregatedRules(role.aggregates) })),
    ...Object.entries(controllerRules).map(([name, rules]) => ({ name: `system:controller:${name}`, rules })),
  ]
  const bindings: BindingSpec[] = [
    ...clusterRoleBindings,
    ...Object.keys(controllerRules).map(name => ({ name: `system:controller:${name}`, role: `system:controller:${name}`, subjects: [{ kind: 'ServiceAccount' as const, name, namespace: 'kube-system' }] })),
  ]
  return [
    ...roles.map(role => roleObject('clusterroles', '', role)),
    ...bindings.map(binding => bindingObject('clusterrolebindings', '', binding, 'ClusterRole')),
    ...namespaceRoles.map(role => roleObject('roles', role.namespace, role)),
    ...namespaceBindings.map(binding => bindingObject('rolebindings', binding.namespace, binding, 'Role')),
  ]
}

/** What the aggregation controller would make of the roles known here, so that they work before it runs. */
function aggregatedRules(targets: readonly string[]): PolicyRule[] {
  const label = (target: string) => `rbac.authorization.k8s.io/aggregate-to-${target}`
  const gathered = clusterRoles.filter(role => targets.some(target => role.labels?.[label(target)] === 'true'))
  return gathered.flatMap(role => (role.aggregates === undefined ? [...role.rules] : aggregatedRules(role.aggregates)))
}

function roleObject(resource: string, namespace: string, role: RoleSpec): WantedObject {
  const labels = { ...defaultsMeta.labels, ...role.labels }
  const aggregation = role.aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: role.aggregates.map(target => ({ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${target}`]: 'true' } })) } }
  return {
    group: rbacGroup,
    resource,
    namespace,
    object: { metadata: { name: role.name, annotations: defaultsMeta.annotations, labels }, ...aggregation, rules: role.rules },
    mend: existing => {
      if (!updatesItself(existing)) return undefined
      const missing = role.aggregates === undefined ? uncovered(rulesOf(existing), role.rules) : []
      if (missing.length === 0) return undefined
      return { ...existing, rules: [...rulesOf(existing), ...role.rules.filter(rule => uncovered(rulesOf(existing), [rule]).length > 0)] } // BO2
    },
  }
}

function bindingObject(resource: string, namespace: string, binding: BindingSpec, roleKind: string): WantedObject {
  const subjects = binding.subjects.map(({ kind, name, namespace: of }) => (kind === 'ServiceAccount' ? { kind, name, namespace: of } : { apiGroup: rbacGroup, kind, name }))
  return {
    group: rbacGroup,
    resource,
    namespace,
    object: { metadata: { name: binding.name, ...defaultsMeta }, roleRef: { apiGroup: rbacGroup, kind: roleKind, name: binding.role }, ...(subjects.length === 0 ? {} : { subjects }) },
    mend: existing => {
      if (!updatesItself(existing)) return undefined
      const known = listAt(existing, 'subjects')
      const missing = subjects.filter(subject => !known.some(other => sameSubject(other, subject)))
      return missing.length === 0 ? undefined : { ...existing, subjects: [...known, ...missing] }
    },
  }
}

function sameSubject(a: unknown, b: unknown): boolean {
  return textAt(a, 'kind') === textAt(b, 'kind') && textAt(a, 'name') === textAt(b, 'name') && sameValue(fieldAt(a, 'namespace'), fieldAt(b, 'namespace'))
}

function updatesItself(object: KubeObject): boolean {
  return object.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'true'
}
