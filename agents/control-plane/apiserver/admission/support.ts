/** Rows of docs/support.md about admission plugins. */
import { absent, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

const admission = 'Admission plugins'

export const support: readonly SupportRow[] = [
  ...same(admission, 'NamespaceLifecycle', 'LimitRanger', 'ServiceAccount', 'NodeRestriction (off unless enabled, as upstream)', 'TaintNodesByCondition', 'PodSecurity', 'Priority', 'DefaultTolerationSeconds', 'DefaultStorageClass', 'StorageObjectInUseProtection', 'PersistentVolumeClaimResize', 'RuntimeClass', 'CertificateApproval, CertificateSigning, CertificateSubjectRestriction', 'DefaultIngressClass', 'ResourceQuota'),
  absent(admission, 'AlwaysPullImages, DenyServiceExternalIPs, EventRateLimit, ExtendedResourceToleration, ImagePolicyWebhook, LimitPodHardAntiAffinityTopology, NamespaceAutoProvision, OwnerReferencesPermissionEnforcement, PodNodeSelector, PodTolerationRestriction, AlwaysDeny', 'off by default in upstream; their names are refused'),
]
