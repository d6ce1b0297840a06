/** Texts of the container runtime's room. */
import { roomCatalogue } from '../../lib/room.ts'

export const runtimeTexts = roomCatalogue({
  en: {
    title: 'Runtime', purpose: 'Which containers and images are on this node?', knows: 'containers, as the runtime lists them', wants: 'images kept on the node', did: 'what the kubelet made it do', container: 'Container', pod: 'Pod', state: 'State', image: 'Image', age: 'Age', id: 'Id', attempt: 'Try', size: 'Size', noContainers: 'No container is on this node.', noImages: 'No image is on this node.', version: 'Version', at: 'Time', call: 'Call', took: 'Took', noCalls: 'Nothing that changes anything was asked of it lately.',
  },
  'zh-Hant': {
    title: '容器執行環境', purpose: '這個節點上有哪些容器與映像？', knows: '執行環境列出的容器', wants: '節點上保留的映像', did: 'kubelet 讓它做了什麼', container: '容器', pod: 'Pod', state: '狀態', image: '映像', age: '存活時間', id: '識別碼', attempt: '次數', size: '大小', noContainers: '這個節點上沒有容器。', noImages: '這個節點上沒有映像。', version: '版本', at: '時間', call: '呼叫', took: '耗時', noCalls: '最近沒有要求它改變任何事。',
  },
  'zh-Hans': {
    title: '容器运行时', purpose: '这个节点上有哪些容器与镜像？', knows: '运行时列出的容器', wants: '节点上保留的镜像', did: 'kubelet 让它做了什么', container: '容器', pod: 'Pod', state: '状态', image: '镜像', age: '存活时间', id: '标识', attempt: '次数', size: '大小', noContainers: '这个节点上没有容器。', noImages: '这个节点上没有镜像。', version: '版本', at: '时间', call: '调用', took: '耗时', noCalls: '最近没有要求它改变任何事。',
  },
})
