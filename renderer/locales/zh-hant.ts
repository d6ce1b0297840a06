/** 繁體中文 */
import type { Catalogue } from './en.ts'

export const zhHant: Catalogue = {
  app: { name: 'Kubarium', faults: '進行中的故障：{count}', skip: '跳到主要內容', navigation: '房間', language: '語言', theme: '外觀', themeSystem: '跟隨系統', themeLight: '淺色', themeDark: '深色', lab: '實驗室', narrow: '收窄導覽列', widen: '展開導覽列' },
  group: { lab: '實驗室', cluster: '叢集', practice: '練習', controlPlane: '控制平面', worker: '工作節點' },
  room: { knows: '知道', wants: '想要', did: '做了', controls: '控制', controlsHint: '可以對這個行程做什麼', instance: '哪一個', pid: 'PID', views: '面板或日誌', panels: '面板', resize: '面板大小', none: '這個實驗室現在沒有執行它。' },
  palette: { title: '指令面板', placeholder: '要去哪裡，或要做什麼？', none: '找不到「{typed}」。試試房間、節點或物件種類的名稱。', jump: '前往…', lab: '查看實驗室 {lab}', heal: '讓所有進行中的故障痊癒（{count}）', terminal: '開啟 kubectl 終端機', shell: '開啟 {node} 的 Shell', dock: '顯示或隱藏終端機' },
  link: { connecting: '正在連線到實驗室主機…', lost: '與實驗室主機的連線中斷，將自動重試。' },
  feed: { waiting: '等待第一份回報…', lost: '資料不是最新的：來源沒有回應。' },
  notice: { dismiss: '收起這則訊息', title: '訊息' },
  phase: { absent: '不存在', starting: '啟動中', running: '執行中', degraded: '部分異常', stopping: '停止中', stopped: '已停止', deleting: '刪除中', ready: '就緒', unready: '未就緒', paused: '已暫停', crashed: '已當掉', creating: '建立中', booting: '開機中', provisioning: '設定中', failed: '失敗', up: '連線', down: '中斷', connecting: '連線中' },
  node: {
    machine: '機器', cluster: '在叢集中', ready: 'Ready', notReady: 'NotReady', unknown: 'Unknown', noNode: '尚未註冊', address: '位址', link: '控制連線', cpu: 'CPU', memory: '記憶體', provider: '提供者', agents: '代理程式', lastError: '最近的錯誤',
    start: '啟動', stop: '關機', powerOff: '拔掉電源', reset: '重設', shell: 'Shell', console: '主控台',
    powerOffTitle: '要拔掉 {node} 的電源嗎？', powerOffText: '機器會立刻停止，就像電源被切斷一樣。叢集在寬限期之後才會發現，並搬移它的 Pod。',
  },
  steering: { of: '操控 {name}', pause: '按住 {name}', resume: '讓 {name} 繼續', step: '放行一個' },
  component: { followLogOf: '在終端機中追蹤 {name} 的日誌', logLevel: '日誌等級（--v）', logLevelDebug: '{level}・含除錯訊息', name: '元件', state: '狀態', restarts: '重啟次數', cpu: 'CPU', memory: '記憶體', age: '存活時間', lastError: '最近的錯誤', actions: '動作', kill: '強制終止', restart: '重新啟動', pause: '暫停', resume: '繼續', logs: '日誌', killOf: '強制終止 {name}', restartOf: '重新啟動 {name}', pauseOf: '暫停 {name}', resumeOf: '繼續 {name}', logsOf: '{name} 的日誌' },
  swap: { 'swap': '替換', 'of': '用另一個程式代替 {name}', 'back': '換回自己的', 'stands': '現在由 {binary} 代替', 'about': '程式會在同一個位置、以上游名稱的同一組旗標啟動。未能就緒的程式會再被取出。', 'binary': '程式：這台機器上的絕對路徑', 'flags': '其他旗標，每行一個', 'wrongFlag': '這不是旗標：{line}', 'check': '檢查', 'checks': '檢查結果', 'fine': '可以', 'bad': '不行', 'unknown': '沒有說', 'check-absolute': '路徑是絕對路徑', 'check-file': '檔案存在', 'check-executable': '可以執行', 'check-version': '說出自己的版本', 'type-file': '是檔案', 'type-folder': '是資料夾', 'type-other': '是別的東西', 'type-missing': '不存在', 'goes': '正在替換 {name}；行程 {pid}', 'done': '{binary} 已代替 {name} 並就緒。', 'doneBack': '自己的 {name} 已重新執行並就緒。', 'now': '立即替換', 'never-etcd': '不能替換：儲存庫由實驗室的 spec.etcd 決定。', 'never-cloud-controller-manager': '不能替換：雲就是實驗室本身，沒有別的程式認識它。', 'never-metrics-server': '不能替換：自己的版本部署到叢集裡並接管 APIService v1beta1.metrics.k8s.io。', 'never-node': '不能替換：它在節點上執行。' },
  terminal: { kubectlIn: 'kubectl · {namespace}', menu: '{name} 的選單', open: '開啟 {link}', copy: '複製', paste: '貼上', selectAll: '全選', clear: '清除', splitBeside: '在旁邊再開一個', splitBelow: '在下方再開一個', closeThis: '關閉', again: '重新開始', pane: '終端機 {number}', divider: '終端機之間的分隔線', moveTo: '移到終端機 {number}', pasteRefused: '這裡不准讀取剪貼簿。請改按 {keys}。', addressCopied: '已複製，請在瀏覽器中開啟：{address}', log: '{source} 的日誌', endedWith: '已結束，狀態 {status}', next: '下一處', before: '上一處', found: '第 {at} 處，共 {count} 處', notFound: '找不到', dock: '終端機', kubectl: 'kubectl', ssh: '{node} 的 Shell', console: '{node} 的主控台', exec: '{pod} 裡的 Shell', close: '關閉 {name}', hide: '隱藏終端機', show: '顯示終端機', none: '沒有開啟的終端機。', ended: '已結束', resize: '終端機的高度', search: '在終端機中尋找', screen: '{name} 的畫面' },
  dialog: { cancel: '取消', close: '關閉' },
  chart: { soon: '有了第二個數值才有線。', table: '以表格顯示{title}', time: '時間' },
  metrics: { title: '指標', charts: '圖表', families: '它計數的一切', filter: '名稱或意義', none: '從清單中選擇要繪製什麼。', by: '區分依據', byOf: '{name}：區分依據', all: '不區分：全部合計', perSecond: '每秒 {value}' },
  reach: { look: '開始前先看看', nodes: '節點（{count}）', pods: 'Pod（{count}）', services: 'Service（{count}）' },
  diff: { same: '沒有任何差異。', gap: '{lines} 行相同' },
  command: { copy: '複製：{command}', clicked: '剛才的動作，以指令表示：', pointed: '以指令表示（按 Ctrl+C 複製）：' },
  action: { title: '進行中', dismiss: '收起 {title}' },
  progress: {
    doctor: '檢查這台機器', 'images-node': '工作節點映像', 'images-node-detail': '工作節點映像：{detail}', 'images-containers': '容器映像', 'images-containers-detail': '容器映像：{detail}', certificates: '憑證',
    'checkpoint-save': '檢查點 {name}', 'checkpoint-prepare': '檢查點 {name}：準備中', 'checkpoint-freeze': '檢查點 {name}：一切暫停', 'checkpoint-take': '檢查點 {name}：保存記憶體、磁碟與儲存庫', 'checkpoint-finish': '檢查點 {name}：實驗室繼續執行；寫入磁碟中', 'checkpoint-digest': '檢查點 {name}：計算校驗碼', 'checkpoint-saved': '實驗室 {lab} 的檢查點 {name} 已保存', 'checkpoint-export': '將檢查點 {name} 寫入 {file}', 'checkpoint-exported': '檢查點 {name} 已在 {file}', 'checkpoint-import': '讀取 {file}', 'checkpoint-imported': '檢查點 {name} 已匯入實驗室 {lab}', 'rewind-verify': '確認檢查點 {name} 是否完整', 'rewind-halt': '結束執行中的一切', 'rewind-put-back': '還原儲存庫與所有檔案', 'rewind-start': '由檢查點 {name} 啟動', 'checkpoint-rewound': '實驗室 {lab} 已回到檢查點 {name}', 'lab-branched': '實驗室 {lab} 由檢查點 {name} 繼續',
    'control-plane': '控制平面', 'control-plane-wait': '控制平面：等待 {components}', 'machine-create': '{node}：建立機器', 'machine-start': '{node}：啟動機器（{provider}）', 'machine-clone': '{node}：由範本啟動機器', 'machine-adopt': '{node}：已在執行', 'machine-connect': '{node}：等待 SSH', 'machine-provision': '{node}：安裝代理程式', 'machine-provision-detail': '{node}：{detail}', 'machine-stop': '{node}：關機中', 'machine-delete': '{node}：移除中', 'machine-ready': '{node}：等待 Ready',
    template: '保存就緒節點的範本', 'simulated-ready': '模擬節點：{count} 個中 {ready} 個 Ready', addons: '叢集服務', 'addons-wait': '叢集服務：等待 {names}', 'components-stop': '停止控制平面', 'delete-files': '移除實驗室的檔案', lab: '實驗室 {lab}', 'lab-up': '實驗室 {lab} 已啟動：{nodes} 個節點全部 Ready', 'lab-down': '實驗室 {lab} 已停止，資料保留', 'lab-deleted': '實驗室 {lab} 已刪除',
  },
}
