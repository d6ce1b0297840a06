/** Texts of the room of faults. What each fault does is told by the lab host, in the same languages. */
import { roomCatalogue } from '../../lib/room.ts'

export const faultsTexts = roomCatalogue({
  en: {
    title: 'Faults', purpose: 'What can I break here on purpose, and what is broken now?', palette: 'Kinds of faults', find: 'Find a fault', count: '{shown} of {all} faults', notHere: 'not possible in this lab',
    aimedAt: 'Aimed at {target}', anyTarget: 'Offer faults of anything', chosen: 'Break something', choose: 'Choose a fault: what it does, what is to be seen of it and how it heals is said before anything is broken.', impossible: 'This lab has nothing that it can be aimed at. Wanted: {wanted}.',
    effect: 'What it does', evidence: 'What to look for', healing: 'How it heals', target: 'Target', from: 'From', to: 'To', any: 'any node', bothWays: 'both ways', node: 'Node', component: 'Component', namespace: 'Namespace', noObjects: 'This lab has no {resource} now.',
    parameters: 'Parameters', range: '{least} to {most} {unit}', anything: 'anything', duration: 'Duration', seconds: 'Seconds', untilHealed: 'until it is healed', once: 'It happens once; there is nothing to heal.', inject: 'Inject',
    running: 'Running', left: '{time} left', heal: 'Heal', healOf: 'Heal {fault} of {target}', healAll: 'Heal all', none: 'Nothing is broken on purpose.', history: 'Past', noHistory: 'Nothing was broken on purpose yet.', fault: 'Fault', began: 'Began', ended: 'Ended',
    'state-injecting': 'being injected', 'state-active': 'active', 'state-healing': 'healing', 'state-over': 'over',
    'end-once': 'happened once', 'end-time': 'its time was over', 'end-asked': 'healed on request', 'end-lab-stopped': 'the lab was stopped', 'end-host-restarted': 'the lab host was started anew', 'end-failed': 'could not be injected',
    'group-workload': 'Workloads', 'group-resources': 'Resources of a node', 'group-network': 'Network', 'group-names': 'Names (DNS)', 'group-storage': 'Storage', 'group-time': 'Time', 'group-machine': 'Machines', 'group-component': 'Components', 'group-store': 'Store (etcd)', 'group-api-server': 'API server', 'group-scheduler': 'Scheduler', 'group-controllers': 'Controllers', 'group-cloud': 'Cloud', 'group-node-agents': 'Node agents', 'group-identity': 'Identity and access', 'group-cluster': 'Cluster configuration', 'group-load': 'Load',
  },
  'zh-Hant': {
    title: '故障', purpose: '這裡可以故意弄壞什麼，現在壞了什麼？', palette: '故障種類', find: '尋找故障', count: '{all} 種故障中的 {shown} 種', notHere: '此實驗室無法使用',
    aimedAt: '瞄準 {target}', anyTarget: '提供所有目標的故障', chosen: '弄壞某樣東西', choose: '選擇一種故障：在弄壞任何東西之前，會先說明它做什麼、能看到什麼、如何痊癒。', impossible: '此實驗室沒有可以瞄準的目標。需要：{wanted}。',
    effect: '它做什麼', evidence: '要看什麼', healing: '如何痊癒', target: '目標', from: '從', to: '到', any: '任何節點', bothWays: '雙向', node: '節點', component: '元件', namespace: '命名空間', noObjects: '此實驗室目前沒有 {resource}。',
    parameters: '參數', range: '{least} 到 {most} {unit}', anything: '不限', duration: '持續時間', seconds: '秒', untilHealed: '直到痊癒為止', once: '只發生一次，沒有需要痊癒的。', inject: '注入',
    running: '進行中', left: '剩下 {time}', heal: '痊癒', healOf: '讓 {target} 的「{fault}」痊癒', healAll: '全部痊癒', none: '沒有故意弄壞的東西。', history: '過去', noHistory: '還沒有故意弄壞過東西。', fault: '故障', began: '開始', ended: '結束',
    'state-injecting': '注入中', 'state-active': '作用中', 'state-healing': '痊癒中', 'state-over': '已結束',
    'end-once': '發生了一次', 'end-time': '時間到了', 'end-asked': '依要求痊癒', 'end-lab-stopped': '實驗室已停止', 'end-host-restarted': '實驗室主機重新啟動', 'end-failed': '無法注入',
    'group-workload': '工作負載', 'group-resources': '節點資源', 'group-network': '網路', 'group-names': '名稱（DNS）', 'group-storage': '儲存', 'group-time': '時間', 'group-machine': '機器', 'group-component': '元件', 'group-store': '儲存庫（etcd）', 'group-api-server': 'API 伺服器', 'group-scheduler': '排程器', 'group-controllers': '控制器', 'group-cloud': '雲端', 'group-node-agents': '節點代理', 'group-identity': '身分與存取', 'group-cluster': '叢集設定', 'group-load': '負載',
  },
  'zh-Hans': {
    title: '故障', purpose: '这里可以故意弄坏什么，现在坏了什么？', palette: '故障种类', find: '查找故障', count: '{all} 种故障中的 {shown} 种', notHere: '此实验室无法使用',
    aimedAt: '瞄准 {target}', anyTarget: '提供所有目标的故障', chosen: '弄坏某样东西', choose: '选择一种故障：在弄坏任何东西之前，会先说明它做什么、能看到什么、如何恢复。', impossible: '此实验室没有可以瞄准的目标。需要：{wanted}。',
    effect: '它做什么', evidence: '要看什么', healing: '如何恢复', target: '目标', from: '从', to: '到', any: '任何节点', bothWays: '双向', node: '节点', component: '组件', namespace: '命名空间', noObjects: '此实验室目前没有 {resource}。',
    parameters: '参数', range: '{least} 到 {most} {unit}', anything: '不限', duration: '持续时间', seconds: '秒', untilHealed: '直到恢复为止', once: '只发生一次，没有需要恢复的。', inject: '注入',
    running: '进行中', left: '剩余 {time}', heal: '恢复', healOf: '恢复 {target} 的“{fault}”', healAll: '全部恢复', none: '没有故意弄坏的东西。', history: '过去', noHistory: '还没有故意弄坏过东西。', fault: '故障', began: '开始', ended: '结束',
    'state-injecting': '注入中', 'state-active': '生效中', 'state-healing': '恢复中', 'state-over': '已结束',
    'end-once': '发生了一次', 'end-time': '时间到了', 'end-asked': '按要求恢复', 'end-lab-stopped': '实验室已停止', 'end-host-restarted': '实验室主机重新启动', 'end-failed': '无法注入',
    'group-workload': '工作负载', 'group-resources': '节点资源', 'group-network': '网络', 'group-names': '名称（DNS）', 'group-storage': '存储', 'group-time': '时间', 'group-machine': '机器', 'group-component': '组件', 'group-store': '存储库（etcd）', 'group-api-server': 'API 服务器', 'group-scheduler': '调度器', 'group-controllers': '控制器', 'group-cloud': '云', 'group-node-agents': '节点代理', 'group-identity': '身份与访问', 'group-cluster': '集群配置', 'group-load': '负载',
  },
})
