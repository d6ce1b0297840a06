/** Texts of the store's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const etcdTexts = roomCatalogue({
  en: {
    title: 'etcd', purpose: 'What is stored, and at which revision did it change?',
    onlyMember: 'One member: it leads always, and there is no election.', members: 'Members', member: 'Member', role: 'Role', leader: 'leader', follower: 'follower', term: 'Raft term', index: 'Raft index', knows: 'every key, as it is now', wants: 'who watches, and which leases end when', did: 'what a key became, revision by revision',
    chooseKey: 'Choose a key above to see each of its revisions since the last compaction and what changed in it. With etcdctl the keys are:', noHistory: 'Nothing is kept of {key}: it never was, or its last revision is compacted.',
    revision: 'Revision', compacted: 'Compacted up to', liveKeys: 'Keys', changes: 'Changes kept', size: 'Size / quota', alarm: 'Alarm', flushes: 'Flushes × entries',
    where: 'Where in the tree', key: 'Key', keys: 'Keys below', modRevision: 'Changed at', version: 'Version', more: 'Not all keys are shown; open a folder.',
    change: 'Change', 'change-created': 'created', 'change-updated': 'updated', 'change-deleted': 'deleted', changed: 'Fields', bytes: 'Size', diffOf: 'What revision {revision} changed', encrypted: 'encrypted by {by}',
    watchFrom: 'Watches', watchNext: 'Next revision', watchState: 'State', everything: 'every key', congested: 'does not read', lagging: 'behind', upToDate: 'up to date',
    lease: 'Lease', endsIn: 'Ends in', leaseKeys: 'Keys that go with it', noLeases: 'No lease is held.', moreKeys: 'and {count} more',
  },
  'zh-Hant': {
    title: 'etcd', purpose: '存了什麼，又是在哪個版本改變的？',
    onlyMember: '只有一個成員：它永遠是領導者，沒有選舉。', members: '成員', member: '成員', role: '角色', leader: '領導者', follower: '追隨者', term: 'Raft 任期', index: 'Raft 索引', knows: '每個鍵現在的樣子', wants: '誰在監看，哪些租約何時到期', did: '一個鍵在各個版本變成什麼',
    chooseKey: '在上方選一個鍵，就能看到它自上次壓縮以來的每個版本與變更。用 etcdctl 看鍵：', noHistory: '沒有 {key} 的紀錄：它從未存在，或最後的版本已被壓縮。',
    revision: '版本', compacted: '已壓縮至', liveKeys: '鍵', changes: '保留的變更', size: '大小／配額', alarm: '警示', flushes: '寫入次數 × 筆數',
    where: '在樹中的位置', key: '鍵', keys: '其下的鍵', modRevision: '變更於', version: '第幾版', more: '沒有顯示所有的鍵；請打開資料夾。',
    change: '變更', 'change-created': '建立', 'change-updated': '更新', 'change-deleted': '刪除', changed: '欄位', bytes: '大小', diffOf: '版本 {revision} 變更了什麼', encrypted: '由 {by} 加密',
    watchFrom: '監看', watchNext: '下一個版本', watchState: '狀態', everything: '所有的鍵', congested: '沒有在讀', lagging: '落後', upToDate: '最新',
    lease: '租約', endsIn: '剩餘', leaseKeys: '隨之消失的鍵', noLeases: '沒有租約。', moreKeys: '還有 {count} 個',
  },
  'zh-Hans': {
    title: 'etcd', purpose: '存了什么，又是在哪个版本改变的？',
    onlyMember: '只有一个成员：它永远是领导者，没有选举。', members: '成员', member: '成员', role: '角色', leader: '领导者', follower: '追随者', term: 'Raft 任期', index: 'Raft 索引', knows: '每个键现在的样子', wants: '谁在监视，哪些租约何时到期', did: '一个键在各个版本变成什么',
    chooseKey: '在上方选一个键，就能看到它自上次压缩以来的每个版本与变更。用 etcdctl 看键：', noHistory: '没有 {key} 的记录：它从未存在，或最后的版本已被压缩。',
    revision: '版本', compacted: '已压缩至', liveKeys: '键', changes: '保留的变更', size: '大小／配额', alarm: '告警', flushes: '写入次数 × 条数',
    where: '在树中的位置', key: '键', keys: '其下的键', modRevision: '变更于', version: '第几版', more: '没有显示所有的键；请打开文件夹。',
    change: '变更', 'change-created': '创建', 'change-updated': '更新', 'change-deleted': '删除', changed: '字段', bytes: '大小', diffOf: '版本 {revision} 变更了什么', encrypted: '由 {by} 加密',
    watchFrom: '监视', watchNext: '下一个版本', watchState: '状态', everything: '所有的键', congested: '没有在读', lagging: '落后', upToDate: '最新',
    lease: '租约', endsIn: '剩余', leaseKeys: '随之消失的键', noLeases: '没有租约。', moreKeys: '还有 {count} 个',
  },
})
