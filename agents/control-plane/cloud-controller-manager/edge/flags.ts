import { controllerFlags, defineFlags } from '../../../runtime/index.ts'

/** Upstream's names and defaults. */
export const cloudControllerManagerFlags = defineFlags({
  ...controllerFlags({ securePort: 10258, leaseName: 'cloud-controller-manager' }),
  'cloud-provider': { type: 'string', default: 'kubarium', help: 'Only "kubarium".' },
  'cloud-config': { type: 'string', required: true, help: 'File that says how to reach the cloud: JSON with the path of its unix socket, {"socket": "…"}.' },
  'cluster-cidr': { type: 'string', help: 'Addresses of Pods; routes inside it are managed.' },
  'cluster-name': { type: 'string', ignored: true, help: 'A lab is one cluster.' },
  'allocate-node-cidrs': { type: 'boolean', default: false, help: 'Routes need nodes with Pod CIDRs.' },
  'configure-cloud-routes': { type: 'boolean', default: true, help: 'Manage the cloud\'s routes, if --allocate-node-cidrs.' },
  'node-monitor-period': { type: 'duration', default: 5_000, help: 'How often the machine of a silent node is looked at.' },
  'node-status-update-frequency': { type: 'duration', default: 300_000, help: 'How often addresses of nodes are compared.' },
  'route-reconciliation-period': { type: 'duration', default: 10_000, help: 'How often routes are compared.' },
  'concurrent-service-syncs': { type: 'number', default: 1, help: 'Services worked on at once.' },
  'allow-untagged-cloud': { type: 'boolean', ignored: true, help: 'The lab needs no cluster id.' },
})
