/** 简体中文 */
import type { Catalogue } from './en.ts'

export const zhHans: Catalogue = {
  app: { name: 'Kubarium', faults: '进行中的故障：{count}', skip: '跳到主要内容', navigation: '房间', language: '语言', theme: '外观', themeSystem: '跟随系统', themeLight: '浅色', themeDark: '深色', lab: '实验室', narrow: '收窄导航栏', widen: '展开导航栏' },
  group: { lab: '实验室', cluster: '集群', practice: '练习', controlPlane: '控制平面', worker: '工作节点' },
  room: { knows: '知道', wants: '想要', did: '做了', controls: '控制', controlsHint: '可以对这个进程做什么', instance: '哪一个', pid: 'PID', views: '面板或日志', panels: '面板', resize: '面板大小', none: '这个实验室现在没有运行它。' },
  palette: { title: '命令面板', placeholder: '要去哪里，或要做什么？', none: '找不到“{typed}”。试试房间、节点或对象种类的名称。', jump: '前往…', lab: '查看实验室 {lab}', heal: '恢复所有进行中的故障（{count}）', terminal: '打开 kubectl 终端', shell: '打开 {node} 的 Shell', dock: '显示或隐藏终端' },
  link: { connecting: '正在连接实验室主机…', lost: '与实验室主机的连接已断开，将自动重试。' },
  feed: { waiting: '等待第一份报告…', lost: '数据不是最新的：来源没有响应。' },
  notice: { dismiss: '收起这条消息', title: '消息' },
  phase: { absent: '不存在', starting: '启动中', running: '运行中', degraded: '部分异常', stopping: '停止中', stopped: '已停止', deleting: '删除中', ready: '就绪', unready: '未就绪', paused: '已暂停', crashed: '已崩溃', creating: '创建中', booting: '开机中', provisioning: '配置中', failed: '失败', up: '连接', down: '断开', connecting: '连接中' },
  node: {
    machine: '机器', cluster: '在集群中', ready: 'Ready', notReady: 'NotReady', unknown: 'Unknown', noNode: '尚未注册', address: '地址', link: '控制连接', cpu: 'CPU', memory: '内存', provider: '提供者', agents: '代理程序', lastError: '最近的错误',
    start: '启动', stop: '关机', powerOff: '拔掉电源', reset: '重置', shell: 'Shell', console: '控制台',
    powerOffTitle: '要拔掉 {node} 的电源吗？', powerOffText: '机器会立刻停止，就像电源被切断一样。集群在宽限期之后才会发现，并迁移它的 Pod。',
  },
  steering: { of: '操控 {name}', pause: '按住 {name}', resume: '让 {name} 继续', step: '放行一个' },
  component: { followLogOf: '在终端中跟踪 {name} 的日志', logLevel: '日志级别（--v）', logLevelDebug: '{level}・含调试信息', name: '组件', state: '状态', restarts: '重启次数', cpu: 'CPU', memory: '内存', age: '存活时间', lastError: '最近的错误', actions: '操作', kill: '强制终止', restart: '重新启动', pause: '暂停', resume: '继续', logs: '日志', killOf: '强制终止 {name}', restartOf: '重新启动 {name}', pauseOf: '暂停 {name}', resumeOf: '继续 {name}', logsOf: '{name} 的日志' },
  swap: { 'swap': '替换', 'of': '用另一个程序代替 {name}', 'back': '换回自己的', 'stands': '现在由 {binary} 代替', 'about': '程序会在同一个位置、以上游名称的同一组标志启动。未能就绪的程序会再被取出。', 'binary': '程序：这台机器上的绝对路径', 'flags': '其他标志，每行一个', 'wrongFlag': '这不是标志：{line}', 'check': '检查', 'checks': '检查结果', 'fine': '可以', 'bad': '不行', 'unknown': '没有说', 'check-absolute': '路径是绝对路径', 'check-file': '文件存在', 'check-executable': '可以执行', 'check-version': '说出自己的版本', 'type-file': '是文件', 'type-folder': '是文件夹', 'type-other': '是别的东西', 'type-missing': '不存在', 'goes': '正在替换 {name}；进程 {pid}', 'done': '{binary} 已代替 {name} 并就绪。', 'doneBack': '自己的 {name} 已重新运行并就绪。', 'now': '立即替换', 'never-etcd': '不能替换：存储由实验室的 spec.etcd 决定。', 'never-cloud-controller-manager': '不能替换：云就是实验室本身，没有别的程序认识它。', 'never-metrics-server': '不能替换：自己的版本部署到集群里并接管 APIService v1beta1.metrics.k8s.io。', 'never-node': '不能替换：它在节点上运行。' },
  terminal: { kubectlIn: 'kubectl · {namespace}', menu: '{name} 的菜单', open: '打开 {link}', copy: '复制', paste: '粘贴', selectAll: '全选', clear: '清除', splitBeside: '在旁边再开一个', splitBelow: '在下方再开一个', closeThis: '关闭', again: '重新开始', pane: '终端 {number}', divider: '终端之间的分隔线', moveTo: '移到终端 {number}', pasteRefused: '这里不允许读取剪贴板。请改按 {keys}。', addressCopied: '已复制，请在浏览器中打开：{address}', log: '{source} 的日志', endedWith: '已结束，状态 {status}', next: '下一处', before: '上一处', found: '第 {at} 处，共 {count} 处', notFound: '找不到', dock: '终端', kubectl: 'kubectl', ssh: '{node} 的 Shell', console: '{node} 的控制台', exec: '{pod} 里的 Shell', close: '关闭 {name}', hide: '隐藏终端', show: '显示终端', none: '没有打开的终端。', ended: '已结束', resize: '终端的高度', search: '在终端中查找', screen: '{name} 的屏幕' },
  dialog: { cancel: '取消', close: '关闭' },
  chart: { soon: '有了第二个数值才有线。', table: '以表格显示{title}', time: '时间' },
  metrics: { title: '指标', charts: '图表', families: '它计数的一切', filter: '名称或含义', none: '从列表中选择要绘制什么。', by: '区分依据', byOf: '{name}：区分依据', all: '不区分：全部合计', perSecond: '每秒 {value}' },
  reach: { look: '开始前先看看', nodes: '节点（{count}）', pods: 'Pod（{count}）', services: 'Service（{count}）' },
  diff: { same: '没有任何差异。', gap: '{lines} 行相同' },
  command: { copy: '复制：{command}', clicked: '刚才的操作，用命令表示：', pointed: '用命令表示（按 Ctrl+C 复制）：' },
  action: { title: '进行中', dismiss: '收起 {title}' },
  progress: {
    doctor: '检查这台机器', 'images-node': '工作节点镜像', 'images-node-detail': '工作节点镜像：{detail}', 'images-containers': '容器镜像', 'images-containers-detail': '容器镜像：{detail}', certificates: '证书',
    'checkpoint-save': '检查点 {name}', 'checkpoint-prepare': '检查点 {name}：准备中', 'checkpoint-freeze': '检查点 {name}：一切暂停', 'checkpoint-take': '检查点 {name}：保存内存、磁盘与存储', 'checkpoint-finish': '检查点 {name}：实验室继续运行；写入磁盘中', 'checkpoint-digest': '检查点 {name}：计算校验和', 'checkpoint-saved': '实验室 {lab} 的检查点 {name} 已保存', 'checkpoint-export': '将检查点 {name} 写入 {file}', 'checkpoint-exported': '检查点 {name} 已在 {file}', 'checkpoint-import': '读取 {file}', 'checkpoint-imported': '检查点 {name} 已导入实验室 {lab}', 'rewind-verify': '确认检查点 {name} 是否完整', 'rewind-halt': '结束正在运行的一切', 'rewind-put-back': '还原存储与所有文件', 'rewind-start': '由检查点 {name} 启动', 'checkpoint-rewound': '实验室 {lab} 已回到检查点 {name}', 'lab-branched': '实验室 {lab} 由检查点 {name} 继续',
    'control-plane': '控制平面', 'control-plane-wait': '控制平面：等待 {components}', 'machine-create': '{node}：创建机器', 'machine-start': '{node}：启动机器（{provider}）', 'machine-clone': '{node}：由模板启动机器', 'machine-adopt': '{node}：已在运行', 'machine-connect': '{node}：等待 SSH', 'machine-provision': '{node}：安装代理程序', 'machine-provision-detail': '{node}：{detail}', 'machine-stop': '{node}：关机中', 'machine-delete': '{node}：移除中', 'machine-ready': '{node}：等待 Ready',
    template: '保存就绪节点的模板', 'simulated-ready': '模拟节点：{count} 个中 {ready} 个 Ready', addons: '集群服务', 'addons-wait': '集群服务：等待 {names}', 'components-stop': '停止控制平面', 'delete-files': '移除实验室的文件', lab: '实验室 {lab}', 'lab-up': '实验室 {lab} 已启动：{nodes} 个节点全部 Ready', 'lab-down': '实验室 {lab} 已停止，数据保留', 'lab-deleted': '实验室 {lab} 已删除',
  },
}
