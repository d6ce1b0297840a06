/** Every admission plugin there is, in upstream's order, with those that are on by default. */
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import type { Authorizer } from '../access/authorizer.ts'
import type { RbacAuthorizer } from '../access/rbac-authorizer.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { priority } from './priority.ts'
import { roleEscalation } from './role-escalation.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

export interface PluginDeps {
  readonly reader: ObjectReader
  readonly random: Random
  readonly clock: Clock
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
}

const optional = new Set(['NodeRestriction'])
/** Upstream plugins that are accepted by name and have nothing to do here yet. */
const withoutEffect = new Set([
  'AlwaysAdmit', 'NamespaceExists', 'RuntimeClass', 'CertificateApproval', 'CertificateSigning', 'ClusterTrustBundleAttest', 'CertificateSubjectRestriction', 'DefaultIngressClass', 'DefaultStorageClass',
  'PersistentVolumeClaimResize', 'LimitRanger', 'PodSecurity', 'ResourceQuota', 'MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook', 'ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy', 'PodTopologyLabels',
])

export function enabledPlugins(deps: PluginDeps, enable: readonly string[], disable: readonly string[]): AdmissionPlugin[] {
  const all: AdmissionPlugin[] = [
    namespaceLifecycle(deps.reader),
    serviceAccount(deps.reader, deps.random),
    nodeRestriction(deps.reader),
    taintNodesByCondition(),
    priority(deps.reader),
    defaultTolerationSeconds(),
    storageObjectInUseProtection(),
    roleEscalation(deps.authorizer, deps.rbac),
  ]
  const names = new Set(all.map(plugin => plugin.name))
  for (const name of [...enable, ...disable]) {
    if (!names.has(name) && !withoutEffect.has(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is unknown`)
  }
  return all.filter(plugin => !disable.includes(plugin.name) && (!optional.has(plugin.name) || enable.includes(plugin.name)))
}
