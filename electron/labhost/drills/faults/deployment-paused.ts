/** A rollout that somebody paused and forgot. */
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

export const deploymentPaused = fieldFault({
  kind: {
    name: 'deployment-paused', title: 'A rollout that is paused', group: 'cluster', resource: 'deployments', parameters: [],
    effect: 'The deployment is paused.',
    evidence: 'Changes to its template have no effect; kubectl rollout status waits; condition DeploymentPaused.',
  },
  field: 'paused',
  path: deploymentPath,
  read: (deployment: { readonly spec: { readonly paused?: boolean } }) => deployment.spec.paused,
  patch: paused => ({ spec: { paused } }),
  wrong: () => true,
})
