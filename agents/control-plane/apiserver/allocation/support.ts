/** Rows of docs/support.md about addresses and ports of Services. */
import { partial, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

const services = 'Services'

export const support: readonly SupportRow[] = [
  ...same(services, 'cluster IPs and node ports: unique, kept on change of type, retained over restarts', 'cluster IPs are IPAddress objects, from every ServiceCIDR that is ready; node ports one record in the store: several API servers never give out one twice', 'repair loops of cluster IPs and node ports, with upstream’s events', 'dry runs take no address and no port'),
  partial(services, 'an IPAddress whose Service has another address', 'goes when it is a minute old; upstream takes it at once, which may be from under a write just being made'),
  partial(services, 'families', 'IPv4; --service-cluster-ip-range takes one range'),
]
