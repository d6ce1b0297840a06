/** Every fault in Traditional Chinese: its name for people, what it does, and what can be seen of it; and how faults heal, by the English sentence. */
import type { Translation } from '../fault-texts.ts'

export const zhHant: Translation = {
  faults: {
    'api-admission-mutates': {
      title: '准入錯誤地修改物件',
      effect: '新的 pod 會得到另一個映像（image=…）或標籤（名稱=值）。',
      evidence: 'pod 與擁有者的範本不同：kubectl get pod -o yaml；映像不存在時為 ErrImagePull。',
    },
    'api-admission-refuses': {
      title: '准入拒絕',
      effect: '符合的寫入以 403 被拒絕。',
      evidence: 'kubectl apply 以該訊息失敗；控制器回報 FailedCreate。',
    },
    'api-admission-slow': {
      title: '准入很慢',
      effect: '寫入在准入前等待；操作為 CREATE、UPDATE、DELETE 或 CONNECT。',
      evidence: 'kubectl apply 變慢，kubectl get 不會。',
    },
    'api-bookmark-withheld': {
      title: '扣住 bookmark',
      effect: '要求 bookmark 的 watch 得不到。',
      evidence: '安靜資源的 informer 停在舊的 resourceVersion；安靜很久後，下一個 watch 以 410 結束。',
    },
    'api-certificate-expired': {
      title: 'API 憑證過期',
      effect: 'API 伺服器出示一年前就過期的憑證。',
      evidence: 'kubectl 以 "certificate has expired" 失敗；元件靠已開的連線繼續，連線結束後節點變成 NotReady。',
    },
    'api-certificate-untrusted': {
      title: '沒有人信任 API 憑證',
      effect: 'API 伺服器出示的憑證來自沒有客戶端認得的機構。',
      evidence: 'kubectl 以 "certificate signed by unknown authority" 失敗；元件的新連線也一樣。',
    },
    'api-certificate-wrong-name': {
      title: 'API 憑證寫的是別的主機',
      effect: 'API 伺服器出示只給 elsewhere.invalid 的憑證。',
      evidence: 'kubectl 以 "certificate is valid for elsewhere.invalid, not 127.0.0.1" 失敗。',
    },
    'api-credential-revoked': {
      title: '憑證被撤銷',
      effect: '這個使用者的請求一律回覆 401，好像憑證已失效。',
      evidence: '該元件的日誌顯示 Unauthorized；它為叢集做的事停下來。',
    },
    'api-discovery-outage': {
      title: '探索服務中斷',
      effect: '查詢 API 群組、版本與結構描述的請求以 503 失敗；查詢物件則正常。',
      evidence: '快取為空的 kubectl 以 "unable to retrieve the server APIs" 失敗；已知類型的客戶端照常。',
    },
    'api-errors': {
      title: 'API 回覆錯誤',
      effect: '符合的請求在確認身分後以這個狀態碼回覆。',
      evidence: 'kubectl 以該狀態碼失敗；apiserver_request_total 有計數；429 與 503 時客戶端一秒後重試。',
    },
    'api-hangs': {
      title: 'API 不回應',
      effect: '符合的請求得不到回覆。',
      evidence: '客戶端等到自己的時限；API 伺服器 60 秒後以 504 結束每個請求。',
    },
    'api-latency': {
      title: 'API 很慢',
      effect: '符合的請求在某一階段被拖住：驗證身分前、授權前或回覆前。',
      evidence: 'kubectl get -v=6 顯示時間；apiserver_request_duration_seconds；60 秒後請求以 504 失敗。',
    },
    'api-permission-denied': {
      title: '缺少權限',
      effect: '這個使用者的請求一律回覆 403，好像角色少了這條規則。',
      evidence: '它的日誌顯示 "forbidden"；kubectl auth can-i 卻說可以，可見問題不在角色。',
    },
    'api-resource-version-too-old': {
      title: 'resourceVersion 太舊',
      effect: '開著的 watch 以 "too old resource version" 結束，也沒有一個能接續。',
      evidence: 'informer 一再 list（見 kubarium inspect 的 lists）；apiserver_request_total 中 list 與 410 的次數。',
    },
    'api-store-away': {
      title: '連不到存放區',
      effect: 'API 伺服器對存放區的請求失敗，好像存放區不在。',
      evidence: '寫入以 503 或 500 失敗；讀快取照常；etcd_request_errors_total。',
    },
    'api-store-slow': {
      title: '到存放區的路很長',
      effect: 'API 伺服器對存放區的請求被拖住：get、list、put、delete、revision。',
      evidence: '寫入與一致性讀取變慢，讀快取不受影響；etcd_request_duration_seconds。',
    },
    'api-watch-cut': {
      title: 'watch 被切斷',
      effect: 'watch 無聲結束：現在開著的全部，以及每個新的在第一個事件時。',
      evidence: 'kubectl get -w 結束；informer 從原處重新 watch，不會漏掉什麼。',
    },
    'api-watch-events-lost': {
      title: 'watch 遺漏事件',
      effect: '符合的事件不會送給 watch。',
      evidence: '新物件在 kubectl get 中有，在 kubectl get -w 中沒有；等它的控制器要到下次 list 才動作。',
    },
    'cloud-address-never-assigned': {
      title: '負載平衡器沒有位址',
      effect: '要求負載平衡器時，雲不回應。',
      evidence: 'kubectl get service 顯示 <pending>；已有位址的保留。',
    },
    'cloud-address-wrong': {
      title: '負載平衡器位址錯誤',
      effect: '雲說負載平衡器的位址是這個。',
      evidence: 'kubectl get service 顯示它，但那裡沒人回應。',
    },
    'cloud-errors': {
      title: '雲回覆錯誤',
      effect: '對雲的請求以此狀態碼失敗。',
      evidence: 'SyncLoadBalancerFailed 等事件；cloud-controller-manager 的日誌。',
    },
    'cloud-instance-gone': {
      title: '雲說機器不存在',
      effect: '雲說沒有這個名稱的機器。',
      evidence: '一旦節點不是 Ready，雲控制器管理員就刪除它；Ready 的節點保留。',
    },
    'cloud-route-missing': {
      title: '雲的路由缺失',
      effect: '到節點 pod 的路由被接受但沒有建立（overlay 為 host-gw）。',
      evidence: '新節點一直 NetworkUnavailable，別的節點連不到它的 pod。',
    },
    'cloud-slow': {
      title: '雲很慢',
      effect: '對雲的請求晚這麼久才得到回覆。',
      evidence: '負載平衡器、路由與磁碟區很晚才出現；新節點的 uninitialized 污點留得更久。',
    },
    'component-clock-frozen': {
      title: '元件的時鐘停住',
      effect: '只有這個行程的時鐘停住；計時器照常。',
      evidence: '它寫入的時間一直相同；別人看它續期的 Lease 越來越舊。',
    },
    'component-clock-offset': {
      title: '元件的時鐘不準',
      effect: '只有這個行程的時鐘快了（負數為慢）；計時器照常。',
      evidence: '它的日誌與寫入的時間偏移；租約像是過期、權杖尚未生效、Job 遲到。',
    },
    'component-kill': {
      title: '殺掉一個行程',
      effect: '行程收到 SIGKILL，由監督者重新啟動。',
      evidence: '重新啟動次數加一；日誌重新開始；客戶端重新連線。',
    },
    'component-pause': {
      title: '一個行程停住',
      effect: '行程收到 SIGSTOP：連線仍開著，但沒有人回應。',
      evidence: '它的健康位址沒有回應；kubelet 停住時節點 40 秒後 NotReady，排程器停住時 pod 停在 Pending。',
    },
    'control-link-cut': {
      title: '聽不到節點的消息',
      effect: '承載節點 API 流量的連線被切斷且無法重連；節點與它的 pod 照常運作。',
      evidence: '40 秒後因缺少心跳節點變成 NotReady；kubectl logs 與 exec 在那裡失敗；它的 pod 仍有回應。',
    },
    'control-link-slow': {
      title: '到節點的線路很慢',
      effect: '承載節點 API 流量的連線，每個方向都多花這麼久，而且每秒只能通過這麼多位元；0 為不限。',
      evidence: '節點上的 kubectl logs 與 exec 變慢，它的 pod 很晚才變更；pod 之間照常互通。超過數秒會漏掉心跳。',
    },
    'controller-cache-stale': {
      title: '控制器依過期快取行事',
      effect: '這些物件的快取停在原樣；故障結束後才補上發生過的事。',
      evidence: '控制器撤銷正確的變更或什麼都不做；kubarium inspect 的 informers 停在同一個 resourceVersion。',
    },
    'controller-crash-mid-reconcile': {
      title: '調和途中當機',
      effect: '這樣的請求一得到回覆，行程就立刻死掉，來不及做後面的事。',
      evidence: '重新啟動次數加一；下一個領導者把開始的事做完，而且不會重複建立。',
    },
    'controller-event-missed': {
      title: '漏掉一個事件',
      effect: '這類變更永遠到不了該元件的快取。',
      evidence: '它照舊行事：被刪除的 pod 要到它重新 list 或重啟才會補上。',
    },
    'controller-failing': {
      title: '一個控制器一直失敗',
      effect: '該控制器的調和失敗，並以越來越長的間隔重試。',
      evidence: '日誌顯示 "reconcile failed"；workqueue_retries_total；kubarium inspect 顯示結果。',
    },
    'controller-skips': {
      title: '控制器略過工作',
      effect: '該控制器不看就把這些鍵當作完成。',
      evidence: '什麼都沒發生，也沒有失敗；kubarium inspect 顯示 "left undone on purpose"。',
    },
    'controller-slow': {
      title: '一個控制器很慢',
      effect: '該控制器每次調和都晚這麼久才開始。',
      evidence: '變更很晚才生效；看 workqueue_work_duration_seconds 與 kubarium inspect 的佇列。',
    },
    'controller-stopped': {
      title: '一個控制器停住',
      effect: '該控制器不再處理任何鍵；同一行程的其他控制器照常。',
      evidence: '它該做的事沒有發生；kubarium inspect 顯示它的佇列變長。',
    },
    'controller-writes-refused': {
      title: '控制器的寫入被拒絕',
      effect: '行程中符合的請求在送出前以此狀態碼失敗。',
      evidence: '調和失敗並重試；409 時每次都重讀物件。',
    },
    'cri-call-fails': {
      title: '執行階段呼叫失敗',
      effect: '這個方法的呼叫（RunPodSandbox、CreateContainer、StartContainer、StopPodSandbox、PullImage、Status …）失敗。',
      evidence: 'pod 的事件會指出，例如 FailedCreatePodSandBox；kubarium inspect kubelet@NODE cri-calls。',
    },
    'cri-call-slow': {
      title: '執行階段很慢',
      effect: '這個方法的呼叫晚這麼久才送出。',
      evidence: 'pod 啟動或結束更久；kubarium inspect kubelet@NODE cri-calls 顯示時間。',
    },
    'cri-call-stuck': {
      title: '執行階段卡住',
      effect: '這個方法的呼叫在復原前都不會回來。',
      evidence: 'pod 停在 ContainerCreating 或 Terminating，沒有事件。',
    },
    'deployment-command-fails': {
      title: '容器一開始就結束',
      effect: 'Deployment 的容器執行一個以此代碼結束的命令。',
      evidence: '新的 pod 處於 Error 與 CrashLoopBackOff 並帶著該代碼；推出停住。',
    },
    'deployment-config-missing': {
      title: 'ConfigMap 不存在',
      effect: 'Deployment 的容器從不存在的 ConfigMap 取環境變數。',
      evidence: '新的 pod 處於 CreateContainerConfigError；事件寫出該 ConfigMap。',
    },
    'deployment-image-missing': {
      title: '沒有人有的映像',
      effect: 'Deployment 的容器換成拉不到的映像。',
      evidence: '新的 pod 處於 ErrImagePull 與 ImagePullBackOff；推出停住，舊的 pod 繼續服務。',
    },
    'deployment-liveness-too-strict': {
      title: '會殺人的存活探針',
      effect: 'Deployment 的容器得到第一次就失敗的存活探針。',
      evidence: '重啟次數增加，接著 CrashLoopBackOff；事件 Unhealthy 與 Killing。',
    },
    'deployment-node-selector-wrong': {
      title: '沒有節點符合的節點選取器',
      effect: 'Deployment 的 pod 要求沒有節點擁有的標籤。',
      evidence: '新的 pod 停在 Pending，FailedScheduling 顯示 "didn\'t match Pod\'s node affinity/selector"；舊的繼續服務。',
    },
    'deployment-paused': {
      title: '推出被暫停',
      effect: 'Deployment 被暫停。',
      evidence: '改範本沒有作用；kubectl rollout status 一直等；狀況為 DeploymentPaused。',
    },
    'deployment-probe-wrong': {
      title: '就緒探針的連接埠錯了',
      effect: 'Deployment 的容器得到一個連到沒人聽的連接埠的就緒探針。',
      evidence: '新的 pod 在執行但永遠不會 Ready，事件 Unhealthy；推出停住，舊的 pod 繼續服務。',
    },
    'deployment-requests-too-large': {
      title: '沒有節點能滿足的請求量',
      effect: 'Deployment 的容器要求這麼多處理器。',
      evidence: '新的 pod 停在 Pending，FailedScheduling 顯示 "Insufficient cpu"；舊的繼續服務。',
    },
    'deployment-scaled-to-zero': {
      title: '縮到零',
      effect: 'Deployment 被縮到沒有副本。',
      evidence: '它的 pod 結束；選取它們的 Service 沒有端點，連線被拒絕。',
    },
    'deployment-strategy-wrong': {
      title: '會中斷服務的更新策略',
      effect: 'Deployment 的策略變成 Recreate。',
      evidence: '到下一次變更前沒有事：那時所有 pod 先結束，新的才啟動，期間 Service 沒有端點。',
    },
    'dns-no-answer': {
      title: '名稱伺服器沉默',
      effect: '符合的查詢得不到回覆。',
      evidence: '查詢在數秒後逾時。',
    },
    'dns-not-found': {
      title: '找不到名稱（NXDOMAIN）',
      effect: '符合的查詢以 NXDOMAIN 回覆；名稱不寫最後的點。',
      evidence: 'nslookup 顯示 "can\'t find"；用位址連線正常。',
    },
    'dns-server-failure': {
      title: '名稱伺服器失敗（SERVFAIL）',
      effect: '符合的查詢以 SERVFAIL 回覆。',
      evidence: '查詢失敗或改問下一台；coredns_dns_responses_total 依代碼計數。',
    },
    'dns-slow': {
      title: '名稱查詢很慢',
      effect: '符合的查詢晚這麼久才得到回覆。',
      evidence: '首次連線變慢；超過 5 秒解析器會重問或放棄。',
    },
    'dns-stale': {
      title: '名稱資料過期',
      effect: '名稱伺服器聽不到 Service 與端點的變更。',
      evidence: '新的 Service 沒有名稱；headless Service 列出已消失的 pod。',
    },
    'dns-wrong-address': {
      title: '名稱對到錯的位址',
      effect: '這個名稱的位址變成這個。',
      evidence: 'nslookup 顯示它；用名稱連線卡住或連到別人。',
    },
    'garbage-collection-off': {
      title: '垃圾收集關閉',
      effect: '垃圾收集器什麼都不收。',
      evidence: '已刪除的 Deployment 或 Job 的所屬物件留著；前景刪除不會結束。',
    },
    'image-pull-fails': {
      title: '拉取映像失敗',
      effect: '節點上拉取映像失敗。',
      evidence: 'ErrImagePull，接著 ImagePullBackOff；映像已在節點上的 pod 照常啟動。',
    },
    'image-pull-slow': {
      title: '拉取映像很慢',
      effect: '節點上每次拉取映像都多花這麼久。',
      evidence: '新的 pod 停在 ContainerCreating 並顯示 Pulling；映像已在的照常啟動。',
    },
    'kube-proxy-endpoints-stale': {
      title: '端點過期',
      effect: 'kube-proxy 聽不到端點的變更。',
      evidence: '只從此節點：連到 Service 的連線送往已消失的 pod，不會到新的。',
    },
    'kube-proxy-frozen': {
      title: 'kube-proxy 凍結',
      effect: 'kube-proxy 不再寫任何規則。',
      evidence: '從此節點連不到新的 Service；連線仍送往已消失的 pod；kubarium inspect kube-proxy@NODE syncs。',
    },
    'kube-proxy-rule-missing': {
      title: 'Service 沒有規則',
      effect: 'kube-proxy 在此節點不為這個 Service 寫規則。',
      evidence: '從此節點及其 pod 連 Service 位址沒有回應；從別的節點可以。',
    },
    'leader-flapping': {
      title: '領導者時有時無',
      effect: '它對 Lease 的請求失敗，於是失去領導權、結束、再重來。',
      evidence: '重新啟動次數增加；leader_election_master_status 為 0；kube-system 的 Lease 沒有續期。',
    },
    'link-block': {
      title: '鏈路上封鎖協定',
      effect: '符合運算式的訊框不能通過，在隧道裡的也一樣；其他都通過。',
      evidence: '這類連線卡住並逾時，ping 卻還能用。',
    },
    'link-corrupt': {
      title: '訊框受損',
      effect: '一部分訊框在途中被翻轉一個位元。',
      evidence: '接收端的檢查碼錯誤（nstat TcpInCsumErrors、UdpInCsumErrors）；在 TCP 看來就像遺失。',
    },
    'link-delay': {
      title: '鏈路很慢',
      effect: '每個訊框都被扣住一陣子才到達。',
      evidence: '節點間的 ping 顯示延遲；逾時短的探針失敗，TCP 變慢。',
    },
    'link-down': {
      title: '鏈路斷開',
      effect: '這個方向沒有訊框通過；只斷一個方向就是不對稱分割。',
      evidence: 'ping 沒有回應；在接收端擷取看不到寄件者的任何東西，在寄件端則全看得到。',
    },
    'link-duplicate': {
      title: '訊框到達兩次',
      effect: '一部分訊框到達兩次。',
      evidence: 'ping 顯示 DUP!；TCP 自行丟掉重複的。',
    },
    'link-flap': {
      title: '鏈路時通時斷',
      effect: '鏈路輪流接通與斷開。',
      evidence: 'ping 一陣有一陣無；連線卡住又繼續。',
    },
    'link-loss': {
      title: '訊框遺失',
      effect: '訊框隨機遺失，單獨一個，或有相關性時連續好幾個。',
      evidence: 'ping 計算遺失；TCP 重送（nstat TcpRetransSegs）而變慢。',
    },
    'link-loss-bursts': {
      title: '訊框成串遺失',
      effect: '鏈路在好與壞之間變換，壞的時候遺失很多訊框（Gilbert-Elliott）。',
      evidence: 'ping 一次連續遺失好幾個；短的逾時會失敗。',
    },
    'link-loss-every': {
      title: '每第 n 個訊框遺失',
      effect: '恰好每第 n 個訊框遺失。',
      evidence: 'ping 每第 n 個沒有回應，間隔總是一樣。',
    },
    'link-mtu-black-hole': {
      title: '大訊框在鏈路上消失',
      effect: '較大的封包無聲消失。',
      evidence: 'ping 可以，ping -s 1400 不行；下載開始後卡住。',
    },
    'link-rate': {
      title: '鏈路很窄',
      effect: '每秒只能通過這麼多位元；佇列裝不下的被丟棄。',
      evidence: '傳輸變慢；佇列滿時 ping 變慢（bufferbloat）。',
    },
    'link-reorder': {
      title: '訊框互相超越',
      effect: '訊框被延遲，少數不延遲的超越它們。',
      evidence: '擷取顯示序號往回跳；TCP 送出重複確認。',
    },
    'load-event-storm': {
      title: '事件風暴',
      effect: '客戶端不停地在命名空間 default 寫入事件。',
      evidence: 'kubectl get events 滿是 Storm；存放區變大，寫入變慢。',
    },
    'load-list-storm': {
      title: 'list 風暴',
      effect: '客戶端一再列出叢集所有 pod，每次都是一致性讀取。',
      evidence: 'apiserver_request_total 的 list；別人的請求變慢，直到優先與公平機制以 429 回覆一部分。',
    },
    'load-retry-storm': {
      title: '重試風暴',
      effect: '客戶端送出被拒絕的請求，而且不退避就再送。',
      evidence: 'apiserver_request_total 的代碼 422 攀升；API 伺服器白白耗用處理器。',
    },
    'load-watch-storm': {
      title: 'watch 風暴',
      effect: '客戶端開啟所有 pod 的 watch，維持幾秒後重新開啟。',
      evidence: 'apiserver_longrunning_requests；API 伺服器需要更多處理器與記憶體；kubarium inspect kube-apiserver watchers。',
    },
    'machine-pause': {
      title: '機器停住',
      effect: '機器的處理器停住；記憶體保留，時鐘落後。',
      evidence: '40 秒後節點變成 NotReady；連線卡住而不是被拒絕。',
    },
    'machine-power-off': {
      title: '機器斷電',
      effect: '拔掉機器的電源；裡面什麼都沒被問到。',
      evidence: '40 秒後節點 NotReady，再過五分鐘它的 pod 被驅逐。',
    },
    'machine-reset': {
      title: '機器被重設',
      effect: '按下重設鍵：記憶體消失，磁碟保留，同一台機器重新開機。',
      evidence: '節點的開機識別碼改變；它的 pod 多重啟一次。',
    },
    'namespace-limit-range': {
      title: '太小的限制範圍',
      effect: 'LimitRange 不讓命名空間的容器超過 4 MiB 記憶體，沒寫限制的就給這麼多。',
      evidence: '新的 pod 以 "maximum memory usage" 被拒絕，或因記憶體不足被殺（OOMKilled）；執行中的照常。',
    },
    'namespace-quota': {
      title: '什麼都不能再建立的命名空間',
      effect: '在命名空間建立不允許任何 pod 的 ResourceQuota。',
      evidence: '新的 pod 以 "exceeded quota" 被拒絕；ReplicaSet 顯示 FailedCreate。執行中的 pod 照常。',
    },
    'namespace-restricted': {
      title: 'Pod 安全擋住重建的 pod',
      effect: '命名空間強制採用 pod 安全標準 "restricted"。',
      evidence: '執行中的 pod 照常；取代它們的以 "violates PodSecurity" 被拒絕，ReplicaSet 顯示 FailedCreate。',
    },
    'node-agent-stop': {
      title: '節點的服務被停止',
      effect: '服務被停止，也沒人再啟動它；執行中的 pod 照常。',
      evidence: '沒有 kubelet 或 containerd 節點變成 NotReady；沒有 kube-proxy 或 overlay 則到有別的變化前一切照舊。',
    },
    'node-clock-offset': {
      title: '節點的時鐘不準',
      effect: '節點的時鐘調快，負數則調慢。',
      evidence: '在節點上執行 date；憑證像是過期或尚未生效，節點的 Lease 帶著錯的時間。',
    },
    'node-cordoned': {
      title: '節點不收新的 pod',
      effect: '節點被標為不可排程。',
      evidence: 'kubectl get nodes 顯示 SchedulingDisabled；新的 pod 去別處或停在 Pending。',
    },
    'node-cpu-load': {
      title: '節點沒有多餘的處理器時間',
      effect: '節點上的程式把處理器用滿。',
      evidence: 'kubectl top node；探針與 kubelet 變慢。',
    },
    'node-disk-full': {
      title: '節點的磁碟滿了',
      effect: '節點磁碟上的一個檔案只留下這麼多空間。',
      evidence: '節點上的 df；DiskPressure 與驅逐；拉取與寫入以 "no space left on device" 失敗。',
    },
    'node-dns-block': {
      title: '節點上查不到名稱',
      effect: '節點與它的 pod 的 DNS 得不到回應。',
      evidence: '名稱查詢在數秒後逾時；用位址連線正常。',
    },
    'node-heartbeat-lost': {
      title: '心跳遺失',
      effect: 'kubelet 既不能續期節點的 Lease，也不能寫狀態；其他都正常。',
      evidence: '40 秒後節點 NotReady，之後 pod 被驅逐，但 kubectl logs 與 exec 都能用。',
    },
    'node-io-load': {
      title: '節點的磁碟很忙',
      effect: '節點上的程式不停寫入磁碟並等待它。',
      evidence: 'top 的 iowait；節點上其他程式的 fsync 變慢。',
    },
    'node-isolated': {
      title: '節點與其他節點隔離',
      effect: '節點在區域網路上既不收也不送；它的 API 流量照常。',
      evidence: '節點保持 Ready，但它的 pod 連不到別處，別處也連不到它。',
    },
    'node-memory-load': {
      title: '節點的記憶體用盡',
      effect: '節點上的程式佔住這麼多記憶體。',
      evidence: 'free -m；太多時 MemoryPressure、驅逐與 OOM killer。',
    },
    'node-mtu-black-hole': {
      title: '大封包在節點上消失',
      effect: '較大的封包在節點上無聲丟棄。',
      evidence: '小的請求可以，大的回應卡住；ping -s 1400 失敗。',
    },
    'node-overlay-block': {
      title: '節點的 overlay 被封鎖',
      effect: '節點的 VXLAN、IPIP、Geneve 與 WireGuard 封包被丟棄；其他都通過。',
      evidence: '節點 Ready，自己的位址連得到，但它的 pod 只有從自己的節點連得到。',
    },
    'node-packet-loss': {
      title: '節點遺失封包',
      effect: '節點在區域網路收發的封包隨機遺失。',
      evidence: 'ping 計算遺失；TCP 重送。',
    },
    'node-pod-addresses-exhausted': {
      title: '節點沒有 pod 位址了',
      effect: '節點 pod 網段的每個位址都標為已用。',
      evidence: '那裡的新 pod 停在 ContainerCreating，FailedCreatePodSandBox 顯示 "no IP addresses available"；執行中的照常。',
    },
    'node-port-block': {
      title: '節點上封鎖連接埠',
      effect: '往這個連接埠的封包被丟棄：到節點的、從節點出去的，以及經過它進出 pod 的。',
      evidence: '連線卡住並逾時；nft list ruleset 計數封包。',
    },
    'node-port-reset': {
      title: '往連接埠的連線被重設',
      effect: '往這個連接埠的 TCP 以重設回應：到節點的、從節點出去的，以及經過它進出 pod 的。',
      evidence: '連線立刻被拒絕，開著的中斷："connection reset by peer"。',
    },
    'node-tainted': {
      title: '污點趕走 pod',
      effect: '節點得到一個污點，除非容忍一切，否則沒有 pod 能容忍。',
      evidence: 'NoExecute 時它的 pod 立刻被驅逐；NoSchedule 時新的停在 Pending。',
    },
    'overlay-fdb-missing': {
      title: '缺少轉送項目',
      effect: '說明另一節點的 VXLAN 裝置在哪個位址後面的項目被拿掉（overlay 為 vxlan）。不指定節點則對全部節點。',
      evidence: '從此節點連不到另一節點的 pod；bridge fdb show dev vxlan.kubarium；kubarium inspect overlay@NODE kernel。',
    },
    'overlay-frozen': {
      title: 'overlay 代理凍結',
      effect: '節點的 overlay 代理不再做任何變更。',
      evidence: '從此節點連不到新節點的 pod；原有的照常。',
    },
    'overlay-mtu-wrong': {
      title: 'overlay 的 MTU 錯誤',
      effect: '節點的 overlay 以及之後建立的 pod 得到這個 MTU。',
      evidence: '小封包能過，大的不行：ping 可以而 ping -s 1400 失敗，下載卡住。',
    },
    'overlay-neighbour-missing': {
      title: '缺少鄰居項目（ARP）',
      effect: '提供另一節點閘道硬體位址的項目被拿掉（overlay 為 vxlan）。不指定節點則對全部節點。',
      evidence: '從此節點連不到另一節點的 pod；ip neigh show dev vxlan.kubarium 顯示 FAILED 或沒有。',
    },
    'overlay-route-missing': {
      title: '缺少到 pod 的路由',
      effect: '到另一節點 pod 的路由被拿掉。不指定節點則對全部節點。',
      evidence: 'ip route get 到另一節點的 pod 不經 overlay；從此節點連不到它的 pod。',
    },
    'pod-container-kill': {
      title: '殺掉容器',
      effect: 'pod 每個容器的第一個行程收到這個訊號。',
      evidence: '重啟次數增加，上次狀態說明怎麼結束的；多次後 CrashLoopBackOff。',
    },
    'pod-delete': {
      title: '刪除 pod',
      effect: 'pod 經 API 被刪除。',
      evidence: '它的控制器建立另一個；Endpoints 在它結束前就移除它的位址。',
    },
    'pod-finalizer-deadlock': {
      title: '沒有人移除的終結器',
      effect: 'pod 得到沒有控制器認得的終結器。',
      evidence: '刪除後永遠停在 Terminating；等它的 StatefulSet 或 drain 也停住。',
    },
    'pod-pause': {
      title: 'pod 停住',
      effect: 'pod 的行程被核心凍結。',
      evidence: 'pod 是 Running 但探針逾時：先變成未就緒，再由存活探針殺掉。',
    },
    'probe-fails': {
      title: '探針失敗',
      effect: '符合的探針不試就有這個結果。',
      evidence: '事件 Unhealthy；readiness 時 pod 離開 Service，liveness 時一再重啟。',
    },
    'probe-runner-stuck': {
      title: '探針執行器卡住',
      effect: '符合的探針開始後不會結束；種類為 liveness、readiness 或 startup。',
      evidence: '卡住的容器不會重啟，新的 pod 永遠不會 Ready。',
    },
    'role-binding-empty': {
      title: '角色沒有對象（RBAC）',
      effect: 'RoleBinding 把角色綁定給沒有人。',
      evidence: '靠它取得權限的會得到 "forbidden"；kubectl auth can-i 說不行。',
    },
    'runtime-events-lost': {
      title: '生命週期事件遺失（PLEG）',
      effect: '執行階段的事件到不了 kubelet，它要到下次例行巡檢（最多 30 秒）才看到發生的事。',
      evidence: '結束的容器很晚才重啟；pod 的狀態落後。',
    },
    'runtime-unhealthy': {
      title: '執行階段不健康',
      effect: 'kubelet 問不到執行階段的狀態。',
      evidence: '節點變成 NotReady，訊息為 "container runtime is down"；執行中的 pod 照常。',
    },
    'scheduler-bind-failure': {
      title: '綁定失敗',
      effect: '把 pod 綁定到節點的請求失敗。',
      evidence: 'pod 停在 Pending，FailedScheduling 顯示 "binding rejected"；排程器退回資源再試。',
    },
    'scheduler-cache-stale': {
      title: '排程器的快取過期',
      effect: '排程器聽不到節點或 pod 的變更。',
      evidence: '它把 pod 放到已封鎖或不存在的節點，或完全看不到新的 pod。',
    },
    'scheduler-filter-rejects': {
      title: '合適的節點被排除',
      effect: '外掛拒絕這些節點，不管它們有多少資源。',
      evidence: 'FailedScheduling 指出外掛；kubectl describe node 卻顯示還有空間。',
    },
    'scheduler-plugin-error': {
      title: '排程外掛失敗',
      effect: '外掛每次被問到節點就失敗。',
      evidence: '新的 pod 得到含該錯誤的 FailedScheduling，並以越來越長的間隔重試。',
    },
    'scheduler-plugin-slow': {
      title: '排程外掛很慢',
      effect: '外掛對每個節點都要想這麼久，這段時間排程器不做別的事。',
      evidence: 'scheduler_scheduling_attempt_duration_seconds；pod 一個接一個慢慢被安排。',
    },
    'scheduler-queue-held': {
      title: '排程佇列被扣住',
      effect: '佇列最前面的 pod 停在那裡，後面的也都等著。',
      evidence: '新的 pod 一直 Pending 且沒有事件；kubarium inspect kube-scheduler 顯示它們在 active 佇列。',
    },
    'scheduler-score-wrong': {
      title: '評分錯誤',
      effect: '這些外掛總給這個節點這個分數，不管上面有什麼。',
      evidence: 'pod 都擠到該節點，或都避開它；kubarium inspect kube-scheduler 顯示每次決定的分數。',
    },
    'secret-rotated': {
      title: 'Secret 在使用中被輪替',
      effect: 'Secret 的每個值都換成別的。',
      evidence: '以環境變數取用的 pod 到重啟前都是舊值，掛載的一分鐘內看到新值；比對兩者的會失敗。',
    },
    'service-local-traffic-only': {
      title: 'Service 只在部分節點有回應',
      effect: 'Service 的 internalTrafficPolicy 變成 Local。',
      evidence: '從有它的 pod 的節點連得到，其他節點的連線被丟棄。',
    },
    'service-port-wrong': {
      title: 'Service 通往錯的連接埠',
      effect: 'Service 的連接埠通往沒有容器在聽的連接埠。',
      evidence: '有端點，但連線被拒絕。',
    },
    'service-selector-wrong': {
      title: 'Service 什麼都選不到',
      effect: 'Service 的選取器指定沒有 pod 擁有的標籤。',
      evidence: '它的 EndpointSlice 變空，連線被拒絕，而 pod 都是 Ready。',
    },
    'storage-provisioner-outage': {
      title: '佈建服務中斷',
      effect: '雲不再建立新的磁碟區。',
      evidence: '新的 claim 與其 pod 停在 Pending；已綁定的照常。',
    },
    'store-compacted-under-watchers': {
      title: '壓縮超過了監看者',
      effect: '每次寫入時，存放區都告訴監看者：它們等的歷史已被壓縮掉。',
      evidence: 'API 伺服器全部重讀；客戶端的每個 watch 以 410 結束，informer 重新 list（見 kubarium inspect 的 lists）。',
    },
    'store-corrupt-key': {
      title: '存放區裡的值損壞',
      effect: '存放區讀這些值時，開頭幾個位元組是錯的；磁碟上的內容仍然完好。',
      evidence: 'API 伺服器在日誌中寫出該鍵並計一次解碼錯誤；復原前讀不到該物件。',
    },
    'store-disk-failed': {
      title: '存放區的磁碟壞了',
      effect: '存放區寫入磁碟失敗；因為沒人知道磁碟上有什麼，存放區結束，下一個也一樣失敗。',
      evidence: 'etcd 的重新啟動次數增加；重啟之間 API 回覆存放區錯誤。',
    },
    'store-disk-stuck': {
      title: '存放區的磁碟卡住',
      effect: '存放區寫入磁碟的動作永遠不會結束。',
      evidence: '所有經 API 的寫入都卡到逾時；租約無法續期，領導者退位。',
    },
    'store-lease-keepalive-lost': {
      title: '存放區的租約到期',
      effect: '存放區收不到租約的 keepalive，租約連同它的鍵一起到期。',
      evidence: 'etcdctl lease keep-alive 沒有回應；時間一到，租約的鍵就消失。',
    },
    'store-no-space': {
      title: '存放區滿了',
      effect: '需要空間的寫入會像 NOSPACE 警報時一樣被拒絕；讀取與刪除照常。',
      evidence: 'kubectl apply 失敗並顯示 "etcdserver: mvcc: database space exceeded"；節點的心跳遺失而變成 NotReady。',
    },
    'store-slow-fsync': {
      title: '存放區的磁碟很慢',
      effect: '存放區每次寫入磁碟都要多花這麼久，寫入完成前不會回覆。',
      evidence: 'kubectl 的寫入變慢而讀取仍快；看 API 伺服器的 etcd_request_duration_seconds，或 kubarium inspect etcd。',
    },
    'store-watch-withheld': {
      title: '存放區不通知變更',
      effect: '變更存下來了，但不通知監看者。',
      evidence: '物件建立了，卻沒有控制器動作；API 的一致性讀取等到逾時。',
    },
    'traffic-spike': {
      title: '流量暴增',
      effect: '節點上的客戶端以 HTTP 請求這個 URL，一有回應就再問。',
      evidence: 'kubectl top pods；回應變慢；HorizontalPodAutoscaler 增加 pod。',
    },
    'volume-attach-fails': {
      title: '磁碟區掛不上',
      effect: '雲拒絕把磁碟區接到機器。',
      evidence: '有 claim 的 pod 停在 ContainerCreating，事件為 FailedAttachVolume。',
    },
    'volume-detach-stuck': {
      title: '磁碟區卸不下',
      effect: '要把磁碟區從機器取下時，雲不回應。',
      evidence: '移動的 pod 等它的磁碟區：Multi-Attach 錯誤；VolumeAttachment 不會消失。',
    },
    'webhook-bad-tls': {
      title: 'webhook 的憑證有問題',
      effect: '為命名空間註冊一個驗證 webhook，它的憑證不是來自它指定的機構。',
      evidence: '那裡的寫入以 "failed calling webhook … x509: certificate signed by unknown authority" 失敗。',
    },
    'webhook-down': {
      title: 'webhook 停擺',
      effect: '為命名空間註冊一個驗證 webhook，位址上沒有人在聽。',
      evidence: '那裡的寫入以 "failed calling webhook … connection refused" 失敗；policy 為 Ignore 時通過並計數。',
    },
    'webhook-slow': {
      title: 'webhook 很慢',
      effect: 'API 伺服器對 webhook 的呼叫被拖住，超過其 timeoutSeconds 就算逾時。',
      evidence: '與 webhook 有關的寫入變慢，或在 failurePolicy 為 Fail 時以 "context deadline exceeded" 失敗。',
    },
  },
  healings: {
    'Its impairments are taken off the link; others stay, and what is under way still arrives.': '從鏈路移除它的損害；其他的保留，途中的仍會到達。',
    'The API server gets its own certificate again, newly issued; clients connect by themselves.': 'API 伺服器重新取得自己的新憑證；客戶端自行連線。',
    'The LimitRange is deleted.': '刪除 LimitRange。',
    'The ResourceQuota is deleted.': '刪除 ResourceQuota。',
    'The addresses that the fault took are given back.': '歸還故障佔用的位址。',
    'The cable is plugged in again.': '把線插回去。',
    'The clients are called back; they end with the lab host, too.': '召回客戶端；它們也隨實驗室主機結束。',
    'The clock is set by that of the desktop.': '依桌面電腦的時鐘校正。',
    'The connection is as fast as it was; what is under way still arrives.': '連線恢復原來的速度；途中的仍會到達。',
    'The connection is made again.': '重新建立連線。',
    'The file is removed.': '移除檔案。',
    'The machine goes on; timers that are due inside fire at once.': '機器繼續；裡面到期的計時器立刻觸發。',
    'The machine is started and waited for until it is Ready; where the lab stops, it stays off.': '啟動機器並等到它 Ready；實驗室停止時則保持關機。',
    'The namespace gets the label that it had before, or none.': '命名空間恢復原來的標籤，或沒有標籤。',
    'The node is schedulable again, unless it was not before.': '節點恢復可排程，除非原本就不可。',
    'The process gets SIGCONT and goes on where it stood.': '行程收到 SIGCONT，從停住的地方繼續。',
    'The processes go on, if the containers are still there.': '容器還在的話，行程繼續。',
    'The programs are ended and their files removed.': '結束程式並移除它們的檔案。',
    'The programs are ended.': '程式被結束。',
    'The rule is taken out of the component; where nobody is left to do so it lapses by itself after 20 seconds.': '從元件移除規則；若沒人能移除，20 秒後自行失效。',
    'The rules are taken out of the kernel of the node.': '從節點的核心移除規則。',
    'The service is started.': '啟動服務。',
    'The taint is taken away.': '移除污點。',
    'The value that was there before is put back; an object that is gone stays gone, and what somebody else has changed meanwhile is left as it is.': '放回原來的值；已消失的物件不會回來，別人期間改過的保持原樣。',
    'The webhook configuration is deleted.': '刪除 webhook 設定。',
    'There is nothing to heal.': '沒有什麼要復原。',
    'There is nothing to heal: its controller makes another.': '沒有什麼要復原：它的控制器會建立另一個。',
    'There is nothing to heal: kubelet starts the containers again.': '沒有什麼要復原：kubelet 會重新啟動容器。',
  },
}
