/** Containers want a ConfigMap that nobody has made. */
import { containerFault } from './template-fault.ts'

export const deploymentConfigMissing = containerFault({
  name: 'deployment-config-missing', title: 'A ConfigMap that is not there',
  parameters: [{ name: 'configMap', type: 'text', default: 'kubarium-no-such-config' }],
  effect: 'The containers of the deployment take their environment from a ConfigMap that does not exist.',
  evidence: 'New pods are in CreateContainerConfigError; the event names the ConfigMap.',
  wrong: (container, { configMap }) => ({ ...container, envFrom: [{ configMapRef: { name: String(configMap) } }] }),
})
