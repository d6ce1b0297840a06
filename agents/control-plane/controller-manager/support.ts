import { same } from '../../base/support-row.ts'

const area = 'Controllers of kube-controller-manager'

export const support = [
  ...same(area,
    'resourcequota-controller: every quota name, count/ of any served resource, scopes and selectors, 5 min resync',
    'horizontal-pod-autoscaler-controller: all five metric sources, behavior with tolerance, any kind with a scale subresource, scale to zero'),
]
