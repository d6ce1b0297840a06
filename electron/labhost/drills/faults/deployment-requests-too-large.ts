/** Pods ask for more than any node has. */
import { containerFault } from './template-fault.ts'

export const deploymentRequestsTooLarge = containerFault({
  name: 'deployment-requests-too-large', title: 'Requests that no node can meet',
  parameters: [{ name: 'cpu', type: 'number', unit: 'cores', least: 1, most: 1_000, default: 100 }],
  effect: 'The containers of the deployment request so many processors.',
  evidence: 'New pods stay Pending with FailedScheduling "Insufficient cpu"; the old ones serve on.',
  wrong: (container, { cpu }) => ({ ...container, resources: { requests: { cpu: String(Math.round(Number(cpu))) } } }),
})
