/** Texts of the room of resources. */
import { roomCatalogue } from '../../lib/room.ts'

export const resourcesTexts = roomCatalogue({
  en: {
    title: 'Resources', purpose: 'Every object of the cluster: look, change, and see what belongs to what.',
    story: 'Its story', forwards: 'Port-forward', localAddress: 'On this desktop', leadsTo: 'Leads to', port: 'Port', localPort: 'Local port', anyPort: 'any', startForward: 'Start forwarding', stopForward: 'Stop', kinds: 'Kinds', findKind: 'Find a kind', namespace: 'Namespace', everyNamespace: 'All namespaces', filter: 'Filter',
    'group-workloads': 'Workloads', 'group-network': 'Network', 'group-configuration': 'Configuration', 'group-storage': 'Storage', 'group-cluster': 'Cluster', 'group-access': 'Access',
    none: 'There is no {kind} here.', noMatch: 'None of {rows} matches “{filter}”.', noKind: 'This server has no kind {kind}. It may have gone with its definition.', gone: '{name} does not exist any more.',
    closeObject: 'Close the object', views: 'Views of the object', events: 'Events', relations: 'Relations', replicas: 'Replicas', scale: 'Scale', restart: 'Restart', shell: 'Shell', delete: 'Delete', deleteTitle: 'Delete {kind} {name}?',
    noEvents: 'Nothing was told of this object in the last hour.', reason: 'Reason', message: 'Message', logsOf: '{pods} pods',
    graph: 'Graph', table: 'Table', graphHint: 'Objects and their relations; the table says the same', leftOut: '{count} more are not drawn', noRelations: 'It has to do with nothing else.', from: 'From', relation: 'Relation', to: 'To',
    'relation-owns': 'owns', 'relation-selects': 'selects', 'relation-routes': 'routes to', 'relation-mounts': 'uses', 'relation-binds': 'is bound to', 'relation-runs-on': 'runs on', 'relation-acts-as': 'acts as', 'relation-scales': 'scales',
    yamlOf: 'YAML of {name}', overtaken: 'The object has changed since you began. Applying will be refused; revert to see what it is now.', dryRun: 'Try on the server', apply: 'Apply', revert: 'Revert', wouldChange: 'What would change',
  },
  'zh-Hant': {
    title: '資源', purpose: '叢集的每個物件：查看、修改，並看清誰屬於誰。',
    story: '它的故事', forwards: '連接埠轉送', localAddress: '在這台電腦上', leadsTo: '通往', port: '連接埠', localPort: '本機連接埠', anyPort: '任意', startForward: '開始轉送', stopForward: '停止', kinds: '種類', findKind: '尋找種類', namespace: '命名空間', everyNamespace: '所有命名空間', filter: '篩選',
    'group-workloads': '工作負載', 'group-network': '網路', 'group-configuration': '組態', 'group-storage': '儲存', 'group-cluster': '叢集', 'group-access': '存取權',
    none: '這裡沒有 {kind}。', noMatch: '{rows} 個之中沒有符合「{filter}」的。', noKind: '這個伺服器沒有 {kind} 這個種類，可能已隨其定義消失。', gone: '{name} 已不存在。',
    closeObject: '關閉物件', views: '物件的檢視', events: '事件', relations: '關聯', replicas: '副本數', scale: '調整數量', restart: '重新啟動', shell: 'Shell', delete: '刪除', deleteTitle: '要刪除 {kind} {name} 嗎？',
    noEvents: '過去一小時沒有關於這個物件的事件。', reason: '原因', message: '訊息', logsOf: '{pods} 個 Pod',
    graph: '圖', table: '表格', graphHint: '物件與它們的關聯；表格內容相同', leftOut: '另有 {count} 個沒有畫出', noRelations: '它與其他物件沒有關聯。', from: '從', relation: '關聯', to: '到',
    'relation-owns': '擁有', 'relation-selects': '選取', 'relation-routes': '導向', 'relation-mounts': '使用', 'relation-binds': '綁定', 'relation-runs-on': '執行於', 'relation-acts-as': '身分為', 'relation-scales': '調整',
    yamlOf: '{name} 的 YAML', overtaken: '你開始編輯後物件已經改變。套用會被拒絕；還原即可看到現在的內容。', dryRun: '在伺服器上試行', apply: '套用', revert: '還原', wouldChange: '將會改變什麼',
  },
  'zh-Hans': {
    title: '资源', purpose: '集群的每个对象：查看、修改，并看清谁属于谁。',
    story: '它的故事', forwards: '端口转发', localAddress: '在这台电脑上', leadsTo: '通往', port: '端口', localPort: '本地端口', anyPort: '任意', startForward: '开始转发', stopForward: '停止', kinds: '种类', findKind: '查找种类', namespace: '命名空间', everyNamespace: '所有命名空间', filter: '筛选',
    'group-workloads': '工作负载', 'group-network': '网络', 'group-configuration': '配置', 'group-storage': '存储', 'group-cluster': '集群', 'group-access': '访问权限',
    none: '这里没有 {kind}。', noMatch: '{rows} 个之中没有符合“{filter}”的。', noKind: '这个服务器没有 {kind} 这个种类，可能已随其定义消失。', gone: '{name} 已不存在。',
    closeObject: '关闭对象', views: '对象的视图', events: '事件', relations: '关联', replicas: '副本数', scale: '调整数量', restart: '重新启动', shell: 'Shell', delete: '删除', deleteTitle: '要删除 {kind} {name} 吗？',
    noEvents: '过去一小时没有关于这个对象的事件。', reason: '原因', message: '消息', logsOf: '{pods} 个 Pod',
    graph: '图', table: '表格', graphHint: '对象与它们的关联；表格内容相同', leftOut: '另有 {count} 个没有画出', noRelations: '它与其他对象没有关联。', from: '从', relation: '关联', to: '到',
    'relation-owns': '拥有', 'relation-selects': '选取', 'relation-routes': '导向', 'relation-mounts': '使用', 'relation-binds': '绑定', 'relation-runs-on': '运行于', 'relation-acts-as': '身份为', 'relation-scales': '调整',
    yamlOf: '{name} 的 YAML', overtaken: '你开始编辑后对象已经改变。应用会被拒绝；还原即可看到现在的内容。', dryRun: '在服务器上试行', apply: '应用', revert: '还原', wouldChange: '将会改变什么',
  },
})
