/** Rows of docs/support.md about what clients can find out. */
import { same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same('Discovery', 'aggregated discovery v2 with entity tags', 'aggregated discovery v2beta1 (upstream dropped it in 1.33; kubectl up to 1.29 asks for it)', 'plain discovery', '/version, /healthz, /livez, /readyz with verbose and exclude', '/metrics with upstream\'s names', '/.well-known/openid-configuration, /openid/v1/jwks'),
]
