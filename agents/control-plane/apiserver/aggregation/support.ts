import { partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Aggregation', 'APIServices of local group versions and of custom resources', 'availability with upstream\'s reasons', 'requests and upgrades handed on as a front proxy', 'discovery and OpenAPI v2 and v3 of extension servers', 'the proxy client certificate is read again when its files change'),
  partial('Aggregation', 'connections to extension servers', 'HTTP/1.1; kept for requests without a body, one each for those with a body'),
]
