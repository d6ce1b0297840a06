/** Pods as a Deployment's are, about 4 KB each once stored: several containers' worth of variables, probes and mounts. */

export function namespacesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench-${index}`)
}

export function namespaceOf(index: number, namespaces: number): string {
  return `bench-${index % namespaces}`
}

export function podPath(index: number, namespaces: number): string {
  return `/api/v1/namespaces/${namespaceOf(index, namespaces)}/pods/web-7c5ddbdf54-${index}`
}

export function benchPod(index: number, namespaces: number): string {
  const container = (name: string) => ({
    name,
    image: `registry.example/${name}:1.27.3`,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: Array.from({ length: 8 }, (_, variable) => ({ name: `SETTING_NUMBER_${variable}`, value: `value-of-the-setting-${variable}-of-pod-${index}` })),
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
    livenessProbe: { httpGet: { path: '/live', port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
    volumeMounts: [{ name: 'settings', mountPath: '/etc/settings', readOnly: true }, { name: 'scratch', mountPath: '/scratch' }],
  })
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-7c5ddbdf54-${index}`,
      namespace: namespaceOf(index, namespaces),
      labels: { app: 'web', 'pod-template-hash': '7c5ddbdf54', tier: `tier-${index % 5}` },
      annotations: { 'example.com/team': 'a team with a rather long name', 'example.com/contact': 'someone@example.com' },
    },
    spec: {
      nodeName: `node-${index % 100}`,
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      containers: [container('web')],
      volumes: [{ name: 'settings', configMap: { name: 'settings' } }, { name: 'scratch', emptyDir: {} }],
    },
  })
}
