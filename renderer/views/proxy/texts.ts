/** Texts of kube-proxy's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const proxyTexts = roomCatalogue({
  en: {
    title: 'kube-proxy', purpose: 'Which rule sends me to which pod?', knows: 'Services as they are on this node', wants: 'the rules of the chosen Service, with what the kernel counted', did: 'last writes of the rules', service: 'Service', clusterIp: 'Address', endpoints: 'Endpoints', nodePort: 'Node port', choose: 'Choose a Service to see its rules in the kernel of this node.', packets: 'Packets', rule: 'Rule', share: 'Chance', to: 'To', at: 'Time', took: 'Took', lines: 'Lines', whole: 'Whole', full: 'all rules', part: 'changes', textOf: 'What was written at {at}', noSyncs: 'Nothing was written yet.', local: 'on this node', none: 'no endpoint',
  },
  'zh-Hant': {
    title: 'kube-proxy', purpose: '哪一條規則把我送到哪一個 Pod？', knows: '這個節點上的 Service', wants: '所選 Service 的規則，與核心的計數', did: '最近寫入的規則', service: 'Service', clusterIp: '位址', endpoints: '端點', nodePort: '節點連接埠', choose: '選一個 Service，看看它在這個節點核心裡的規則。', packets: '封包', rule: '規則', share: '機率', to: '送往', at: '時間', took: '耗時', lines: '行數', whole: '範圍', full: '全部規則', part: '變更', textOf: '{at} 寫入的內容', noSyncs: '還沒有寫入任何規則。', local: '在這個節點', none: '沒有端點',
  },
  'zh-Hans': {
    title: 'kube-proxy', purpose: '哪一条规则把我送到哪一个 Pod？', knows: '这个节点上的 Service', wants: '所选 Service 的规则，与内核的计数', did: '最近写入的规则', service: 'Service', clusterIp: '地址', endpoints: '端点', nodePort: '节点端口', choose: '选一个 Service，看看它在这个节点内核里的规则。', packets: '数据包', rule: '规则', share: '概率', to: '送往', at: '时间', took: '耗时', lines: '行数', whole: '范围', full: '全部规则', part: '变更', textOf: '{at} 写入的内容', noSyncs: '还没有写入任何规则。', local: '在这个节点', none: '没有端点',
  },
})
