/** The gRPC paths of etcd v3. */
const kv = '/etcdserverpb.KV/'
const lease = '/etcdserverpb.Lease/'
const maintenance = '/etcdserverpb.Maintenance/'
const cluster = '/etcdserverpb.Cluster/'

export const servicePaths = {
  range: `${kv}Range`,
  put: `${kv}Put`,
  deleteRange: `${kv}DeleteRange`,
  txn: `${kv}Txn`,
  compact: `${kv}Compact`,
  watch: '/etcdserverpb.Watch/Watch',
  leaseGrant: `${lease}LeaseGrant`,
  leaseRevoke: `${lease}LeaseRevoke`,
  leaseKeepAlive: `${lease}LeaseKeepAlive`,
  leaseTimeToLive: `${lease}LeaseTimeToLive`,
  leaseLeases: `${lease}LeaseLeases`,
  alarm: `${maintenance}Alarm`,
  status: `${maintenance}Status`,
  defragment: `${maintenance}Defragment`,
  hash: `${maintenance}Hash`,
  hashKv: `${maintenance}HashKV`,
  snapshot: `${maintenance}Snapshot`,
  moveLeader: `${maintenance}MoveLeader`,
  downgrade: `${maintenance}Downgrade`,
  memberList: `${cluster}MemberList`,
} as const

/** Methods that exist in etcd and are refused by name: one member has nobody to add, and access is by certificate. */
export const refusedPaths = {
  members: ['MemberAdd', 'MemberRemove', 'MemberUpdate', 'MemberPromote'].map(name => cluster + name),
  auth: [
    'AuthEnable', 'AuthDisable', 'Authenticate', 'UserAdd', 'UserGet', 'UserList', 'UserDelete', 'UserChangePassword', 'UserGrantRole',
    'UserRevokeRole', 'RoleAdd', 'RoleGet', 'RoleList', 'RoleDelete', 'RoleGrantPermission', 'RoleRevokePermission',
  ].map(name => `/etcdserverpb.Auth/${name}`),
  authStatus: '/etcdserverpb.Auth/AuthStatus',
} as const
