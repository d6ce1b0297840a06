import { partial, same, absent } from '../../base/support-row.ts'

const area = 'Cloud controller manager'

export const support = [
  ...same(area, 'cloud-node-controller', 'cloud-node-lifecycle-controller', 'externalTrafficPolicy Cluster and Local, healthCheckNodePort', 'loadBalancerSourceRanges, sessionAffinity, loadBalancerClass', '--use-service-account-credentials, --controllers, leader election'),
  partial(area, 'service-lb-controller', 'TCP and UDP, no SCTP; the address is one of 127.0.0.0/8 on the desktop (127.0.0.1 where the system has no others) and of mode Proxy, so pods do not reach it; allocateLoadBalancerNodePorts must be true'),
  partial(area, 'CSI provisioner, attacher and resizer of disk.kubarium.dev', 'ReadWriteOnce and ReadWriteOncePod, ext4 or raw block devices; no snapshots, clones or volume attributes'),
  partial(area, 'node-route-controller', 'runs with overlay host-gw; IPv4 only'),
  absent(area, 'node-ipam-controller', 'Pod CIDRs are given by kube-controller-manager'),
]
