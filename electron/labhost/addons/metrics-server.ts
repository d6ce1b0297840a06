/**
 * How the cluster finds the lab's metrics server, which runs on the desktop: an APIService, a Service without selector whose
 * only endpoint is the node-local address that the egress proxy knows, and what the server may read.
 */
import type { AddonObject } from './addon-object.ts'

export interface MetricsServerOptions {
  readonly address: string
  readonly port: number
  /** PEM of the authority that signed its serving certificate. */
  readonly authority: string
}

const labels = { 'k8s-app': 'metrics-server' } as const
const metadata = { name: 'metrics-server', namespace: 'kube-system', labels }
const role = 'system:metrics-server'

export function metricsServer({ address, port, authority }: MetricsServerOptions): readonly AddonObject[] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role, labels },
      rules: [
        { apiGroups: [''], resources: ['nodes/metrics', 'nodes/proxy'], verbs: ['get'] },
        { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: role, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: role }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'system:aggregated-metrics-reader', labels: { ...labels, ...Object.fromEntries(['admin', 'edit', 'view'].map(name => [`rbac.authorization.k8s.io/aggregate-to-${name}`, 'true'])) } },
      rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { ...labels, 'kubernetes.io/service-name': 'metrics-server', 'endpointslice.kubernetes.io/managed-by': 'kubarium' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: 'https', port, protocol: 'TCP' }],
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io', labels },
      spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, service: { name: 'metrics-server', namespace: 'kube-system', port: 443 }, caBundle: Buffer.from(authority).toString('base64') },
    },
  ]
}
