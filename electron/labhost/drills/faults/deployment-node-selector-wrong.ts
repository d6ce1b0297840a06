/** Pods want a node that is not there. */
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

type Selector = Readonly<Record<string, string>>

export const deploymentNodeSelectorWrong = fieldFault({
  kind: {
    name: 'deployment-node-selector-wrong', title: 'A node selector that no node meets', group: 'cluster', resource: 'deployments', parameters: [],
    effect: 'The pods of the deployment want a node with a label that none has.',
    evidence: 'New pods stay Pending with FailedScheduling "didn\'t match Pod\'s node affinity/selector"; the old ones serve on.',
  },
  field: 'the node selector',
  path: deploymentPath,
  read: (deployment: { readonly spec: { readonly template: { readonly spec: { readonly nodeSelector?: Selector } } } }) => deployment.spec.template.spec.nodeSelector,
  patch: (selector, before) => ({ spec: { template: { spec: { nodeSelector: selector === null ? null : { ...Object.fromEntries(Object.keys((before ?? {}) as object).map(key => [key, null])), ...(selector as Selector) } } } } }),
  wrong: () => ({ 'kubarium.dev/no-such-node': 'true' }),
})
