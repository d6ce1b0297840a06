/** Why a step of a story happened: one sentence a kind, in each language. Words in braces come from the step. */
export interface Sentence {
  readonly 'en': string
  readonly 'zh-Hant': string
  readonly 'zh-Hans': string
}

export const storySentences = {
  clientAsks: { 'en': '{user} sends {verb} {what} with {agent}.', 'zh-Hant': '{user} 用 {agent} 送出 {verb} {what}。', 'zh-Hans': '{user} 用 {agent} 发送 {verb} {what}。' },
  authenticated: { 'en': 'The credentials prove that this is {user}.', 'zh-Hant': '憑證證明請求者是 {user}。', 'zh-Hans': '凭证证明请求者是 {user}。' },
  authorized: { 'en': 'It is allowed: {reason}', 'zh-Hant': '獲准：{reason}', 'zh-Hans': '获准：{reason}' },
  authorizedSilently: { 'en': 'It is allowed; the authorizer gave no reason.', 'zh-Hant': '獲准；授權者未說明理由。', 'zh-Hans': '获准；授权者未说明理由。' },
  forbidden: { 'en': 'It is not allowed: {reason}', 'zh-Hant': '不獲准：{reason}', 'zh-Hans': '不获准：{reason}' },
  seated: { 'en': 'Priority and fairness gave it a seat.', 'zh-Hant': '優先與公平機制給了它席位。', 'zh-Hans': '优先与公平机制给了它席位。' },
  decoded: { 'en': 'The body was read and brought into the stored version.', 'zh-Hant': '讀取內容並轉成儲存的版本。', 'zh-Hans': '读取内容并转成存储的版本。' },
  admitted: { 'en': 'Mutating admission is done; defaults are filled in.', 'zh-Hant': '變更型准入完成，預設值已填入。', 'zh-Hans': '变更型准入完成，默认值已填入。' },
  pluginPassed: { 'en': 'The admission plugin {plugin} ({phase}) let it pass.', 'zh-Hant': '准入外掛 {plugin}（{phase}）放行。', 'zh-Hans': '准入插件 {plugin}（{phase}）放行。' },
  pluginRefused: { 'en': 'The admission plugin {plugin} ({phase}) refused it.', 'zh-Hant': '准入外掛 {plugin}（{phase}）拒絕。', 'zh-Hans': '准入插件 {plugin}（{phase}）拒绝。' },
  validated: { 'en': 'The object keeps the rules of its kind.', 'zh-Hant': '物件符合其類型的規則。', 'zh-Hans': '对象符合其类型的规则。' },
  stored: { 'en': 'The store took the write as revision {revision}.', 'zh-Hant': '儲存庫接受此寫入，版本為 {revision}。', 'zh-Hans': '存储库接受此写入，版本为 {revision}。' },
  durable: { 'en': 'etcd has {key} at revision {revision} on disk.', 'zh-Hant': 'etcd 已將 {key} 的版本 {revision} 寫入磁碟。', 'zh-Hans': 'etcd 已将 {key} 的版本 {revision} 写入磁盘。' },
  answered: { 'en': 'The caller was answered {code}.', 'zh-Hant': '回應呼叫者 {code}。', 'zh-Hans': '回应调用者 {code}。' },
  delivered: { 'en': '{watcher} watches {resource} and was told {change} of revision {revision}.', 'zh-Hant': '{watcher} 正監看 {resource}，收到版本 {revision} 的 {change}。', 'zh-Hans': '{watcher} 正监视 {resource}，收到版本 {revision} 的 {change}。' },
  cached: { 'en': '{component} has {object} at revision {revision} in its cache and wakes whoever depends on it.', 'zh-Hant': '{component} 的快取已有 {object} 的版本 {revision}，並喚醒相依者。', 'zh-Hans': '{component} 的缓存已有 {object} 的版本 {revision}，并唤醒依赖者。' },
  waited: { 'en': '{key} waited in the queue "{queue}": {causes}.', 'zh-Hant': '{key} 在佇列「{queue}」中等候：{causes}。', 'zh-Hans': '{key} 在队列“{queue}”中等候：{causes}。' },
  reconciled: { 'en': '{controller} compared what is wanted of {object} with what is there: {outcome}.', 'zh-Hant': '{controller} 比較 {object} 的期望與實際狀態：{outcome}。', 'zh-Hans': '{controller} 比较 {object} 的期望与实际状态：{outcome}。' },
  scheduled: { 'en': 'Of {nodes} nodes {feasible} fit the pod; {node} was chosen.', 'zh-Hant': '{nodes} 個節點中有 {feasible} 個適合此 Pod，選中 {node}。', 'zh-Hans': '{nodes} 个节点中有 {feasible} 个适合此 Pod，选中 {node}。' },
  unschedulable: { 'en': 'None of {nodes} nodes fits the pod.', 'zh-Hant': '{nodes} 個節點都不適合此 Pod。', 'zh-Hans': '{nodes} 个节点都不适合此 Pod。' },
  schedulingPoint: { 'en': 'The scheduler asked the plugins of {point}: {status}.', 'zh-Hant': '排程器詢問 {point} 的外掛：{status}。', 'zh-Hans': '调度器询问 {point} 的插件：{status}。' },
  synced: { 'en': 'The kubelet of {node} brings the pod from what it is to what it should be ({phase}).', 'zh-Hant': '{node} 的 kubelet 讓 Pod 由現狀走向期望（{phase}）。', 'zh-Hans': '{node} 的 kubelet 让 Pod 由现状走向期望（{phase}）。' },
  mounted: { 'en': 'The volumes {volumes} are ready for the containers.', 'zh-Hant': '卷 {volumes} 已可供容器使用。', 'zh-Hans': '卷 {volumes} 已可供容器使用。' },
  runtimeCalled: { 'en': 'The container runtime was asked for {method} {subject}.', 'zh-Hant': '要求容器執行階段執行 {method} {subject}。', 'zh-Hans': '要求容器运行时执行 {method} {subject}。' },
  probed: { 'en': 'The {kind} probe of {container} ended with {outcome}.', 'zh-Hant': '{container} 的 {kind} 探測結果為 {outcome}。', 'zh-Hans': '{container} 的 {kind} 探测结果为 {outcome}。' },
  rulesWritten: { 'en': 'kube-proxy on {node} wrote rules for {services} service ports; {changes} rules came or went.', 'zh-Hant': '{node} 上的 kube-proxy 為 {services} 個服務連接埠寫入規則，{changes} 條規則增減。', 'zh-Hans': '{node} 上的 kube-proxy 为 {services} 个服务端口写入规则，{changes} 条规则增减。' },
  networkChanged: { 'en': 'The overlay on {node} compared the network with the nodes; {changes} commands changed it.', 'zh-Hant': '{node} 上的覆蓋網路與節點比對，以 {changes} 個命令變更。', 'zh-Hans': '{node} 上的覆盖网络与节点比对，以 {changes} 个命令变更。' },
  audited: { 'en': '{user} did {verb} {what} with {agent}; nobody followed then, so only the audit log tells of it.', 'zh-Hant': '{user} 用 {agent} 執行 {verb} {what}；當時無人追蹤，只有稽核日誌記載。', 'zh-Hans': '{user} 用 {agent} 执行 {verb} {what}；当时无人跟踪，只有审计日志记载。' },
} as const satisfies Readonly<Record<string, Sentence>>

export type SentenceKey = keyof typeof storySentences
export type StoryLanguage = keyof Sentence

export function sentenceText({ key, words }: { readonly key: SentenceKey; readonly words: Readonly<Record<string, string>> }, language: StoryLanguage): string {
  return storySentences[key][language].replaceAll(/\{(\w+)\}/g, (_, word: string) => words[word] ?? '–')
}
