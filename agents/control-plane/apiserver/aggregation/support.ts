import { partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Aggregation', 'APIServices of local group versions and of custom resources', 'availability with upstream\'s reasons', 'requests and upgrades handed on as a front proxy', 'discovery and OpenAPI v2 and v3 of extension servers'),
  partial('Aggregation', 'connections to extension servers', 'one a request; none is kept'),
  partial('Aggregation', '--proxy-client-cert-file', 'read at the start only'),
]
