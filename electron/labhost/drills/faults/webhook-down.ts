/** An admission webhook whose server has gone. */
import { webhookFault } from './webhook-fault.ts'

export const webhookDown = webhookFault({
  name: 'webhook-down', title: 'A webhook is down', url: 'https://127.0.0.1:1/validate',
  effect: 'A validating webhook is registered for the namespace at an address where nobody listens.',
  evidence: 'Writes there fail with "failed calling webhook … connection refused"; with the policy Ignore they pass and the failure is counted.',
})
