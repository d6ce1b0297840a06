/** Flags that every controller manager has, with upstream's names and defaults. */
import { defineFlags } from '../flags.ts'

export function controllerFlags({ securePort, leaseName }: { readonly securePort: number; readonly leaseName: string }) {
  return defineFlags({
    'kubeconfig': { type: 'string', required: true, help: 'Kubeconfig to reach the API server with.' },
    'authentication-kubeconfig': { type: 'string', ignored: true, help: 'Requests to the secure port are known by client certificates only.' },
    'authorization-kubeconfig': { type: 'string', ignored: true, help: 'Requests to the secure port are known by client certificates only.' },
    'bind-address': { type: 'string', default: '0.0.0.0', help: 'Address of the secure port.' },
    'secure-port': { type: 'number', default: securePort, help: 'Port for health, metrics and inspection. 0 serves none.' },
    'tls-cert-file': { type: 'string', help: 'Serving certificate.' },
    'tls-private-key-file': { type: 'string', help: 'Key of the serving certificate.' },
    'client-ca-file': { type: 'string', help: 'CA of the client certificates that may see metrics and inspection.' },
    'requestheader-client-ca-file': { type: 'string', ignored: true, help: 'Front proxies are not served.' },
    'controllers': { type: 'strings', default: ['*'], help: 'Controllers to run: "*" all on by default, "name" one more, "-name" one less.' },
    'use-service-account-credentials': { type: 'boolean', default: false, help: 'Each controller acts as its own service account.' },
    'leader-elect': { type: 'boolean', default: true, help: 'Work only while holding the lease.' },
    'leader-elect-lease-duration': { type: 'duration', default: 15_000, help: 'How long a lease that stands still is respected.' },
    'leader-elect-renew-deadline': { type: 'duration', default: 10_000, help: 'How long a leader may fail to renew.' },
    'leader-elect-retry-period': { type: 'duration', default: 2_000, help: 'Time between tries.' },
    'leader-elect-resource-lock': { type: 'string', default: 'leases', help: 'Only "leases".' },
    'leader-elect-resource-name': { type: 'string', default: leaseName, help: 'Name of the lease.' },
    'leader-elect-resource-namespace': { type: 'string', default: 'kube-system', help: 'Namespace of the lease.' },
    'feature-gates': { type: 'strings', ignored: true, help: 'Features are those of 1.36.' },
    'profiling': { type: 'boolean', ignored: true, help: 'Profiles are not served.' },
    'kube-api-qps': { type: 'number', ignored: true, help: 'Requests are not limited here; the API server is fair.' },
    'kube-api-burst': { type: 'number', ignored: true, help: 'Requests are not limited here; the API server is fair.' },
    'kube-api-content-type': { type: 'string', ignored: true, help: 'JSON.' },
    'min-resync-period': { type: 'duration', ignored: true, help: 'Nothing is resynced without a reason.' },
  })
}
