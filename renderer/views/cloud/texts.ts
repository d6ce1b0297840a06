/** Texts of the cloud's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const cloudTexts = roomCatalogue({
  en: {
    title: 'Cloud', purpose: 'Which machines, routes, load balancers and volumes does the lab, as a cloud, have?', knows: 'machines and routes', wants: 'keys that wait in its loops', did: 'load balancers and volumes it made', machine: 'Machine', provider: 'Provider id', type: 'Type', zone: 'Zone', addresses: 'Addresses', state: 'State', routes: 'Routes', name: 'Name', cidr: 'Pod network', node: 'Node', noRoutes: 'The overlay carries pods between nodes; there are no routes of the cloud.', balancers: 'Load balancers', ip: 'Address', ports: 'Ports', nodes: 'Nodes', noBalancers: 'No Service asks for a load balancer. Ask for one:', volumes: 'Volumes', size: 'Size', attached: 'Attached to', noVolumes: 'No claim asks for a disk.', loop: 'Loop', waiting: 'Waiting', last: 'Last',
    steering: 'Steer', pause: 'Hold {name}', resume: 'Let {name} go on', step: 'Let one key of {name} through',
  },
  'zh-Hant': {
    title: '雲端', purpose: '實驗室作為雲端，有哪些機器、路由、負載平衡器與磁碟？', knows: '機器與路由', wants: '它的迴圈中等待的鍵', did: '它建立的負載平衡器與磁碟', machine: '機器', provider: '提供者 ID', type: '類型', zone: '區域', addresses: '位址', state: '狀態', routes: '路由', name: '名稱', cidr: 'Pod 網段', node: '節點', noRoutes: 'Pod 流量由 overlay 在節點間傳送；沒有雲端路由。', balancers: '負載平衡器', ip: '位址', ports: '連接埠', nodes: '節點', noBalancers: '沒有 Service 要求負載平衡器。要求一個：', volumes: '磁碟', size: '大小', attached: '掛載於', noVolumes: '沒有任何聲明要求磁碟。', loop: '迴圈', waiting: '等待', last: '最近',
    steering: '操控', pause: '按住 {name}', resume: '讓 {name} 繼續', step: '放行 {name} 的一個鍵',
  },
  'zh-Hans': {
    title: '云端', purpose: '实验室作为云端，有哪些机器、路由、负载均衡器与磁盘？', knows: '机器与路由', wants: '它的循环中等待的键', did: '它创建的负载均衡器与磁盘', machine: '机器', provider: '提供者 ID', type: '类型', zone: '区域', addresses: '地址', state: '状态', routes: '路由', name: '名称', cidr: 'Pod 网段', node: '节点', noRoutes: 'Pod 流量由 overlay 在节点间传送；没有云端路由。', balancers: '负载均衡器', ip: '地址', ports: '端口', nodes: '节点', noBalancers: '没有 Service 要求负载均衡器。要求一个：', volumes: '磁盘', size: '大小', attached: '挂载于', noVolumes: '没有任何声明要求磁盘。', loop: '循环', waiting: '等待', last: '最近',
    steering: '操控', pause: '按住 {name}', resume: '让 {name} 继续', step: '放行 {name} 的一个键',
  },
})
