/** Texts of the overlay's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const overlayTexts = roomCatalogue({
  en: {
    title: 'Overlay', purpose: 'How does a packet get to a pod on another node?', knows: 'devices, routes and neighbours in the kernel', wants: 'nodes it has to reach', did: 'commands it gave', device: 'Device', kind: 'Kind', addresses: 'Addresses', mtu: 'MTU', facts: 'Facts', up: 'up', down: 'down', route: 'Route to', via: 'Via', through: 'Through', source: 'Source', neighbour: 'Neighbour', mac: 'MAC', forwarding: 'Sent inside to', peer: 'Node', address: 'Address', podCidr: 'Pods', me: 'this node', at: 'Time', command: 'Command', noCommands: 'Nothing had to be changed since it started.',
  },
  'zh-Hant': {
    title: 'Overlay', purpose: '封包如何抵達另一個節點上的 Pod？', knows: '核心中的裝置、路由與鄰居', wants: '必須能抵達的節點', did: '它下達的指令', device: '裝置', kind: '種類', addresses: '位址', mtu: 'MTU', facts: '細節', up: '啟用', down: '停用', route: '前往', via: '經由', through: '裝置', source: '來源', neighbour: '鄰居', mac: 'MAC', forwarding: '封裝送往', peer: '節點', address: '位址', podCidr: 'Pod 網段', me: '這個節點', at: '時間', command: '指令', noCommands: '啟動後沒有需要改變的。',
  },
  'zh-Hans': {
    title: 'Overlay', purpose: '数据包如何到达另一个节点上的 Pod？', knows: '内核中的设备、路由与邻居', wants: '必须能到达的节点', did: '它下达的命令', device: '设备', kind: '种类', addresses: '地址', mtu: 'MTU', facts: '细节', up: '启用', down: '停用', route: '前往', via: '经由', through: '设备', source: '来源', neighbour: '邻居', mac: 'MAC', forwarding: '封装送往', peer: '节点', address: '地址', podCidr: 'Pod 网段', me: '这个节点', at: '时间', command: '命令', noCommands: '启动后没有需要改变的。',
  },
})
