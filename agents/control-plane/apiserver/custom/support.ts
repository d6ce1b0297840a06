/** Rows of docs/support.md about custom resources. */
import { partial, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same(
    'Custom resources',
    'structural schemas: pruning, defaulting, nullable, formats, keyed lists, embedded objects',
    'x-kubernetes-validations (CEL) with cost limits and ratcheting',
    'status and scale, printer columns, selectable fields, deprecation warnings',
    'several versions with conversion None or Webhook (ConversionReview v1, v1beta1)',
    'server-side apply, JSON patch, merge patch; strategic merge is refused (415)',
    'conditions, name conflicts, api-approved.kubernetes.io, deletion of all instances',
    'discovery and OpenAPI v2 and v3 of custom resources',
  ),
  partial('Custom resources', 'owners (managedFields) that speak of a version which the definition has no more', 'they are forgotten; upstream answers applying with 500 and lets an update clear all owners'),
  ...same('Custom resources', 'admission webhooks with matchPolicy Equivalent over several versions'),
]
