/** Somebody scaled a deployment to nothing. */
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

export const deploymentScaledToZero = fieldFault({
  kind: {
    name: 'deployment-scaled-to-zero', title: 'Scaled to nothing', group: 'workload', resource: 'deployments', parameters: [],
    effect: 'The deployment is scaled to no replicas.',
    evidence: 'Its pods end; Services that select them have no endpoints, and connections to them are refused.',
  },
  field: 'the replicas',
  path: deploymentPath,
  read: (deployment: { readonly spec: { readonly replicas?: number } }) => deployment.spec.replicas,
  patch: replicas => ({ spec: { replicas } }),
  wrong: () => 0,
})
