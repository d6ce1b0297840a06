/** Texts of the machine's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const machineTexts = roomCatalogue({
  en: {
    title: 'Machine', purpose: 'What does this node\'s machine have, and what is it doing?', knows: 'what it has, as it says itself', wants: 'services that should run on it', did: 'the last minutes', controls: 'a way in, and its power', which: 'Which node', none: 'This lab has no nodes.', simulated: 'A simulated node has no machine: the lab host plays its kubelet.',
    processors: 'Processors', load: 'Load 1, 5, 15 min', memoryOf: 'Memory', kernel: 'Kernel', booted: 'Booted', uptime: 'Up for', address: 'Address', provider: 'Provider', memoryText: '{used} of {total}',
    card: 'Interface', addresses: 'Addresses', mtu: 'MTU', received: 'Received', sent: 'Sent', errors: 'Errors', dropped: 'Dropped', packets: '{bytes} · {packets} packets', up: 'up', down: 'down',
    disk: 'Disk', mount: 'Mounted at', used: 'Used', usedText: '{used} of {size}',
    service: 'Service', state: 'State', processes: 'Processes', charts: 'Charts', views: 'Charts or processes', pid: 'PID', command: 'Command', cpuTime: 'CPU time', resident: 'Memory', filter: 'Command or PID',
    cpuChart: 'CPU', memoryChart: 'Memory', networkChart: 'Network', busy: 'busy', working: 'working set', receivedBy: 'received, {card}', sentBy: 'sent, {card}', perSecond: '{bytes}/s',
    panels: 'Panels', shell: 'Shell', console: 'Serial console', consoleLog: 'Console log', tabs: 'Panels, terminals or log', opening: 'Opening…', noConsole: 'A {provider} machine has no serial console.', again: 'Open again', ended: 'It ended.',
  },
  'zh-Hant': {
    title: '機器', purpose: '這個節點的機器有什麼，正在做什麼？', knows: '它有什麼，由它自己回報', wants: '應該在它上面執行的服務', did: '最近幾分鐘', controls: '進入的途徑與電源', which: '哪個節點', none: '這個實驗室沒有節點。', simulated: '模擬節點沒有機器：由實驗室主機扮演它的 kubelet。',
    processors: '處理器', load: '負載 1、5、15 分鐘', memoryOf: '記憶體', kernel: '核心', booted: '開機時間', uptime: '已運行', address: '位址', provider: '提供者', memoryText: '{used}／共 {total}',
    card: '介面', addresses: '位址', mtu: 'MTU', received: '已接收', sent: '已送出', errors: '錯誤', dropped: '丟棄', packets: '{bytes}・{packets} 個封包', up: '啟用', down: '停用',
    disk: '磁碟', mount: '掛載於', used: '已使用', usedText: '{used}／共 {size}',
    service: '服務', state: '狀態', processes: '行程', charts: '圖表', views: '圖表或行程', pid: 'PID', command: '指令', cpuTime: 'CPU 時間', resident: '記憶體', filter: '指令或 PID',
    cpuChart: 'CPU', memoryChart: '記憶體', networkChart: '網路', busy: '忙碌', working: '工作集', receivedBy: '接收，{card}', sentBy: '送出，{card}', perSecond: '每秒 {bytes}',
    panels: '面板', shell: 'Shell', console: '序列主控台', consoleLog: '主控台日誌', tabs: '面板、終端機或日誌', opening: '開啟中…', noConsole: '{provider} 機器沒有序列主控台。', again: '重新開啟', ended: '已結束。',
  },
  'zh-Hans': {
    title: '机器', purpose: '这个节点的机器有什么，正在做什么？', knows: '它有什么，由它自己报告', wants: '应该在它上面运行的服务', did: '最近几分钟', controls: '进入的途径与电源', which: '哪个节点', none: '这个实验室没有节点。', simulated: '模拟节点没有机器：由实验室主机扮演它的 kubelet。',
    processors: '处理器', load: '负载 1、5、15 分钟', memoryOf: '内存', kernel: '内核', booted: '开机时间', uptime: '已运行', address: '地址', provider: '提供者', memoryText: '{used}／共 {total}',
    card: '接口', addresses: '地址', mtu: 'MTU', received: '已接收', sent: '已发送', errors: '错误', dropped: '丢弃', packets: '{bytes}・{packets} 个数据包', up: '启用', down: '停用',
    disk: '磁盘', mount: '挂载于', used: '已使用', usedText: '{used}／共 {size}',
    service: '服务', state: '状态', processes: '进程', charts: '图表', views: '图表或进程', pid: 'PID', command: '命令', cpuTime: 'CPU 时间', resident: '内存', filter: '命令或 PID',
    cpuChart: 'CPU', memoryChart: '内存', networkChart: '网络', busy: '忙碌', working: '工作集', receivedBy: '接收，{card}', sentBy: '发送，{card}', perSecond: '每秒 {bytes}',
    panels: '面板', shell: 'Shell', console: '串口控制台', consoleLog: '控制台日志', tabs: '面板、终端或日志', opening: '打开中…', noConsole: '{provider} 机器没有串口控制台。', again: '重新打开', ended: '已结束。',
  },
})
