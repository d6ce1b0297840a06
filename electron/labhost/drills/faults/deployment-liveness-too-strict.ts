/** A liveness probe kills what is well. */
import { containerFault } from './template-fault.ts'

export const deploymentLivenessTooStrict = containerFault({
  name: 'deployment-liveness-too-strict', title: 'A liveness probe that kills', parameters: [],
  effect: 'The containers of the deployment get a liveness probe that fails at its first try.',
  evidence: 'Restart counts go up, then CrashLoopBackOff; events Unhealthy and Killing.',
  wrong: container => ({ ...container, livenessProbe: { exec: { command: ['false'] }, periodSeconds: 2, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 1 } }),
})
