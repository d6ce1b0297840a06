/** A deployment asks for an image that nobody has. */
import { deploymentPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

interface Container {
  readonly name: string
  readonly image?: string
}

export const deploymentImageMissing = fieldFault({
  kind: {
    name: 'deployment-image-missing', title: 'An image that nobody has', group: 'workload', resource: 'deployments', parameters: [{ name: 'image', type: 'text', default: 'registry.invalid/none:0' }],
    effect: 'The containers of the deployment get an image that cannot be pulled.',
    evidence: 'New pods are in ErrImagePull and ImagePullBackOff; the rollout stands still, and the old pods serve on.',
  },
  field: 'the images',
  path: deploymentPath,
  read: (deployment: { readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } } }) => deployment.spec.template.spec.containers,
  patch: containers => ({ spec: { template: { spec: { containers } } } }),
  wrong: (containers, { image }) => (containers as readonly Container[]).map(container => ({ ...container, image })),
})
