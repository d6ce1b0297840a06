/**
 * The cluster's DNS: a Deployment of the lab's own server behind the Service `kube-system/kube-dns`, and what it may
 * read. Two replicas where there are two nodes, never on the same one, so that names go on being answered when
 * a node is lost.
 */
import { simulatedLabel } from '../../../agents/machinery/kubelet/simulated-label.ts'
import type { AddonObject } from './addon-object.ts'

export interface KubeDnsOptions {
  readonly clusterIp: string
  readonly clusterDomain: string
  readonly replicas: number
  /** Keep it off simulated nodes, where it would only be played: there are machines. */
  readonly onMachines: boolean
  /** Opens /debug/faults of the servers; null where faults may not be injected. */
  readonly faultToken: string | null
}

const faultSecret = 'kube-dns-fault-injection'
const faultFolder = '/var/run/secrets/fault-injection'

const labels = { 'k8s-app': 'kube-dns' } as const

export function kubeDns(options: KubeDnsOptions): readonly AddonObject[] {
  const metadata = { name: 'kube-dns', namespace: 'kube-system', labels: { ...labels, 'kubernetes.io/name': 'kube-dns' } }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'kube-dns', namespace: 'kube-system', labels } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'kubarium:kube-dns', labels },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'kubarium:kube-dns', labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kubarium:kube-dns' },
      subjects: [{ kind: 'ServiceAccount', name: 'kube-dns', namespace: 'kube-system' }],
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        clusterIP: options.clusterIp,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        ],
      },
    },
    ...(options.faultToken === null ? [] : [{ apiVersion: 'v1', kind: 'Secret' as const, metadata: { name: faultSecret, namespace: 'kube-system', labels }, stringData: { token: options.faultToken } }]),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: options.replicas,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: '25%' } },
        template: { metadata: { labels }, spec: podSpec(options) },
      },
    },
  ]
}

function podSpec(options: KubeDnsOptions): Readonly<Record<string, unknown>> {
  return {
    serviceAccountName: 'kube-dns',
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
    affinity: {
      ...(options.onMachines ? { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: simulatedLabel.name, operator: 'NotIn', values: [simulatedLabel.value] }] }] } } } : {}),
      podAntiAffinity: {
        // Required, not preferred: the nodes of a new lab come one after the other, and both replicas would sit on the first.
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } }],
      },
    },
    ...(options.faultToken === null ? {} : { volumes: [{ name: 'fault-injection', secret: { secretName: faultSecret } }] }),
    containers: [
      {
        name: 'dns',
        image: 'docker.io/kubarium/dns:latest',
        imagePullPolicy: 'IfNotPresent',
        args: [`--cluster-domain=${options.clusterDomain}`, '--listen-port=53', '--health-port=8080'],
        ...(options.faultToken === null ? {} : { env: [{ name: 'FAULT_INJECTION_TOKEN_FILE', value: `${faultFolder}/token` }], volumeMounts: [{ name: 'fault-injection', mountPath: faultFolder, readOnly: true }] }),
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 2, timeoutSeconds: 3 },
        livenessProbe: { httpGet: { path: '/livez', port: 8080 }, initialDelaySeconds: 60, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 5 },
        resources: { requests: { cpu: '50m', memory: '48Mi' } },
      },
    ],
  }
}
