/** Every admission plugin there is, in upstream's order, with those that are on by default. */
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import type { Authorizer } from '../access/authorizer.ts'
import type { RbacAuthorizer } from '../access/rbac-authorizer.ts'
import type { ObjectWriter } from '../registry/object-writer.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import type { AdmissionConfiguration } from './admission-configuration.ts'
import { alwaysAdmit, alwaysDeny } from './always.ts'
import { alwaysPullImages } from './always-pull-images.ts'
import { denyServiceExternalIps } from './deny-service-external-ips.ts'
import type { ObjectForms } from './dynamic/object-forms.ts'
import { deviceRights } from './device-rights.ts'
import { eventRateLimit } from './event-rate-limit.ts'
import { extendedResourceToleration } from './extended-resource-toleration.ts'
import { imagePolicyWebhook } from './image-policy-webhook.ts'
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts'
import { namespaceAutoProvision, namespaceExists } from './namespace-existence.ts'
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement.ts'
import { podNodeSelector } from './pod-node-selector.ts'
import { podResizeValidator } from './pod-resize-validator.ts'
import { pluginsWithoutEffect } from './plugins-without-effect.ts'
import { podTolerationRestriction } from './pod-toleration-restriction.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { claimResize, defaultIngressClass, defaultStorageClass, runtimeClass } from './defaults-by-class.ts'
import type { DynamicAdmission } from './dynamic/dynamic-admission.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import type { DefaultSeconds } from './default-toleration-seconds.ts'
import { readLimitedResources } from './limited-resources.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { readPodSecurityConfiguration } from './pod-security/configuration.ts'
import { podSecurity } from './pod-security/plugin.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { roleEscalation } from './role-escalation.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

export interface PluginDeps {
  readonly reader: ObjectReader
  readonly dynamic: DynamicAdmission
  readonly forms: () => ObjectForms
  readonly webhooks: WebhookClients
  readonly configuration: AdmissionConfiguration
  readonly tolerationSeconds: DefaultSeconds
  readonly createNamespace: (name: string, signal: AbortSignal) => Promise<void>
  readonly random: Random
  readonly clock: Clock
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
  /** Asked for when first needed: the writer itself runs admission. */
  readonly quotaStore: () => { readonly writer: ObjectWriter; readonly quotas: ServedResource }
}

/** In upstream's order (pkg/kubeapiserver/options/plugins.go). A plugin is made only when it is on: some need a configuration. */
function pluginMakers(deps: PluginDeps): readonly (readonly [name: string, make: () => AdmissionPlugin])[] {
  const { reader, configuration } = deps
  return [
    ['AlwaysAdmit', alwaysAdmit],
    ['NamespaceAutoProvision', () => namespaceAutoProvision(reader, deps.createNamespace)],
    ['NamespaceLifecycle', () => namespaceLifecycle(reader)],
    ['NamespaceExists', () => namespaceExists(reader)],
    ['LimitPodHardAntiAffinityTopology', limitPodHardAntiAffinityTopology],
    ['LimitRanger', () => limitRanger(reader)],
    ['ServiceAccount', () => serviceAccount(reader, deps.random)],
    ['NodeRestriction', () => nodeRestriction(reader, deps.authorizer)],
    ['TaintNodesByCondition', taintNodesByCondition],
    ['AlwaysPullImages', alwaysPullImages],
    ['ImagePolicyWebhook', () => imagePolicyWebhook(configuration.of('ImagePolicyWebhook'), { clients: deps.webhooks, clock: deps.clock, folder: configuration.folder })],
    ['PodSecurity', () => podSecurity(reader, readPodSecurityConfiguration(configuration.of('PodSecurity')))],
    ['PodNodeSelector', () => podNodeSelector(reader, configuration.of('PodNodeSelector'))],
    ['Priority', () => priority(reader)],
    ['DefaultTolerationSeconds', () => defaultTolerationSeconds(deps.tolerationSeconds)],
    ['PodTolerationRestriction', () => podTolerationRestriction(reader, configuration.of('PodTolerationRestriction'))],
    ['EventRateLimit', () => eventRateLimit(configuration.of('EventRateLimit'), deps.clock)],
    ['ExtendedResourceToleration', extendedResourceToleration],
    ['DefaultStorageClass', () => defaultStorageClass(reader)],
    ['StorageObjectInUseProtection', storageObjectInUseProtection],
    ['OwnerReferencesPermissionEnforcement', () => ownerReferencesPermissionEnforcement(deps.authorizer, deps.forms)],
    ['PersistentVolumeClaimResize', () => claimResize(reader)],
    ['RuntimeClass', () => runtimeClass(reader)],
    ['CertificateApproval', () => certificateApproval(deps.authorizer)],
    ['CertificateSigning', () => certificateSigning(deps.authorizer)],
    ['CertificateSubjectRestriction', certificateSubjectRestriction],
    ['DefaultIngressClass', () => defaultIngressClass(reader)],
    ['DenyServiceExternalIPs', denyServiceExternalIps],
    ['PodTopologyLabels', () => podTopologyLabels(reader)],
    ['PodResizeValidator', () => podResizeValidator(reader)],
    ['RoleEscalation', () => roleEscalation(deps.authorizer, deps.rbac)],
    ['DeviceRights', () => deviceRights(reader, deps.authorizer)],
    ['MutatingAdmissionPolicy', () => deps.dynamic.mutatingPolicies],
    ['MutatingAdmissionWebhook', () => deps.dynamic.mutatingWebhooks],
    ['ValidatingAdmissionPolicy', () => deps.dynamic.validatingPolicies],
    ['ValidatingAdmissionWebhook', () => deps.dynamic.validatingWebhooks],
    ['ResourceQuota', () => resourceQuota(reader, readLimitedResources(configuration.of('ResourceQuota')), deps.quotaStore)],
    ['AlwaysDeny', alwaysDeny],
  ]
}

const offByDefault = new Set([
  'AlwaysAdmit', 'NamespaceAutoProvision', 'NamespaceExists', 'LimitPodHardAntiAffinityTopology', 'NodeRestriction', 'AlwaysPullImages', 'ImagePolicyWebhook', 'PodNodeSelector',
  'PodTolerationRestriction', 'EventRateLimit', 'ExtendedResourceToleration', 'OwnerReferencesPermissionEnforcement', 'DenyServiceExternalIPs', 'AlwaysDeny',
])

export function enabledPlugins(deps: PluginDeps, enable: readonly string[], disable: readonly string[]): AdmissionPlugin[] {
  const makers = pluginMakers(deps)
  const names = new Set(makers.map(([name]) => name))
  const isKnown = (name: string) => names.has(name) || Object.hasOwn(pluginsWithoutEffect, name)
  for (const name of [...enable, ...disable]) if (!isKnown(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is unknown`)
  for (const name of deps.configuration.names) if (!isKnown(name)) throw new Error(`admission configuration: plugin ${JSON.stringify(name)} is unknown`)
  for (const name of enable) if (disable.includes(name)) throw new Error(`${name} in enable-admission-plugins and disable-admission-plugins overlapped`)
  return makers.filter(([name]) => !disable.includes(name) && (!offByDefault.has(name) || enable.includes(name))).map(([, make]) => make())
}
