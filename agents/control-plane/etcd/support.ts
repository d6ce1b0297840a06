import type { SupportRow } from '../../base/support-row.ts'
import { absent, partial, same } from '../../base/support-row.ts'

const area = 'etcd (the embedded store)'

export const support: readonly SupportRow[] = [
  ...same(area,
    'KV: Range with every order, limit and revision, Put, DeleteRange, Txn, Compact; etcd’s refusals in its words',
    'Watch: ranges, filters, fragments, previous values, progress, cancels and compaction',
    'Lease: grant, revoke, keep alive, time to live, list',
    'Maintenance: Alarm, Status, Defragment, Hash, HashKV; Cluster: MemberList'),
  partial(area, 'Maintenance: Snapshot', 'a snapshot is this engine’s own file with its SHA-256; another embedded store starts from it, real etcd cannot read it'),
  partial(area, 'Auth: AuthStatus', 'tells that authentication is off'),
  absent(area, 'Auth: every other method', 'access is by client certificate'),
  absent(area, 'Cluster: MemberAdd, MemberRemove, MemberUpdate, MemberPromote', 'the embedded store has exactly one member'),
  absent(area, 'Maintenance: MoveLeader, Downgrade', 'one member leads itself, and its version is that of the program'),
  absent(area, 'gRPC gateway (JSON), v2 API, election and lock services', 'not served'),
]
