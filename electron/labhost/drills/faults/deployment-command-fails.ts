/** Containers end as soon as they start. */
import { containerFault } from './template-fault.ts'

export const deploymentCommandFails = containerFault({
  name: 'deployment-command-fails', title: 'Containers that end at once',
  parameters: [{ name: 'exitCode', type: 'number', unit: '', least: 1, most: 255, default: 1 }],
  effect: 'The containers of the deployment run a command that ends with this exit code.',
  evidence: 'New pods are in Error and CrashLoopBackOff with the exit code; the rollout stands still.',
  wrong: ({ args: _, ...container }, { exitCode }) => ({ ...container, command: ['sh', '-c', `exit ${Math.round(Number(exitCode))}`] }),
})
