/** Flags that every controller manager has, with upstream's names and defaults. */
import { defineFlags } from '../flags.ts'
import { leaderElectionFlags } from '../leading.ts'
import { unusedSecurePortFlags } from '../secure-port-flags.ts'

export function controllerFlags({ securePort, leaseName }: { readonly securePort: number; readonly leaseName: string }) {
  return defineFlags({
    ...unusedSecurePortFlags,
    ...leaderElectionFlags,
    'kubeconfig': { type: 'string', required: true, help: 'Kubeconfig to reach the API server with.' },
    'bind-address': { type: 'string', default: '0.0.0.0', help: 'Address of the secure port.' },
    'secure-port': { type: 'number', default: securePort, help: 'Port for health, metrics and inspection. 0 serves none.' },
    'tls-cert-file': { type: 'string', help: 'Serving certificate.' },
    'tls-private-key-file': { type: 'string', help: 'Key of the serving certificate.' },
    'client-ca-file': { type: 'string', help: 'CA of the client certificates that may see metrics and inspection.' },
    'controllers': { type: 'strings', default: ['*'], help: 'Controllers to run: "*" all on by default, "name" one more, "-name" one less; the first word about one counts.' },
    'use-service-account-credentials': { type: 'boolean', default: false, help: 'Each controller acts as its own service account.' },
    'leader-elect-resource-name': { type: 'string', default: leaseName, help: 'Name of the lease.' },
    'feature-gates': { type: 'string', default: '', help: 'Features are those that are on by default in 1.36; a gate set otherwise is refused.' },
    'kube-api-qps': { type: 'number', ignored: true, help: 'Requests are not limited here; the API server is fair.' },
    'kube-api-burst': { type: 'number', ignored: true, help: 'Requests are not limited here; the API server is fair.' },
    'min-resync-period': { type: 'duration', ignored: true, help: 'Nothing is resynced without a reason.' },
  })
}
