/** How near the kinds are to upstream's: what is not listed is the same. Read by build/support-page.ts. */
import { absent, partial, same } from '../base/support-row.ts'
import type { SupportLevel, SupportRow } from '../base/support-row.ts'

/** By group/version/resource. */
export const kindSupport: Readonly<Record<string, { readonly level: SupportLevel; readonly reason: string }>> = {
  '/v1/componentstatuses': { level: 'partial', reason: 'deprecated; the list is empty: components tell of their health themselves' },
  '/v1/pods': { level: 'partial', reason: 'a refused update names the fields that differ, not upstream\'s diff of its internal type' },
  'resource.k8s.io/v1/deviceclasses': { level: 'partial', reason: 'selectors are compiled on write; what they may cost is not estimated' },
  'resource.k8s.io/v1/resourceclaims': { level: 'partial', reason: 'requests, selectors, constraints, configuration and status are checked; the cost of selectors is not, nor are tolerations' },
  'resource.k8s.io/v1/resourceclaimtemplates': { level: 'partial', reason: 'requests, selectors, constraints and configuration are checked; the cost of selectors is not, nor are tolerations' },
  'resource.k8s.io/v1/resourceslices': { level: 'partial', reason: 'taints, counters, node selectors and binding conditions of devices are not checked on write' },
}

const beta = 'off by default in upstream too; not served here'
const alpha = 'alpha; not served here'

export const unservedVersions: Readonly<Record<string, string>> = {
  'admissionregistration.k8s.io/v1alpha1': alpha,
  'admissionregistration.k8s.io/v1beta1': beta,
  'certificates.k8s.io/v1alpha1': alpha,
  'certificates.k8s.io/v1beta1': `${beta}: ClusterTrustBundle, PodCertificateRequest`,
  'coordination.k8s.io/v1alpha2': alpha,
  'coordination.k8s.io/v1beta1': `${beta}: LeaseCandidate`,
  'internal.apiserver.k8s.io/v1alpha1': alpha,
  'networking.k8s.io/v1beta1': `${beta}; v1 is served`,
  'resource.k8s.io/v1alpha3': alpha,
  'resource.k8s.io/v1beta1': `${beta}; v1 is served`,
  'resource.k8s.io/v1beta2': `${beta}; v1 is served`,
  'scheduling.k8s.io/v1alpha2': `${alpha}: Workload, PodGroup`,
  'storage.k8s.io/v1beta1': `${beta}; v1 is served`,
  'storagemigration.k8s.io/v1beta1': beta,
}

const schema = 'Schema'
const validation = 'Validation'

export const support: readonly SupportRow[] = [
  ...same(schema, 'defaults of every kind, stable when read back', 'canonical quantities and times', 'OpenAPI v2 as JSON and protobuf', 'OpenAPI v3 with hashes, merge keys, list-map keys, enumerations and GVK extensions', 'descriptions in OpenAPI (kubectl explain)', 'JSON, YAML and protobuf bodies of built-in kinds'),
  absent(schema, 'CBOR', 'a beta gate that is off by default in upstream'),
  partial(validation, 'field paths, reasons and texts', 'of several mistakes in one object, a few kinds list them in another order'),
  ...same(validation, 'sources of volumes, every one', 'strict, warning and ignored unknown and duplicate fields'),
  partial(validation, 'values shown in messages', 'whole structs are shown with their JSON names, not those of Go'),
  ...same('Printing', 'server-side tables of every kind, narrow and wide', 'PartialObjectMetadata'),
]
