import { roomCatalogue } from '../../lib/room.ts'

export const checkpointsTexts = roomCatalogue({
  en: {
    title: 'Checkpoints', purpose: 'How do I get the lab back as it was, and what if I had done something else?',
    timeline: 'Time line', timelineHint: '{count} · {size} together', none: 'No checkpoint yet. A checkpoint is all of the lab at one moment: machines with their memory and disks, the store, certificates, running faults.',
    save: 'Save a checkpoint', saveNow: 'Save', name: 'Name', nameHint: 'by the time', badName: 'Lower-case letters, digits and hyphens.', saving: 'Save a checkpoint of {lab}',
    now: 'Now', current: 'The lab goes on from here', stood: 'stood still for {time}', took: 'taken in {time}', size: '{size}, {own} of it its own', machines: '{count} virtual machines',
    'state-asked': 'saved by you', 'state-drill': 'before a drill', 'state-golden': 'golden', 'state-imported': 'from a file',
    rewind: 'Rewind', rewindOf: 'Rewind to {name}', rewindTitle: 'Rewind {lab} to {name}?', rewindText: 'Everything since {time} is undone, in the machines and in the cluster. Save a checkpoint first if you may want it back.',
    branch: 'Branch', branchOf: 'Branch from {name}', branchAs: 'Name of the second lab', branchNow: 'Start it', branching: 'Branch {lab} from {name}', taken: 'There is a lab of this name already.',
    verify: 'Verify', verifyOf: 'Verify {name}', sound: 'Every file is as it was saved.', delete: 'Delete', deleteOf: 'Delete {name}', deleteTitle: 'Delete checkpoint {name}?', deleteText: '{own} become free. It cannot be brought back.',
    damaged: 'Cannot be used', settings: 'Settings', beforeDrills: 'Save one before every drill', keep: 'Keep so many of those',
  },
  'zh-Hant': {
    title: '檢查點', purpose: '怎樣讓實驗室回到從前？當初換個做法會如何？',
    timeline: '時間線', timelineHint: '{count} 個 · 共 {size}', none: '尚無檢查點。檢查點是實驗室某一刻的全部：機器的記憶體與磁碟、儲存庫、憑證、進行中的故障。',
    save: '儲存檢查點', saveNow: '儲存', name: '名稱', nameHint: '以時間命名', badName: '小寫字母、數字與連字號。', saving: '儲存 {lab} 的檢查點',
    now: '現在', current: '實驗室由此繼續', stood: '靜止 {time}', took: '歷時 {time}', size: '{size}，其中獨有 {own}', machines: '{count} 台虛擬機',
    'state-asked': '由您儲存', 'state-drill': '演練之前', 'state-golden': '黃金', 'state-imported': '來自檔案',
    rewind: '倒回', rewindOf: '倒回 {name}', rewindTitle: '要將 {lab} 倒回 {name} 嗎？', rewindText: '自 {time} 起在機器與叢集中的一切都會還原。若日後可能需要，請先儲存檢查點。',
    branch: '分支', branchOf: '由 {name} 分支', branchAs: '第二個實驗室的名稱', branchNow: '啟動', branching: '由 {name} 分支出 {lab}', taken: '已有同名的實驗室。',
    verify: '檢驗', verifyOf: '檢驗 {name}', sound: '每個檔案都與儲存時相同。', delete: '刪除', deleteOf: '刪除 {name}', deleteTitle: '要刪除檢查點 {name} 嗎？', deleteText: '將釋出 {own}。刪除後無法復原。',
    damaged: '無法使用', settings: '設定', beforeDrills: '每次演練前儲存一個', keep: '保留其中幾個',
  },
  'zh-Hans': {
    title: '检查点', purpose: '怎样让实验室回到从前？当初换个做法会如何？',
    timeline: '时间线', timelineHint: '{count} 个 · 共 {size}', none: '尚无检查点。检查点是实验室某一刻的全部：机器的内存与磁盘、存储库、证书、进行中的故障。',
    save: '保存检查点', saveNow: '保存', name: '名称', nameHint: '以时间命名', badName: '小写字母、数字与连字符。', saving: '保存 {lab} 的检查点',
    now: '现在', current: '实验室由此继续', stood: '静止 {time}', took: '历时 {time}', size: '{size}，其中独有 {own}', machines: '{count} 台虚拟机',
    'state-asked': '由您保存', 'state-drill': '演练之前', 'state-golden': '黄金', 'state-imported': '来自文件',
    rewind: '倒回', rewindOf: '倒回 {name}', rewindTitle: '要将 {lab} 倒回 {name} 吗？', rewindText: '自 {time} 起在机器与集群中的一切都会还原。若日后可能需要，请先保存检查点。',
    branch: '分支', branchOf: '由 {name} 分支', branchAs: '第二个实验室的名称', branchNow: '启动', branching: '由 {name} 分支出 {lab}', taken: '已有同名的实验室。',
    verify: '检验', verifyOf: '检验 {name}', sound: '每个文件都与保存时相同。', delete: '删除', deleteOf: '删除 {name}', deleteTitle: '要删除检查点 {name} 吗？', deleteText: '将释放 {own}。删除后无法恢复。',
    damaged: '无法使用', settings: '设置', beforeDrills: '每次演练前保存一个', keep: '保留其中几个',
  },
})
