/** Texts of the lab screen. */
import { roomCatalogue } from '../../lib/room.ts'

export const labTexts = roomCatalogue({
  en: {
    title: 'Lab', purpose: 'Which machines and components make up this lab, and how they are.',
    none: 'No lab is here yet. Make one here, or with: kubarium up --nodes 2',
    new: 'New lab', asFile: 'As a file', name: 'Name', provider: 'Runs on', count: 'How many nodes', nameEach: 'Describe each one', entry: 'Entry {number}', removeEntry: 'Remove entry {number}', addNode: 'One more entry', cpus: 'Processors', memory: 'Memory in MiB', onNetwork: 'Network', howMany: 'How many', pods: 'Pods at most', zones: 'Zones', labels: 'Labels', taints: 'Taints', resources: 'Extended resources', asUsual: 'as usual',
    network: 'Network', overlay: 'Pod network', proxyMode: 'Services by', podCidr: 'Addresses of pods', serviceCidr: 'Addresses of Services', lanCidr: 'Addresses of machines', apiServers: 'API servers', etcd: 'Store', faultInjection: 'Faults inside components can be injected', swaps: 'Programs of others in the place of ours', binary: 'Program for {component}', flags: 'Flags of {component}, one a line: name=value', ours: 'ours',
    usually: '{value} (usual)', notYet: '{value} (not in this version)', at: 'lab.yaml:{line}:{column}', load: 'Open a file…', save: 'Keep as a file', create: 'Create the lab', bringUp: 'Bring it up', creating: 'Lab {name} is being made', text: 'The Lab file', fileGood: 'This makes lab {name} with nodes: {count}', fileBad: 'Problems: {count}', notYaml: 'The text is not YAML now. Mend it there, and the fields can be used again.', further: 'Further networks, links, and simulated pods', asInFile: 'As it is written in the file, without the name of the field.', lans: 'Networks beside lan (networks.lans)', routers: 'Routers between them (networks.routers)', links: 'Links that are impaired from the start (links)', simulation: 'How pods of simulated nodes behave (simulation)',
    step: 'Step', began: 'Began after', took: 'Took', course: 'Course',
    nodes: 'Nodes', readyNodes: '{ready} of {all} Ready', controlPlane: 'Control plane', problem: 'What is wrong',
    noNodes: 'This lab has no nodes.', apiServer: 'API server',
  },
  'zh-Hant': {
    title: '實驗室', purpose: '這個實驗室由哪些機器和元件組成，它們現在如何。',
    none: '還沒有實驗室。在這裡建立一個，或用這個指令：kubarium up --nodes 2',
    new: '新實驗室', asFile: '以檔案表示', name: '名稱', provider: '執行於', count: '節點數量', nameEach: '逐一描述', entry: '第 {number} 項', removeEntry: '移除第 {number} 項', addNode: '再加一項', cpus: '處理器', memory: '記憶體（MiB）', onNetwork: '網路', howMany: '數量', pods: 'Pod 上限', zones: '區域', labels: '標籤', taints: '污點', resources: '擴充資源', asUsual: '照常',
    network: '網路', overlay: 'Pod 網路', proxyMode: 'Service 的實作方式', podCidr: 'Pod 的位址', serviceCidr: 'Service 的位址', lanCidr: '機器的位址', apiServers: 'API 伺服器數量', etcd: '儲存庫', faultInjection: '可以在元件內部注入故障', swaps: '以其他程式取代我們的', binary: '{component} 的程式', flags: '{component} 的參數，每行一個：名稱=值', ours: '我們的',
    usually: '{value}（照常）', notYet: '{value}（這個版本沒有）', at: 'lab.yaml:{line}:{column}', load: '開啟檔案…', save: '存成檔案', create: '建立實驗室', bringUp: '啟動', creating: '正在建立實驗室 {name}', text: 'Lab 檔案', fileGood: '這會建立實驗室 {name}，節點數量：{count}', fileBad: '問題：{count} 個', notYaml: '這段文字現在不是 YAML。在那裡改好，欄位就可以再用。', further: '其他網路、連結與模擬的 Pod', asInFile: '照檔案裡的寫法，不寫欄位名稱。', lans: 'lan 以外的網路（networks.lans）', routers: '網路之間的路由器（networks.routers）', links: '一開始就受損的連結（links）', simulation: '模擬節點的 Pod 如何表現（simulation）',
    step: '步驟', began: '開始於', took: '用時', course: '過程',
    nodes: '節點', readyNodes: '{all} 個中有 {ready} 個 Ready', controlPlane: '控制平面', problem: '問題所在', noNodes: '這個實驗室沒有節點。', apiServer: 'API 伺服器',
  },
  'zh-Hans': {
    title: '实验室', purpose: '这个实验室由哪些机器和组件组成，它们现在如何。',
    none: '还没有实验室。在这里创建一个，或用这个命令：kubarium up --nodes 2',
    new: '新实验室', asFile: '以文件表示', name: '名称', provider: '运行于', count: '节点数量', nameEach: '逐一描述', entry: '第 {number} 项', removeEntry: '移除第 {number} 项', addNode: '再加一项', cpus: '处理器', memory: '内存（MiB）', onNetwork: '网络', howMany: '数量', pods: 'Pod 上限', zones: '区域', labels: '标签', taints: '污点', resources: '扩展资源', asUsual: '照常',
    network: '网络', overlay: 'Pod 网络', proxyMode: 'Service 的实现方式', podCidr: 'Pod 的地址', serviceCidr: 'Service 的地址', lanCidr: '机器的地址', apiServers: 'API 服务器数量', etcd: '存储库', faultInjection: '可以在组件内部注入故障', swaps: '以其他程序取代我们的', binary: '{component} 的程序', flags: '{component} 的参数，每行一个：名称=值', ours: '我们的',
    usually: '{value}（照常）', notYet: '{value}（这个版本没有）', at: 'lab.yaml:{line}:{column}', load: '打开文件…', save: '存成文件', create: '创建实验室', bringUp: '启动', creating: '正在创建实验室 {name}', text: 'Lab 文件', fileGood: '这会创建实验室 {name}，节点数量：{count}', fileBad: '问题：{count} 个', notYaml: '这段文字现在不是 YAML。在那里改好，字段就可以再用。', further: '其他网络、链路与模拟的 Pod', asInFile: '照文件里的写法，不写字段名称。', lans: 'lan 以外的网络（networks.lans）', routers: '网络之间的路由器（networks.routers）', links: '一开始就受损的链路（links）', simulation: '模拟节点的 Pod 如何表现（simulation）',
    step: '步骤', began: '开始于', took: '用时', course: '过程',
    nodes: '节点', readyNodes: '{all} 个中有 {ready} 个 Ready', controlPlane: '控制平面', problem: '问题所在', noNodes: '这个实验室没有节点。', apiServer: 'API 服务器',
  },
})
