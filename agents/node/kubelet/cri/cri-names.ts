/** Labels, annotations and file names by which the kubelet finds its own containers again. Upstream: pkg/kubelet/types, kuberuntime/labels. */
export const criLabel = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const

export const criAnnotation = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  preStopHandler: 'io.kubernetes.container.preStopHandler',
  ports: 'io.kubernetes.container.ports',
  podGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const

export const podLogsRoot = '/var/log/pods'

export function podLogFolder(logsRoot: string, pod: { readonly namespace: string; readonly name: string; readonly uid: string }): string {
  return `${logsRoot}/${pod.namespace}_${pod.name}_${pod.uid}`
}

export function containerLogPath(containerName: string, restartCount: number): string {
  return `${containerName}/${restartCount}.log`
}
