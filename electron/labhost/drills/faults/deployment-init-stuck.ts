/** A pod that is never initialised. */
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly initContainers?: readonly unknown[]; readonly containers: readonly { readonly image: string; readonly imagePullPolicy?: string }[] } } }
}

interface Before {
  readonly own: readonly unknown[]
  readonly image: string
}

export const deploymentInitStuck = fieldFault({
  kind: {
    name: 'deployment-init-stuck', title: 'An init container never ends', group: 'workload', resource: 'deployments', parameters: [],
    effect: 'Pods of the deployment get an init container, of the image of their first container, that waits for ever.',
    evidence: 'New pods stay in Init:0/1; the rollout stands still, and the old pods go on.',
  },
  field: 'the init containers',
  path: deploymentPath,
  read: ({ spec: { template: { spec: { initContainers = [], containers } } } }: Deployment): Before => ({ own: initContainers, image: containers[0]?.image ?? '' }),
  patch: value => ({ spec: { template: { spec: { initContainers: (value as Before).own.length === 0 ? null : (value as Before).own } } } }),
  wrong: before => ({ ...(before as Before), own: [...(before as Before).own, { name: 'kubarium-stuck', image: (before as Before).image, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', 'while :; do sleep 1000; done'], resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }] }),
})
