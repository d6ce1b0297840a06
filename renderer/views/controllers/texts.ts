/** Texts of the controller manager's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const controllersTexts = roomCatalogue({
  en: {
    title: 'Controllers', purpose: 'What did each control loop do, what woke it, and what comes next?', knows: 'every loop, its queue and its last result', wants: 'keys that wait, work and come later', did: 'last reconciles of the chosen loop, with what caused them', queued: 'Waiting', working: 'Working', later: 'Later', outcome: 'Ending', key: 'Key', forMs: 'For', causes: 'Woken by', state: 'State', 'state-waiting': 'waiting', 'state-active': 'being worked on', 'state-delayed': 'later', at: 'Time', took: 'Took', paused: 'held', running: 'runs', pause: 'Hold {name}', resume: 'Let {name} go on', step: 'Let one key through', idle: 'Nothing waits: everything is as it is wanted.', nothing: 'It has done nothing yet. Give it work, for example:', steering: 'Steer {name}', find: 'Find a loop', leader: 'Leads as {identity}', follower: 'Waits to lead as {identity}', routine: 'This loop keeps no queue; what it knows:',
  },
  'zh-Hant': {
    title: '控制器', purpose: '每個控制迴圈做了什麼、被什麼喚醒、接下來要做什麼？', knows: '每個迴圈、它的佇列與最近的結果', wants: '等待、處理中與稍後的鍵', did: '所選迴圈最近的調和與起因', queued: '等待', working: '處理中', later: '稍後', outcome: '結果', key: '鍵', forMs: '已經', causes: '喚醒原因', state: '狀態', 'state-waiting': '等待中', 'state-active': '處理中', 'state-delayed': '稍後', at: '時間', took: '耗時', paused: '已按住', running: '執行中', pause: '按住 {name}', resume: '讓 {name} 繼續', step: '放行一個鍵', idle: '沒有東西在等：一切都如所願。', nothing: '它還沒做過任何事。給它一些工作，例如：', steering: '操控 {name}', find: '尋找迴圈', leader: '以 {identity} 身分領導', follower: '以 {identity} 身分等待領導', routine: '這個迴圈沒有佇列；它知道的是：',
  },
  'zh-Hans': {
    title: '控制器', purpose: '每个控制循环做了什么、被什么唤醒、接下来要做什么？', knows: '每个循环、它的队列与最近的结果', wants: '等待、处理中与稍后的键', did: '所选循环最近的调和与起因', queued: '等待', working: '处理中', later: '稍后', outcome: '结果', key: '键', forMs: '已经', causes: '唤醒原因', state: '状态', 'state-waiting': '等待中', 'state-active': '处理中', 'state-delayed': '稍后', at: '时间', took: '耗时', paused: '已按住', running: '运行中', pause: '按住 {name}', resume: '让 {name} 继续', step: '放行一个键', idle: '没有东西在等：一切都如所愿。', nothing: '它还没做过任何事。给它一些工作，例如：', steering: '操控 {name}', find: '查找循环', leader: '以 {identity} 身份领导', follower: '以 {identity} 身份等待领导', routine: '这个循环没有队列；它知道的是：',
  },
})
