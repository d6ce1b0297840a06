import { partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Audit', 'policies of audit.k8s.io/v1', 'Event in JSON and legacy form', 'log file with rotation; webhook', 'blocking, blocking-strict and batch for both, with throttling of batches', 'truncation of large events', 'requestObject of a create or update, with defaults'),
  partial('Audit', 'the Panic stage', 'told of failures of this server that are nobody\'s fault'),
  partial('Audit', 'blocking modes of the webhook', 'a request waits for its first event; later events are posted while its answer is on the way'),
]
