/** Rows of docs/support.md about admission plugins. */
import { absent, partial, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'
import { pluginsWithoutEffect } from './plugins-without-effect.ts'

const admission = 'Admission plugins'

export const support: readonly SupportRow[] = [
  ...same(admission, 'NamespaceLifecycle', 'LimitRanger', 'ServiceAccount', 'NodeRestriction (off unless enabled, as upstream)', 'TaintNodesByCondition', 'PodSecurity (every check of every version, exemptions, defaults)', 'Priority', 'DefaultTolerationSeconds', 'DefaultStorageClass', 'StorageObjectInUseProtection', 'PersistentVolumeClaimResize', 'RuntimeClass', 'CertificateApproval, CertificateSigning, CertificateSubjectRestriction', 'DefaultIngressClass', 'PodTopologyLabels', 'PodResizeValidator'),
  partial(admission, 'ResourceQuota', 'claims for devices count by class; they do not count toward requests.<extended resource> of the class behind it (DRAExtendedResource), pods do'),
  partial(admission, 'rights to resourceclaims/binding and resourceclaims/driver', 'the right to update or to patch is enough for both'),
  ...same(admission, 'MutatingAdmissionWebhook, ValidatingAdmissionWebhook', 'MutatingAdmissionPolicy, ValidatingAdmissionPolicy'),
  ...same(admission, 'off by default, as upstream: AlwaysAdmit, AlwaysDeny, AlwaysPullImages, DenyServiceExternalIPs, EventRateLimit, ExtendedResourceToleration, ImagePolicyWebhook, LimitPodHardAntiAffinityTopology, NamespaceAutoProvision, NamespaceExists, OwnerReferencesPermissionEnforcement, PodNodeSelector, PodTolerationRestriction'),
  ...Object.entries(pluginsWithoutEffect).map(([name, why]) => partial(admission, name, `accepted by name; ${why}`)),
  absent(admission, 'webhooks and policies from files (staticManifestsDir)', 'alpha in upstream; refused by name'),
]
