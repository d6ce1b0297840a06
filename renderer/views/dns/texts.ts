/** Texts of the name server's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const dnsTexts = roomCatalogue({
  en: {
    title: 'DNS', purpose: 'Which names were asked for, by whom, and what was answered?', server: 'Name server', at: 'Time', client: 'Asked by', question: 'Question', code: 'Answer', answers: 'Records', empty: 'Nobody has asked this server yet. Ask:', filter: 'Name or client', noServer: 'No pod with the label k8s-app=kube-dns is there.', recent: 'Last questions',
  },
  'zh-Hant': {
    title: 'DNS', purpose: '誰問了哪些名稱，得到什麼回答？', server: '名稱伺服器', at: '時間', client: '詢問者', question: '問題', code: '回答', answers: '記錄數', empty: '還沒有人問過這個伺服器。問問看：', filter: '名稱或詢問者', noServer: '沒有帶有標籤 k8s-app=kube-dns 的 Pod。', recent: '最近的問題',
  },
  'zh-Hans': {
    title: 'DNS', purpose: '谁问了哪些名称，得到什么回答？', server: '名称服务器', at: '时间', client: '询问者', question: '问题', code: '回答', answers: '记录数', empty: '还没有人问过这个服务器。问问看：', filter: '名称或询问者', noServer: '没有带有标签 k8s-app=kube-dns 的 Pod。', recent: '最近的问题',
  },
})
