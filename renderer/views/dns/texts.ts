/** Texts of the name server's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const dnsTexts = roomCatalogue({
  en: {
    title: 'DNS', purpose: 'Which names were asked for, by whom, and what was answered?', server: 'Name server', at: 'Time', client: 'Asked by', question: 'Question', code: 'Answer', answers: 'Records', empty: 'Nobody has asked this server yet. Ask:', filter: 'Name or client', noServer: 'No pod with the label k8s-app=kube-dns is there.',
    knows: 'what it answers for', did: 'the last questions, and what was answered', wants: 'what it would answer to a name', controls: 'what may be done to the pod', services: 'Services', slices: 'Endpoint slices', name: 'A full name', noSuchName: 'There is no such name (NXDOMAIN).', noRecords: 'The name is there and has no records.', type: 'Type', record: 'Record', openPod: 'Pod, with its log', shell: 'Shell', restart: 'Replace the pod', restartTitle: 'Replace {name}?', restartText: 'The pod is deleted, and its ReplicaSet makes another.',
  },
  'zh-Hant': {
    title: 'DNS', purpose: '誰問了哪些名稱，得到什麼回答？', server: '名稱伺服器', at: '時間', client: '詢問者', question: '問題', code: '回答', answers: '記錄數', empty: '還沒有人問過這個伺服器。問問看：', filter: '名稱或詢問者', noServer: '沒有帶有標籤 k8s-app=kube-dns 的 Pod。',
    knows: '它為什麼作答', did: '最近的問題與回答', wants: '對一個名稱它會回答什麼', controls: '可以對這個 Pod 做什麼', services: 'Service', slices: 'EndpointSlice', name: '完整的名稱', noSuchName: '沒有這個名稱（NXDOMAIN）。', noRecords: '有這個名稱，但沒有記錄。', type: '類型', record: '記錄', openPod: 'Pod 與它的日誌', shell: 'Shell', restart: '換一個 Pod', restartTitle: '要換掉 {name} 嗎？', restartText: 'Pod 會被刪除，它的 ReplicaSet 會另建一個。',
  },
  'zh-Hans': {
    title: 'DNS', purpose: '谁问了哪些名称，得到什么回答？', server: '名称服务器', at: '时间', client: '询问者', question: '问题', code: '回答', answers: '记录数', empty: '还没有人问过这个服务器。问问看：', filter: '名称或询问者', noServer: '没有带有标签 k8s-app=kube-dns 的 Pod。',
    knows: '它为什么作答', did: '最近的问题与回答', wants: '对一个名称它会回答什么', controls: '可以对这个 Pod 做什么', services: 'Service', slices: 'EndpointSlice', name: '完整的名称', noSuchName: '没有这个名称（NXDOMAIN）。', noRecords: '有这个名称，但没有记录。', type: '类型', record: '记录', openPod: 'Pod 与它的日志', shell: 'Shell', restart: '换一个 Pod', restartTitle: '要换掉 {name} 吗？', restartText: 'Pod 会被删除，它的 ReplicaSet 会另建一个。',
  },
})
