/** Which of the node's or the pod's kernel namespaces a pod lives in. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { NamespaceMode } from '../../../wire/cri/cri-sandbox-messages.ts'

export function namespaceOptionsOf(pod: Pod): { network: NamespaceMode; pid: NamespaceMode; ipc: NamespaceMode } {
  return {
    network: pod.spec.hostNetwork === true ? 'NODE' : 'POD',
    pid: pod.spec.hostPID === true ? 'NODE' : pod.spec.shareProcessNamespace === true ? 'POD' : 'CONTAINER',
    ipc: pod.spec.hostIPC === true ? 'NODE' : 'POD',
  }
}
