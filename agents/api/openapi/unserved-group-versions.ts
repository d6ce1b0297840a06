/**
 * Group versions that upstream's binary knows but serves to nobody unless asked. Its OpenAPI v2 document says that options and
 * watch events belong to them too.
 */
import type { GroupVersion } from './schemas.ts'

const versions: Readonly<Record<string, readonly string[]>> = {
  'admission.k8s.io': ['v1', 'v1beta1'], 'admissionregistration.k8s.io': ['v1alpha1', 'v1beta1'], 'apiextensions.k8s.io': ['v1beta1'], 'apiregistration.k8s.io': ['v1beta1'],
  apps: ['v1beta1', 'v1beta2'], 'authentication.k8s.io': ['v1alpha1', 'v1beta1'], 'authorization.k8s.io': ['v1beta1'], batch: ['v1beta1'], 'certificates.k8s.io': ['v1alpha1', 'v1beta1'],
  'coordination.k8s.io': ['v1alpha2', 'v1beta1'], 'discovery.k8s.io': ['v1beta1'], 'events.k8s.io': ['v1beta1'], extensions: ['v1beta1'],
  'flowcontrol.apiserver.k8s.io': ['v1beta1', 'v1beta2', 'v1beta3'], 'imagepolicy.k8s.io': ['v1alpha1'], 'internal.apiserver.k8s.io': ['v1alpha1'], 'networking.k8s.io': ['v1beta1'],
  'node.k8s.io': ['v1alpha1', 'v1beta1'], policy: ['v1beta1'], 'rbac.authorization.k8s.io': ['v1alpha1', 'v1beta1'], 'resource.k8s.io': ['v1alpha3', 'v1beta1', 'v1beta2'],
  'scheduling.k8s.io': ['v1alpha2', 'v1beta1'], 'storage.k8s.io': ['v1alpha1', 'v1beta1'], 'storagemigration.k8s.io': ['v1beta1'],
}

export const unservedGroupVersions: readonly GroupVersion[] = Object.entries(versions).flatMap(([group, each]) => each.map(version => ({ group, version })))
