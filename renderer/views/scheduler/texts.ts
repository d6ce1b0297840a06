/** Texts of the scheduler's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const schedulerTexts = roomCatalogue({
  en: {
    title: 'Scheduler', purpose: 'Why is this pod where it is, or nowhere?',
    knows: 'what each node can still promise', wants: 'pods that wait for a node', did: 'where each pod went, and why',
    node: 'Node', cpu: 'CPU promised', memory: 'Memory promised', pods: 'Pods', taints: 'Taints', cordoned: 'cordoned',
    queueEmpty: 'No pod waits. A pod that fits nowhere stays here until something changes; ask for what no node has and see:',
    pod: 'Pod', place: 'Queue', rejectedBy: 'Rejected by', attempts: 'Tries', since: 'For',
    'place-active': 'active', 'place-backoff': 'backing off', 'place-unschedulable': 'unschedulable', 'place-gated': 'gated', 'place-in-flight': 'in flight',
    whyOf: 'Why {pod} waits', preemption: 'It could be placed on {node} by evicting: {victims}', curePlugin: '{plugin} rejects it on {nodes} node(s). It would fit if:',
    cureFree: '{amount} of {resource} became free on {node}', cureLarger: '{node} were larger by {amount} of {resource}', cureToleration: 'the pod tolerated {taint} of {node}, or the taint were removed', cureUncordon: '{node} were uncordoned', cureLabel: '{node} had the label {key} {operator} {values}', curePort: 'port {port} became free on {node}', cureAffinity: 'a pod with {selector} ran in the same {domain} as {node}', cureAntiAffinity: 'no pod with {selector} ran in the {domain} of {node}', cureSkew: '{pods} fewer pods ran in the {domain} of {node}', cureGate: 'the gates {gates} were taken off the pod', cureOther: '{text}',
    noDecisions: 'The scheduler has placed nothing since it started. Give it something:', at: 'Time', outcome: 'Node', wokenBy: 'Woken by', took: 'Decided in', binding: 'Bound in',
    tableOf: 'Decision table of {pod}', back: 'All decisions', attempt: 'try {attempt}', asked: '{asked} of {total} nodes asked, {feasible} fit', grid: 'Nodes and plugins', total: 'Total', chosen: 'chosen', curable: 'eviction would help', before: '{raw} → {normalized}',
    whatIf: 'What if…', whatIfHint: 'Ask about a pod that does not exist yet.', whatIfText: 'The scheduler decides as it would now, and makes nothing.', manifest: 'Pod or Deployment as YAML', copies: 'Copies', askNow: 'Ask the scheduler', placedOf: '{placed} of {pods} would be placed.',
  },
  'zh-Hant': {
    title: '排程器', purpose: '這個 Pod 為什麼在這裡，或為什麼哪裡都不在？',
    knows: '每個節點還能承諾多少', wants: '等待節點的 Pod', did: '每個 Pod 去了哪裡，為什麼',
    node: '節點', cpu: '已承諾的 CPU', memory: '已承諾的記憶體', pods: 'Pod', taints: '汙點', cordoned: '已停止排程',
    queueEmpty: '沒有 Pod 在等待。放不下的 Pod 會留在這裡，直到情況改變；要求沒有節點具備的東西試試看：',
    pod: 'Pod', place: '佇列', rejectedBy: '被誰拒絕', attempts: '嘗試次數', since: '已等待',
    'place-active': '可排程', 'place-backoff': '退避中', 'place-unschedulable': '無法排程', 'place-gated': '被閘門擋住', 'place-in-flight': '處理中',
    whyOf: '{pod} 為什麼在等待', preemption: '驅逐以下 Pod 就能放到 {node}：{victims}', curePlugin: '{plugin} 在 {nodes} 個節點上拒絕了它。以下情況就能放下：',
    cureFree: '{node} 空出 {amount} 的 {resource}', cureLarger: '{node} 多出 {amount} 的 {resource}', cureToleration: 'Pod 容忍 {node} 的 {taint}，或移除該汙點', cureUncordon: '{node} 恢復排程', cureLabel: '{node} 有標籤 {key} {operator} {values}', curePort: '{node} 空出連接埠 {port}', cureAffinity: '與 {node} 相同的 {domain} 中有符合 {selector} 的 Pod', cureAntiAffinity: '{node} 的 {domain} 中沒有符合 {selector} 的 Pod', cureSkew: '{node} 的 {domain} 中少 {pods} 個 Pod', cureGate: '從 Pod 取下閘門 {gates}', cureOther: '{text}',
    noDecisions: '排程器啟動後還沒有安排任何 Pod。給它一些工作：', at: '時間', outcome: '節點', wokenBy: '喚醒原因', took: '決定耗時', binding: '綁定耗時',
    tableOf: '{pod} 的決策表', back: '所有決策', attempt: '第 {attempt} 次嘗試', asked: '詢問了 {total} 個節點中的 {asked} 個，{feasible} 個合適', grid: '節點與外掛', total: '總分', chosen: '選中', curable: '驅逐可解', before: '{raw} → {normalized}',
    whatIf: '如果……', whatIfHint: '詢問一個尚不存在的 Pod。', whatIfText: '排程器會照現在的狀況做決定，但不會建立任何東西。', manifest: 'Pod 或 Deployment 的 YAML', copies: '份數', askNow: '詢問排程器', placedOf: '{pods} 個中有 {placed} 個會被安排。',
  },
  'zh-Hans': {
    title: '调度器', purpose: '这个 Pod 为什么在这里，或为什么哪里都不在？',
    knows: '每个节点还能承诺多少', wants: '等待节点的 Pod', did: '每个 Pod 去了哪里，为什么',
    node: '节点', cpu: '已承诺的 CPU', memory: '已承诺的内存', pods: 'Pod', taints: '污点', cordoned: '已停止调度',
    queueEmpty: '没有 Pod 在等待。放不下的 Pod 会留在这里，直到情况改变；要求没有节点具备的东西试试看：',
    pod: 'Pod', place: '队列', rejectedBy: '被谁拒绝', attempts: '尝试次数', since: '已等待',
    'place-active': '可调度', 'place-backoff': '退避中', 'place-unschedulable': '无法调度', 'place-gated': '被闸门挡住', 'place-in-flight': '处理中',
    whyOf: '{pod} 为什么在等待', preemption: '驱逐以下 Pod 就能放到 {node}：{victims}', curePlugin: '{plugin} 在 {nodes} 个节点上拒绝了它。以下情况就能放下：',
    cureFree: '{node} 空出 {amount} 的 {resource}', cureLarger: '{node} 多出 {amount} 的 {resource}', cureToleration: 'Pod 容忍 {node} 的 {taint}，或移除该污点', cureUncordon: '{node} 恢复调度', cureLabel: '{node} 有标签 {key} {operator} {values}', curePort: '{node} 空出端口 {port}', cureAffinity: '与 {node} 相同的 {domain} 中有符合 {selector} 的 Pod', cureAntiAffinity: '{node} 的 {domain} 中没有符合 {selector} 的 Pod', cureSkew: '{node} 的 {domain} 中少 {pods} 个 Pod', cureGate: '从 Pod 取下闸门 {gates}', cureOther: '{text}',
    noDecisions: '调度器启动后还没有安排任何 Pod。给它一些工作：', at: '时间', outcome: '节点', wokenBy: '唤醒原因', took: '决定耗时', binding: '绑定耗时',
    tableOf: '{pod} 的决策表', back: '所有决策', attempt: '第 {attempt} 次尝试', asked: '询问了 {total} 个节点中的 {asked} 个，{feasible} 个合适', grid: '节点与插件', total: '总分', chosen: '选中', curable: '驱逐可解', before: '{raw} → {normalized}',
    whatIf: '如果……', whatIfHint: '询问一个尚不存在的 Pod。', whatIfText: '调度器会按现在的状况做决定，但不会创建任何东西。', manifest: 'Pod 或 Deployment 的 YAML', copies: '份数', askNow: '询问调度器', placedOf: '{pods} 个中有 {placed} 个会被安排。',
  },
})
