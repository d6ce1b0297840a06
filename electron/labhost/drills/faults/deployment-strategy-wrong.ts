/** An update that takes all pods away before new ones come. */
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

interface Strategy {
  readonly type: string
  readonly rollingUpdate?: unknown
}

export const deploymentStrategyWrong = fieldFault({
  kind: {
    name: 'deployment-strategy-wrong', title: 'An update strategy that interrupts', group: 'cluster', resource: 'deployments', parameters: [],
    effect: 'The deployment gets the strategy Recreate.',
    evidence: 'Nothing happens until the next change: then all pods end before the first new one starts, and the Service has no endpoints meanwhile.',
  },
  field: 'the strategy',
  path: deploymentPath,
  read: (deployment: { readonly spec: { readonly strategy?: Strategy } }) => deployment.spec.strategy,
  patch: strategy => ({ spec: { strategy: { rollingUpdate: null, ...(strategy as Strategy) } } }),
  wrong: () => ({ type: 'Recreate' }),
})
