import { partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Servers', 'identity Lease of each server, and the removal of stale ones', 'Endpoints and EndpointSlice of the kubernetes Service for all servers that live', '/statusz and /flagz'),
  partial('Servers', 'hash of an identity Lease', 'of host name and advertised address, since several servers may share a machine; upstream hashes the host name'),
  partial('Servers', 'metrics', 'the most used of upstream\'s names; etcd_* and apiserver_* with upstream\'s labels'),
]
