/** Rows of docs/support.md about the store. */
import { absent, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same('Store', 'etcd v3 over gRPC with TLS client certificates; the embedded store or real etcd', 'event TTL'),
  absent('Store', '--etcd-servers-overrides, --storage-media-type', 'one store; JSON is what is stored'),
]
