/** Every admission plugin there is, in upstream's order, with those that are on by default. */
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import type { Authorizer } from '../access/authorizer.ts'
import type { RbacAuthorizer } from '../access/rbac-authorizer.ts'
import type { ObjectWriter } from '../registry/object-writer.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { claimResize, defaultIngressClass, defaultStorageClass, runtimeClass } from './defaults-by-class.ts'
import type { DynamicAdmission } from './dynamic/dynamic-admission.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { podSecurity } from './pod-security.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { roleEscalation } from './role-escalation.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

export interface PluginDeps {
  readonly reader: ObjectReader
  readonly dynamic: DynamicAdmission
  readonly random: Random
  readonly clock: Clock
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
  /** Asked for when first needed: the writer itself runs admission. */
  readonly quotaStore: () => { readonly writer: ObjectWriter; readonly quotas: ServedResource }
}

const optional = new Set(['NodeRestriction'])
/** Upstream plugins that are accepted by name and have nothing to do here yet. */
const withoutEffect = new Set([
  'AlwaysAdmit', 'NamespaceExists', 'ClusterTrustBundleAttest', 'PodTopologyLabels',
])

export function enabledPlugins(deps: PluginDeps, enable: readonly string[], disable: readonly string[]): AdmissionPlugin[] {
  const all: AdmissionPlugin[] = [
    namespaceLifecycle(deps.reader),
    limitRanger(deps.reader),
    serviceAccount(deps.reader, deps.random),
    nodeRestriction(deps.reader),
    taintNodesByCondition(),
    podSecurity(deps.reader),
    priority(deps.reader),
    defaultTolerationSeconds(),
    defaultStorageClass(deps.reader),
    storageObjectInUseProtection(),
    claimResize(deps.reader),
    runtimeClass(deps.reader),
    certificateApproval(deps.authorizer),
    certificateSigning(deps.authorizer),
    certificateSubjectRestriction(),
    defaultIngressClass(deps.reader),
    roleEscalation(deps.authorizer, deps.rbac),
    deps.dynamic.mutatingPolicies,
    deps.dynamic.mutatingWebhooks,
    deps.dynamic.validatingPolicies,
    deps.dynamic.validatingWebhooks,
    resourceQuota(deps.reader, deps.quotaStore),
  ]
  const names = new Set(all.map(plugin => plugin.name))
  for (const name of [...enable, ...disable]) {
    if (!names.has(name) && !withoutEffect.has(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is unknown`)
  }
  return all.filter(plugin => !disable.includes(plugin.name) && (!optional.has(plugin.name) || enable.includes(plugin.name)))
}
