/** Texts of the story room. Why a step happened is in electron/contract/story-sentences.ts, which the command line uses too. */
import { roomCatalogue } from '../../lib/room.ts'

export const storyTexts = roomCatalogue({
  en: {
    title: 'Story', purpose: 'What happened to an object, and what made it happen?',
    object: 'Object', objectHint: 'deployment/web', namespace: 'Namespace', follow: 'Follow', manifest: 'Apply a manifest and follow it', manifestLabel: 'Manifest', apply: 'Apply and follow', stop: 'Stop',
    start: 'Name an object to follow it, live: the components then tell what they do. It need not exist yet. From a shell the same is:', asked: 'The components are being told to record …', live: 'live', lost: 'ended', file: 'from a file',
    nothing: 'Nothing has happened to it since you follow. Change it, or create it.', steps: '{shown} of {all} steps', objects: 'Objects of the story',
    scale: 'Scale', byOrder: 'Order', byTime: 'Time', zoomIn: 'Zoom in', zoomOut: 'Zoom out', shape: 'Shown as', detail: 'Detail', everyStep: 'Every step', folded: 'Requests folded', timeline: 'Time line', table: 'Table',
    play: 'Play', pause: 'Pause', back: 'One step back', forward: 'One step on', speed: 'Speed', position: 'Position in the story',
    export: 'Export', import: 'Open a file', format: 'The file is no story that this version can read.', silent: '{component} could not be read: {reason}',
    choose: 'Choose a step to see what woke it, what it read and what it wrote.', timelineLabel: 'Time line of {steps} steps; arrow keys go from step to step. The table shows the same.',
    when: 'When', lane: 'Lane', where: 'Where', why: 'Why', took: 'Took', wokenBy: 'Woken by', nobody: 'Nothing that was told of: it began here.', read: 'Read', wrote: 'Wrote', revision: '{object} at revision {revision}',
    field: 'Field', before: 'Before', after: 'After', forgotten: 'The store has already forgotten the versions, so the difference is unknown.', noChange: 'Only bookkeeping changed.', error: 'Error', told: 'Told by the component', audit: 'from the audit log', madeFor: 'made for {parent}',
    'lane-client': 'Client', 'lane-authentication': 'Authentication', 'lane-authorization': 'Authorisation', 'lane-admission': 'Admission', 'lane-validation': 'Validation', 'lane-store': 'Store', 'lane-watch': 'Watch', 'lane-informer': 'Informer', 'lane-queue': 'Queue', 'lane-reconcile': 'Reconcile', 'lane-scheduler': 'Scheduler', 'lane-kubelet': 'Kubelet', 'lane-runtime': 'Runtime', 'lane-network': 'Network',
  },
  'zh-Hant': {
    title: '故事', purpose: '這個物件發生了什麼，又是什麼促成的？',
    object: '物件', objectHint: 'deployment/web', namespace: '命名空間', follow: '追蹤', manifest: '套用清單並追蹤', manifestLabel: '清單', apply: '套用並追蹤', stop: '停止',
    start: '指名一個物件即可即時追蹤：各元件會說出它們做的事。物件可以還不存在。在終端機中則是：', asked: '正在請各元件開始記錄 …', live: '即時', lost: '已結束', file: '來自檔案',
    nothing: '追蹤以來它尚未發生任何事。請變更或建立它。', steps: '{all} 個步驟中的 {shown} 個', objects: '故事中的物件',
    scale: '刻度', byOrder: '順序', byTime: '時間', zoomIn: '放大', zoomOut: '縮小', shape: '呈現方式', detail: '細節', everyStep: '每個步驟', folded: '摺疊請求', timeline: '時間線', table: '表格',
    play: '播放', pause: '暫停', back: '退一步', forward: '進一步', speed: '速度', position: '在故事中的位置',
    export: '匯出', import: '開啟檔案', format: '此檔案不是這個版本能讀的故事。', silent: '無法讀取 {component}：{reason}',
    choose: '選一個步驟，看是什麼喚醒它、它讀了什麼又寫了什麼。', timelineLabel: '{steps} 個步驟的時間線；方向鍵可逐步移動。表格顯示相同內容。',
    when: '時間', lane: '泳道', where: '位置', why: '原因', took: '歷時', wokenBy: '被喚醒於', nobody: '沒有已知的起因：由此開始。', read: '讀取', wrote: '寫入', revision: '{object} 的版本 {revision}',
    field: '欄位', before: '之前', after: '之後', forgotten: '儲存庫已遺忘這些版本，因此不知差異。', noChange: '只有簿記欄位改變。', error: '錯誤', told: '元件所述', audit: '來自稽核日誌', madeFor: '為 {parent} 而建',
    'lane-client': '客戶端', 'lane-authentication': '認證', 'lane-authorization': '授權', 'lane-admission': '准入', 'lane-validation': '驗證', 'lane-store': '儲存', 'lane-watch': '監看', 'lane-informer': 'Informer', 'lane-queue': '佇列', 'lane-reconcile': '調和', 'lane-scheduler': '排程器', 'lane-kubelet': 'Kubelet', 'lane-runtime': '執行階段', 'lane-network': '網路',
  },
  'zh-Hans': {
    title: '故事', purpose: '这个对象发生了什么，又是什么促成的？',
    object: '对象', objectHint: 'deployment/web', namespace: '命名空间', follow: '跟踪', manifest: '应用清单并跟踪', manifestLabel: '清单', apply: '应用并跟踪', stop: '停止',
    start: '指名一个对象即可实时跟踪：各组件会说出它们做的事。对象可以还不存在。在终端中则是：', asked: '正在请各组件开始记录 …', live: '实时', lost: '已结束', file: '来自文件',
    nothing: '跟踪以来它尚未发生任何事。请更改或创建它。', steps: '{all} 个步骤中的 {shown} 个', objects: '故事中的对象',
    scale: '刻度', byOrder: '顺序', byTime: '时间', zoomIn: '放大', zoomOut: '缩小', shape: '呈现方式', detail: '细节', everyStep: '每个步骤', folded: '折叠请求', timeline: '时间线', table: '表格',
    play: '播放', pause: '暂停', back: '退一步', forward: '进一步', speed: '速度', position: '在故事中的位置',
    export: '导出', import: '打开文件', format: '此文件不是这个版本能读的故事。', silent: '无法读取 {component}：{reason}',
    choose: '选一个步骤，看是什么唤醒它、它读了什么又写了什么。', timelineLabel: '{steps} 个步骤的时间线；方向键可逐步移动。表格显示相同内容。',
    when: '时间', lane: '泳道', where: '位置', why: '原因', took: '历时', wokenBy: '被唤醒于', nobody: '没有已知的起因：由此开始。', read: '读取', wrote: '写入', revision: '{object} 的版本 {revision}',
    field: '字段', before: '之前', after: '之后', forgotten: '存储库已遗忘这些版本，因此不知差异。', noChange: '只有簿记字段改变。', error: '错误', told: '组件所述', audit: '来自审计日志', madeFor: '为 {parent} 而建',
    'lane-client': '客户端', 'lane-authentication': '认证', 'lane-authorization': '授权', 'lane-admission': '准入', 'lane-validation': '验证', 'lane-store': '存储', 'lane-watch': '监视', 'lane-informer': 'Informer', 'lane-queue': '队列', 'lane-reconcile': '调和', 'lane-scheduler': '调度器', 'lane-kubelet': 'Kubelet', 'lane-runtime': '运行时', 'lane-network': '网络',
  },
})
