/** An admission webhook whose certificate nobody can trust. */
import { webhookFault } from './webhook-fault.ts'

export const webhookBadTls = webhookFault({
  name: 'webhook-bad-tls', title: 'A webhook with a bad certificate', url: null,
  effect: 'A validating webhook is registered for the namespace whose certificate is not from an authority that it names.',
  evidence: 'Writes there fail with "failed calling webhook … x509: certificate signed by unknown authority".',
})
