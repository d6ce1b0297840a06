import type { SupportRow } from '../../base/support-row.ts'
import { absent, partial, same } from '../../base/support-row.ts'

const area = 'kubelet'

/** Features of 1.36 that are on by default upstream and that a user can ask for. */
export const support: readonly SupportRow[] = [
  ...same(area, 'HostnameOverride: spec.hostnameOverride'),
  absent(area, 'ContainerRestartRules, RestartAllContainersOnContainerExits', 'restartPolicyRules of containers are kept and not acted on: the restart policy of the Pod decides'),
  absent(area, 'EnvFiles', 'fileKeyRef of environment variables is checked and not read'),
  absent(area, 'KubeletCrashLoopBackOffMax', 'the longest back-off is 300 s; there is no configuration file that says otherwise'),
  absent(area, 'GracefulNodeShutdown', 'Pods are not ended in order before a machine stops'),
  absent(area, 'CPU, memory and topology managers', 'processors and memory are shared by weight and limit; only policy none'),
  absent(area, 'DynamicResources, ResourceHealthStatus', 'kubelets have no drivers of devices'),
  absent(area, 'KubeletEnsureSecretPulledImages, credential providers', 'an image that is on the node may be used by every Pod of it'),
  absent(area, 'ContainerCheckpoint', 'the checkpoint API is not served'),
  partial(area, 'NodeDeclaredFeatures', 'nodes declare none'),
]
