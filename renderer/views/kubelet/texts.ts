/** Texts of the kubelet's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const kubeletTexts = roomCatalogue({
  en: {
    title: 'Kubelet', purpose: 'What does this node think of each of its pods, and what did it tell the runtime?', knows: 'each pod, its sandbox and containers', wants: 'probes, and what the node promises', did: 'last calls to the container runtime', pod: 'Pod', phase: 'Worker', sandbox: 'Sandbox', containers: 'Containers', problem: 'Problem', restarts: 'restarts', probe: 'Probe', verdict: 'Verdict', run: 'In a row', noProbes: 'No container of this node has a probe.', noPods: 'No pod runs on this node.', at: 'Time', call: 'Call', took: 'Took', filter: 'Call', noCalls: 'No such call was made.', condition: 'Condition', status: 'Status', message: 'Message', capacity: 'Capacity', allocatable: 'Allocatable', resource: 'Resource', views: 'What is shown', probes: 'Probes', node: 'Node',
  },
  'zh-Hant': {
    title: 'Kubelet', purpose: '這個節點怎麼看它的每個 Pod，又對執行環境說了什麼？', knows: '每個 Pod、它的沙箱與容器', wants: '探測，以及節點的承諾', did: '最近對容器執行環境的呼叫', pod: 'Pod', phase: '工作者', sandbox: '沙箱', containers: '容器', problem: '問題', restarts: '次重啟', probe: '探測', verdict: '結果', run: '連續', noProbes: '這個節點沒有容器有探測。', noPods: '這個節點上沒有 Pod。', at: '時間', call: '呼叫', took: '耗時', filter: '呼叫', noCalls: '沒有這樣的呼叫。', condition: '狀況', status: '狀態', message: '訊息', capacity: '容量', allocatable: '可分配', resource: '資源', views: '顯示什麼', probes: '探測', node: '節點',
  },
  'zh-Hans': {
    title: 'Kubelet', purpose: '这个节点怎么看它的每个 Pod，又对运行时说了什么？', knows: '每个 Pod、它的沙箱与容器', wants: '探测，以及节点的承诺', did: '最近对容器运行时的调用', pod: 'Pod', phase: '工作者', sandbox: '沙箱', containers: '容器', problem: '问题', restarts: '次重启', probe: '探测', verdict: '结果', run: '连续', noProbes: '这个节点没有容器有探测。', noPods: '这个节点上没有 Pod。', at: '时间', call: '调用', took: '耗时', filter: '调用', noCalls: '没有这样的调用。', condition: '状况', status: '状态', message: '消息', capacity: '容量', allocatable: '可分配', resource: '资源', views: '显示什么', probes: '探测', node: '节点',
  },
})
