/** Texts of the API server's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const apiserverTexts = roomCatalogue({
  en: {
    title: 'API server', purpose: 'Who asks what, who watches, and who may do what?',
    audit: 'Audit', requests: 'Requests', noAudit: 'Nothing was written to the audit log yet.', stage: 'Stage', agent: 'Client', decision: 'Decision', knows: 'who watches, and what is cached', wants: 'what is being served, and what has to queue', did: 'the last requests, with their stages',
    watchers: 'Watchers', caches: 'Caches', live: 'Live', flow: 'Flow control', filter: 'Verb, path, user, code', noRequests: 'No such request is remembered. Make one:',
    resource: 'Resource', user: 'User', revision: 'At revision', sent: 'Events', waiting: 'Unsent', behind: '{behind} revisions since its last event; most concern other resources',
    prefix: 'Stored below', objects: 'Objects', window: 'Changes kept', level: 'Priority level', seats: 'Seats', queued: 'Queued', dispatched: 'Served', refused: 'Refused', executing: '{count} now',
    at: 'Time', request: 'Request', code: 'Code', took: 'Took', answered: 'answered', wrote: 'wrote revision {revision}', admission: 'Admission',
    access: 'May they do it?', verb: 'Verb', namespace: 'Namespace', everywhere: 'everywhere', ask: 'Ask', yes: 'Yes', no: 'No', noRule: 'No rule allows it.',
  },
  'zh-Hant': {
    title: 'API 伺服器', purpose: '誰在問什麼、誰在監看、誰可以做什麼？',
    audit: '稽核', requests: '請求', noAudit: '稽核日誌還沒有內容。', stage: '階段', agent: '用戶端', decision: '決定', knows: '誰在監看，快取了什麼', wants: '正在處理什麼，什麼必須排隊', did: '最近的請求與各個階段',
    watchers: '監看者', caches: '快取', live: '進行中', flow: '流量控制', filter: '動詞、路徑、使用者、代碼', noRequests: '沒有這樣的請求紀錄。發出一個：',
    resource: '資源', user: '使用者', revision: '所在版本', sent: '事件', waiting: '未送出', behind: '距離它的上一個事件已有 {behind} 個版本；多半是其他資源的',
    prefix: '存放於', objects: '物件', window: '保留的變更', level: '優先等級', seats: '座位', queued: '排隊', dispatched: '已處理', refused: '已拒絕', executing: '現在 {count} 個',
    at: '時間', request: '請求', code: '代碼', took: '耗時', answered: '回應', wrote: '寫入版本 {revision}', admission: '准入控制',
    access: '可以這樣做嗎？', verb: '動詞', namespace: '命名空間', everywhere: '所有地方', ask: '詢問', yes: '可以', no: '不可以', noRule: '沒有規則允許。',
  },
  'zh-Hans': {
    title: 'API 服务器', purpose: '谁在问什么、谁在监视、谁可以做什么？',
    audit: '审计', requests: '请求', noAudit: '审计日志还没有内容。', stage: '阶段', agent: '客户端', decision: '决定', knows: '谁在监视，缓存了什么', wants: '正在处理什么，什么必须排队', did: '最近的请求与各个阶段',
    watchers: '监视者', caches: '缓存', live: '进行中', flow: '流量控制', filter: '动词、路径、用户、代码', noRequests: '没有这样的请求记录。发出一个：',
    resource: '资源', user: '用户', revision: '所在版本', sent: '事件', waiting: '未发送', behind: '距离它的上一个事件已有 {behind} 个版本；多半是其他资源的',
    prefix: '存放于', objects: '对象', window: '保留的变更', level: '优先级', seats: '席位', queued: '排队', dispatched: '已处理', refused: '已拒绝', executing: '现在 {count} 个',
    at: '时间', request: '请求', code: '代码', took: '耗时', answered: '响应', wrote: '写入版本 {revision}', admission: '准入控制',
    access: '可以这样做吗？', verb: '动词', namespace: '命名空间', everywhere: '所有地方', ask: '询问', yes: '可以', no: '不可以', noRule: '没有规则允许。',
  },
})
