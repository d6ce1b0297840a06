/**
 * What a lab's API server keeps of requests: who did what to which object and when, never the objects themselves.
 *
 *   LA1  No rule is of level Request or RequestResponse: Secrets, tokens and the like never reach the file.
 *   LA2  What the cluster's own machinery does all the time is left out: its reads, its leases, its health questions, events.
 *   LA3  Every other request is kept once, when it is complete; a watch also when it begins.
 */
const machinery = ['system:kube-scheduler', 'system:kube-controller-manager', 'system:cloud-controller-manager', 'system:kube-proxy', 'system:metrics-server', 'system:apiserver']
const reads = ['get', 'list', 'watch']

export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'], // LA3
  omitManagedFields: true,
  rules: [
    { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/metrics', '/debug/*', '/openapi/*'] }, // LA2
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }, { group: '', resources: ['events'] }, { group: 'events.k8s.io', resources: ['events'] }] },
    { level: 'None', verbs: reads, users: machinery },
    { level: 'None', verbs: reads, userGroups: ['system:nodes', 'system:serviceaccounts:kube-system'] },
    { level: 'Metadata' }, // LA1
  ],
} as const

/** Upstream's flags: written in batches of a second, 16 MB a file, four old ones. */
export function auditFlags(policyFile: string, logFile: string): Readonly<Record<string, string | number>> {
  return {
    'audit-policy-file': policyFile,
    'audit-log-path': logFile,
    'audit-log-mode': 'batch',
    'audit-log-batch-max-size': 400,
    'audit-log-batch-max-wait': '1s',
    'audit-log-maxsize': 16,
    'audit-log-maxbackup': 4,
  }
}
