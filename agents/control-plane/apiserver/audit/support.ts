import { absent, partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Audit', 'policies of audit.k8s.io/v1', 'Event in JSON and legacy form', 'log file with rotation, blocking, blocking-strict and batch'),
  partial('Audit', 'requestObject of a create or update', 'as decoded, before defaults are set'),
  partial('Audit', 'the Panic stage', 'told of failures of this server that are nobody\'s fault'),
  partial('Audit', 'webhook backend', 'batch only; no throttling, no truncation of large events'),
  absent('Audit', 'truncating backends (--audit-log-truncate-enabled, --audit-webhook-truncate-enabled)', 'events are as large as what they tell of'),
]
