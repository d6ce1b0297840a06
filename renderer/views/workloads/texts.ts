/** Texts of the workloads screen. */
import { roomCatalogue } from '../../lib/room.ts'

export const workloadsTexts = roomCatalogue({
  en: {
    title: 'Workloads', purpose: 'Which pods and Services run here.',
    pods: 'Pods', services: 'Services', filter: 'Filter by name or namespace', noPods: 'There are no pods.', noServices: 'There are no Services.', namespace: 'Namespace', name: 'Name', ready: 'Ready', status: 'Status', restarts: 'Restarts', ip: 'IP', node: 'Node', age: 'Age', type: 'Type', clusterIp: 'Cluster IP', ports: 'Ports', exec: 'Shell', execOf: 'Shell in {name}', actions: 'Actions',
  },
  'zh-Hant': {
    title: '工作負載', purpose: '這裡有哪些 Pod 和 Service。',
    pods: 'Pod', services: 'Service', filter: '依名稱或命名空間篩選', noPods: '沒有 Pod。', noServices: '沒有 Service。', namespace: '命名空間', name: '名稱', ready: '就緒', status: '狀態', restarts: '重啟次數', ip: 'IP', node: '節點', age: '存活時間', type: '類型', clusterIp: '叢集 IP', ports: '連接埠', exec: 'Shell', execOf: '{name} 裡的 Shell', actions: '動作',
  },
  'zh-Hans': {
    title: '工作负载', purpose: '这里有哪些 Pod 和 Service。',
    pods: 'Pod', services: 'Service', filter: '按名称或命名空间筛选', noPods: '没有 Pod。', noServices: '没有 Service。', namespace: '命名空间', name: '名称', ready: '就绪', status: '状态', restarts: '重启次数', ip: 'IP', node: '节点', age: '存活时间', type: '类型', clusterIp: '集群 IP', ports: '端口', exec: 'Shell', execOf: '{name} 里的 Shell', actions: '操作',
  },
})
