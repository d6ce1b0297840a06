/** Every fault in Simplified Chinese: its name for people, what it does, and what can be seen of it; and how faults heal, by the English sentence. */
import type { Translation } from '../fault-texts.ts'

export const zhHans: Translation = {
  faults: {
    'api-admission-mutates': {
      title: '准入错误地修改对象',
      effect: '新的 pod 会得到另一个镜像（image=…）或标签（名称=值）。',
      evidence: 'pod 与所有者的模板不同：kubectl get pod -o yaml；镜像不存在时为 ErrImagePull。',
    },
    'api-admission-refuses': {
      title: '准入拒绝',
      effect: '符合的写入以 403 被拒绝。',
      evidence: 'kubectl apply 以该消息失败；控制器报告 FailedCreate。',
    },
    'api-admission-slow': {
      title: '准入很慢',
      effect: '写入在准入前等待；操作为 CREATE、UPDATE、DELETE 或 CONNECT。',
      evidence: 'kubectl apply 变慢，kubectl get 不会。',
    },
    'api-bookmark-withheld': {
      title: '扣住 bookmark',
      effect: '要求 bookmark 的 watch 得不到。',
      evidence: '安静资源的 informer 停在旧的 resourceVersion；安静很久后，下一个 watch 以 410 结束。',
    },
    'api-certificate-expired': {
      title: 'API 证书过期',
      effect: 'API 服务器出示一年前就过期的证书。',
      evidence: 'kubectl 以 "certificate has expired" 失败；组件靠已开的连接继续，连接结束后节点变成 NotReady。',
    },
    'api-certificate-untrusted': {
      title: '没有人信任 API 证书',
      effect: 'API 服务器出示的证书来自没有客户端认得的机构。',
      evidence: 'kubectl 以 "certificate signed by unknown authority" 失败；组件的新连接也一样。',
    },
    'api-certificate-wrong-name': {
      title: 'API 证书写的是别的主机',
      effect: 'API 服务器出示只给 elsewhere.invalid 的证书。',
      evidence: 'kubectl 以 "certificate is valid for elsewhere.invalid, not 127.0.0.1" 失败。',
    },
    'api-credential-revoked': {
      title: '凭证被撤销',
      effect: '这个用户的请求一律答复 401，好像凭证已失效。',
      evidence: '该组件的日志显示 Unauthorized；它为集群做的事停下来。',
    },
    'api-discovery-outage': {
      title: '发现服务中断',
      effect: '查询 API 组、版本与结构描述的请求以 503 失败；查询对象则正常。',
      evidence: '缓存为空的 kubectl 以 "unable to retrieve the server APIs" 失败；已知类型的客户端照常。',
    },
    'api-errors': {
      title: 'API 答复错误',
      effect: '符合的请求在确认身份后以这个状态码答复。',
      evidence: 'kubectl 以该状态码失败；apiserver_request_total 有计数；429 与 503 时客户端一秒后重试。',
    },
    'api-hangs': {
      title: 'API 不回应',
      effect: '符合的请求得不到答复。',
      evidence: '客户端等到自己的时限；API 服务器 60 秒后以 504 结束每个请求。',
    },
    'api-latency': {
      title: 'API 很慢',
      effect: '符合的请求在某一阶段被拖住：验证身份前、授权前或答复前。',
      evidence: 'kubectl get -v=6 显示时间；apiserver_request_duration_seconds；60 秒后请求以 504 失败。',
    },
    'api-permission-denied': {
      title: '缺少权限',
      effect: '这个用户的请求一律答复 403，好像角色少了这条规则。',
      evidence: '它的日志显示 "forbidden"；kubectl auth can-i 却说可以，可见问题不在角色。',
    },
    'api-resource-version-too-old': {
      title: 'resourceVersion 太旧',
      effect: '开着的 watch 以 "too old resource version" 结束，也没有一个能接续。',
      evidence: 'informer 一再 list（见 kubarium inspect 的 lists）；apiserver_request_total 中 list 与 410 的次数。',
    },
    'api-store-away': {
      title: '连不到存储',
      effect: 'API 服务器对存储的请求失败，好像存储不在。',
      evidence: '写入以 503 或 500 失败；读缓存照常；etcd_request_errors_total。',
    },
    'api-store-slow': {
      title: '到存储的路很长',
      effect: 'API 服务器对存储的请求被拖住：get、list、put、delete、revision。',
      evidence: '写入与一致性读取变慢，读缓存不受影响；etcd_request_duration_seconds。',
    },
    'api-watch-cut': {
      title: 'watch 被切断',
      effect: 'watch 无声结束：现在开着的全部，以及每个新的在第一个事件时。',
      evidence: 'kubectl get -w 结束；informer 从原处重新 watch，不会漏掉什么。',
    },
    'api-watch-events-lost': {
      title: 'watch 遗漏事件',
      effect: '符合的事件不会送给 watch。',
      evidence: '新对象在 kubectl get 中有，在 kubectl get -w 中没有；等它的控制器要到下次 list 才动作。',
    },
    'cloud-address-never-assigned': {
      title: '负载均衡器没有地址',
      effect: '要求负载均衡器时，云不回应。',
      evidence: 'kubectl get service 显示 <pending>；已有地址的保留。',
    },
    'cloud-address-wrong': {
      title: '负载均衡器地址错误',
      effect: '云说负载均衡器的地址是这个。',
      evidence: 'kubectl get service 显示它，但那里没人回应。',
    },
    'cloud-errors': {
      title: '云答复错误',
      effect: '对云的请求以此状态码失败。',
      evidence: 'SyncLoadBalancerFailed 等事件；cloud-controller-manager 的日志。',
    },
    'cloud-instance-gone': {
      title: '云说机器不存在',
      effect: '云说没有这个名称的机器。',
      evidence: '一旦节点不是 Ready，云控制器管理器就删除它；Ready 的节点保留。',
    },
    'cloud-route-missing': {
      title: '云的路由缺失',
      effect: '到节点 pod 的路由被接受但没有创建（overlay 为 host-gw）。',
      evidence: '新节点一直 NetworkUnavailable，别的节点连不到它的 pod。',
    },
    'cloud-slow': {
      title: '云很慢',
      effect: '对云的请求晚这么久才得到答复。',
      evidence: '负载均衡器、路由与卷很晚才出现；新节点的 uninitialized 污点留得更久。',
    },
    'component-clock-frozen': {
      title: '组件的时钟停住',
      effect: '只有这个进程的时钟停住；计时器照常。',
      evidence: '它写入的时间一直相同；别人看它续期的 Lease 越来越旧。',
    },
    'component-clock-offset': {
      title: '组件的时钟不准',
      effect: '只有这个进程的时钟快了（负数为慢）；计时器照常。',
      evidence: '它的日志与写入的时间偏移；租约像是过期、令牌尚未生效、Job 迟到。',
    },
    'component-kill': {
      title: '杀掉一个进程',
      effect: '进程收到 SIGKILL，由监督者重新启动。',
      evidence: '重启次数加一；日志重新开始；客户端重新连接。',
    },
    'component-pause': {
      title: '一个进程停住',
      effect: '进程收到 SIGSTOP：连接仍开着，但没有人回应。',
      evidence: '它的健康地址没有回应；kubelet 停住时节点 40 秒后 NotReady，调度器停住时 pod 停在 Pending。',
    },
    'control-link-cut': {
      title: '听不到节点的消息',
      effect: '承载节点 API 流量的连接被切断且无法重连；节点与它的 pod 照常运作。',
      evidence: '40 秒后因缺少心跳节点变成 NotReady；kubectl logs 与 exec 在那里失败；它的 pod 仍有回应。',
    },
    'control-link-slow': {
      title: '到节点的线路很慢',
      effect: '承载节点 API 流量的连接，每个方向都多花这么久，而且每秒只能通过这么多比特；0 为不限。',
      evidence: '节点上的 kubectl logs 与 exec 变慢，它的 pod 很晚才变更；pod 之间照常互通。超过数秒会漏掉心跳。',
    },
    'controller-cache-stale': {
      title: '控制器按过期缓存行事',
      effect: '这些对象的缓存停在原样；故障结束后才补上发生过的事。',
      evidence: '控制器撤销正确的变更或什么都不做；kubarium inspect 的 informers 停在同一个 resourceVersion。',
    },
    'controller-crash-mid-reconcile': {
      title: '调和途中崩溃',
      effect: '这样的请求一得到答复，进程就立刻死掉，来不及做后面的事。',
      evidence: '重启次数加一；下一个领导者把开始的事做完，而且不会重复创建。',
    },
    'controller-event-missed': {
      title: '漏掉一个事件',
      effect: '这类变更永远到不了该组件的缓存。',
      evidence: '它照旧行事：被删除的 pod 要到它重新 list 或重启才会补上。',
    },
    'controller-failing': {
      title: '一个控制器一直失败',
      effect: '该控制器的调和失败，并以越来越长的间隔重试。',
      evidence: '日志显示 "reconcile failed"；workqueue_retries_total；kubarium inspect 显示结果。',
    },
    'controller-skips': {
      title: '控制器略过工作',
      effect: '该控制器不看就把这些键当作完成。',
      evidence: '什么都没发生，也没有失败；kubarium inspect 显示 "left undone on purpose"。',
    },
    'controller-slow': {
      title: '一个控制器很慢',
      effect: '该控制器每次调和都晚这么久才开始。',
      evidence: '变更很晚才生效；看 workqueue_work_duration_seconds 与 kubarium inspect 的队列。',
    },
    'controller-stopped': {
      title: '一个控制器停住',
      effect: '该控制器不再处理任何键；同一进程的其他控制器照常。',
      evidence: '它该做的事没有发生；kubarium inspect 显示它的队列变长。',
    },
    'controller-writes-refused': {
      title: '控制器的写入被拒绝',
      effect: '进程中符合的请求在送出前以此状态码失败。',
      evidence: '调和失败并重试；409 时每次都重读对象。',
    },
    'cri-call-fails': {
      title: '运行时调用失败',
      effect: '这个方法的调用（RunPodSandbox、CreateContainer、StartContainer、StopPodSandbox、PullImage、Status …）失败。',
      evidence: 'pod 的事件会指出，例如 FailedCreatePodSandBox；kubarium inspect kubelet@NODE cri-calls。',
    },
    'cri-call-slow': {
      title: '运行时很慢',
      effect: '这个方法的调用晚这么久才送出。',
      evidence: 'pod 启动或结束更久；kubarium inspect kubelet@NODE cri-calls 显示时间。',
    },
    'cri-call-stuck': {
      title: '运行时卡住',
      effect: '这个方法的调用在恢复前都不会回来。',
      evidence: 'pod 停在 ContainerCreating 或 Terminating，没有事件。',
    },
    'deployment-command-fails': {
      title: '容器一开始就结束',
      effect: 'Deployment 的容器执行一个以此代码结束的命令。',
      evidence: '新的 pod 处于 Error 与 CrashLoopBackOff 并带着该代码；发布停住。',
    },
    'deployment-config-missing': {
      title: 'ConfigMap 不存在',
      effect: 'Deployment 的容器从不存在的 ConfigMap 取环境变量。',
      evidence: '新的 pod 处于 CreateContainerConfigError；事件写出该 ConfigMap。',
    },
    'deployment-image-missing': {
      title: '没有人有的镜像',
      effect: 'Deployment 的容器换成拉不到的镜像。',
      evidence: '新的 pod 处于 ErrImagePull 与 ImagePullBackOff；发布停住，旧的 pod 继续服务。',
    },
    'deployment-liveness-too-strict': {
      title: '会杀人的存活探针',
      effect: 'Deployment 的容器得到第一次就失败的存活探针。',
      evidence: '重启次数增加，接着 CrashLoopBackOff；事件 Unhealthy 与 Killing。',
    },
    'deployment-node-selector-wrong': {
      title: '没有节点符合的节点选择器',
      effect: 'Deployment 的 pod 要求没有节点拥有的标签。',
      evidence: '新的 pod 停在 Pending，FailedScheduling 显示 "didn\'t match Pod\'s node affinity/selector"；旧的继续服务。',
    },
    'deployment-paused': {
      title: '发布被暂停',
      effect: 'Deployment 被暂停。',
      evidence: '改模板没有作用；kubectl rollout status 一直等；状况为 DeploymentPaused。',
    },
    'deployment-probe-wrong': {
      title: '就绪探针的端口错了',
      effect: 'Deployment 的容器得到一个连到没人听的端口的就绪探针。',
      evidence: '新的 pod 在运行但永远不会 Ready，事件 Unhealthy；发布停住，旧的 pod 继续服务。',
    },
    'deployment-requests-too-large': {
      title: '没有节点能满足的请求量',
      effect: 'Deployment 的容器要求这么多处理器。',
      evidence: '新的 pod 停在 Pending，FailedScheduling 显示 "Insufficient cpu"；旧的继续服务。',
    },
    'deployment-scaled-to-zero': {
      title: '缩到零',
      effect: 'Deployment 被缩到没有副本。',
      evidence: '它的 pod 结束；选取它们的 Service 没有端点，连接被拒绝。',
    },
    'deployment-strategy-wrong': {
      title: '会中断服务的更新策略',
      effect: 'Deployment 的策略变成 Recreate。',
      evidence: '到下一次变更前没有事：那时所有 pod 先结束，新的才启动，期间 Service 没有端点。',
    },
    'dns-no-answer': {
      title: '名称服务器沉默',
      effect: '符合的查询得不到答复。',
      evidence: '查询在数秒后超时。',
    },
    'dns-not-found': {
      title: '找不到名称（NXDOMAIN）',
      effect: '符合的查询以 NXDOMAIN 答复；名称不写最后的点。',
      evidence: 'nslookup 显示 "can\'t find"；用地址连接正常。',
    },
    'dns-server-failure': {
      title: '名称服务器失败（SERVFAIL）',
      effect: '符合的查询以 SERVFAIL 答复。',
      evidence: '查询失败或改问下一台；coredns_dns_responses_total 按代码计数。',
    },
    'dns-slow': {
      title: '名称查询很慢',
      effect: '符合的查询晚这么久才得到答复。',
      evidence: '首次连接变慢；超过 5 秒解析器会重问或放弃。',
    },
    'dns-stale': {
      title: '名称数据过期',
      effect: '名称服务器听不到 Service 与端点的变更。',
      evidence: '新的 Service 没有名称；headless Service 列出已消失的 pod。',
    },
    'dns-wrong-address': {
      title: '名称对到错的地址',
      effect: '这个名称的地址变成这个。',
      evidence: 'nslookup 显示它；用名称连接卡住或连到别人。',
    },
    'garbage-collection-off': {
      title: '垃圾收集关闭',
      effect: '垃圾收集器什么都不收。',
      evidence: '已删除的 Deployment 或 Job 的所属对象留着；前台删除不会结束。',
    },
    'image-pull-fails': {
      title: '拉取镜像失败',
      effect: '节点上拉取镜像失败。',
      evidence: 'ErrImagePull，接着 ImagePullBackOff；镜像已在节点上的 pod 照常启动。',
    },
    'image-pull-slow': {
      title: '拉取镜像很慢',
      effect: '节点上每次拉取镜像都多花这么久。',
      evidence: '新的 pod 停在 ContainerCreating 并显示 Pulling；镜像已在的照常启动。',
    },
    'kube-proxy-endpoints-stale': {
      title: '端点过期',
      effect: 'kube-proxy 听不到端点的变更。',
      evidence: '只从此节点：连到 Service 的连接送往已消失的 pod，不会到新的。',
    },
    'kube-proxy-frozen': {
      title: 'kube-proxy 冻结',
      effect: 'kube-proxy 不再写任何规则。',
      evidence: '从此节点连不到新的 Service；连接仍送往已消失的 pod；kubarium inspect kube-proxy@NODE syncs。',
    },
    'kube-proxy-rule-missing': {
      title: 'Service 没有规则',
      effect: 'kube-proxy 在此节点不为这个 Service 写规则。',
      evidence: '从此节点及其 pod 连 Service 地址没有回应；从别的节点可以。',
    },
    'leader-flapping': {
      title: '领导者时有时无',
      effect: '它对 Lease 的请求失败，于是失去领导权、结束、再重来。',
      evidence: '重启次数增加；leader_election_master_status 为 0；kube-system 的 Lease 没有续期。',
    },
    'link-block': {
      title: '链路上封锁协议',
      effect: '符合表达式的帧不能通过，在隧道里的也一样；其他都通过。',
      evidence: '这类连接卡住并超时，ping 却还能用。',
    },
    'link-corrupt': {
      title: '帧受损',
      effect: '一部分帧在途中被翻转一个比特。',
      evidence: '接收端的校验和错误（nstat TcpInCsumErrors、UdpInCsumErrors）；在 TCP 看来就像丢失。',
    },
    'link-delay': {
      title: '链路很慢',
      effect: '每个帧都被扣住一阵子才到达。',
      evidence: '节点间的 ping 显示延迟；超时短的探针失败，TCP 变慢。',
    },
    'link-down': {
      title: '链路断开',
      effect: '这个方向没有帧通过；只断一个方向就是不对称分区。',
      evidence: 'ping 没有回应；在接收端抓包看不到发送者的任何东西，在发送端则全看得到。',
    },
    'link-duplicate': {
      title: '帧到达两次',
      effect: '一部分帧到达两次。',
      evidence: 'ping 显示 DUP!；TCP 自行丢掉重复的。',
    },
    'link-flap': {
      title: '链路时通时断',
      effect: '链路轮流接通与断开。',
      evidence: 'ping 一阵有一阵无；连接卡住又继续。',
    },
    'link-loss': {
      title: '帧丢失',
      effect: '帧随机丢失，单独一个，或有相关性时连续好几个。',
      evidence: 'ping 统计丢失；TCP 重发（nstat TcpRetransSegs）而变慢。',
    },
    'link-loss-bursts': {
      title: '帧成串丢失',
      effect: '链路在好与坏之间变换，坏的时候丢失很多帧（Gilbert-Elliott）。',
      evidence: 'ping 一次连续丢失好几个；短的超时会失败。',
    },
    'link-loss-every': {
      title: '每第 n 个帧丢失',
      effect: '恰好每第 n 个帧丢失。',
      evidence: 'ping 每第 n 个没有回应，间隔总是一样。',
    },
    'link-mtu-black-hole': {
      title: '大帧在链路上消失',
      effect: '较大的包无声消失。',
      evidence: 'ping 可以，ping -s 1400 不行；下载开始后卡住。',
    },
    'link-rate': {
      title: '链路很窄',
      effect: '每秒只能通过这么多比特；队列装不下的被丢弃。',
      evidence: '传输变慢；队列满时 ping 变慢（bufferbloat）。',
    },
    'link-reorder': {
      title: '帧互相超越',
      effect: '帧被延迟，少数不延迟的超越它们。',
      evidence: '抓包显示序号往回跳；TCP 发送重复确认。',
    },
    'load-event-storm': {
      title: '事件风暴',
      effect: '客户端不停地在命名空间 default 写入事件。',
      evidence: 'kubectl get events 满是 Storm；存储变大，写入变慢。',
    },
    'load-list-storm': {
      title: 'list 风暴',
      effect: '客户端一再列出集群所有 pod，每次都是一致性读取。',
      evidence: 'apiserver_request_total 的 list；别人的请求变慢，直到优先与公平机制以 429 答复一部分。',
    },
    'load-retry-storm': {
      title: '重试风暴',
      effect: '客户端送出被拒绝的请求，而且不退避就再送。',
      evidence: 'apiserver_request_total 的代码 422 攀升；API 服务器白白耗用处理器。',
    },
    'load-watch-storm': {
      title: 'watch 风暴',
      effect: '客户端打开所有 pod 的 watch，维持几秒后重新打开。',
      evidence: 'apiserver_longrunning_requests；API 服务器需要更多处理器与内存；kubarium inspect kube-apiserver watchers。',
    },
    'machine-pause': {
      title: '机器停住',
      effect: '机器的处理器停住；内存保留，时钟落后。',
      evidence: '40 秒后节点变成 NotReady；连接卡住而不是被拒绝。',
    },
    'machine-power-off': {
      title: '机器断电',
      effect: '拔掉机器的电源；里面什么都没被问到。',
      evidence: '40 秒后节点 NotReady，再过五分钟它的 pod 被驱逐。',
    },
    'machine-reset': {
      title: '机器被重置',
      effect: '按下重置键：内存消失，磁盘保留，同一台机器重新开机。',
      evidence: '节点的启动标识改变；它的 pod 多重启一次。',
    },
    'namespace-limit-range': {
      title: '太小的限制范围',
      effect: 'LimitRange 不让命名空间的容器超过 4 MiB 内存，没写限制的就给这么多。',
      evidence: '新的 pod 以 "maximum memory usage" 被拒绝，或因内存不足被杀（OOMKilled）；运行中的照常。',
    },
    'namespace-quota': {
      title: '什么都不能再创建的命名空间',
      effect: '在命名空间创建不允许任何 pod 的 ResourceQuota。',
      evidence: '新的 pod 以 "exceeded quota" 被拒绝；ReplicaSet 显示 FailedCreate。运行中的 pod 照常。',
    },
    'namespace-restricted': {
      title: 'Pod 安全挡住重建的 pod',
      effect: '命名空间强制采用 pod 安全标准 "restricted"。',
      evidence: '运行中的 pod 照常；取代它们的以 "violates PodSecurity" 被拒绝，ReplicaSet 显示 FailedCreate。',
    },
    'node-agent-stop': {
      title: '节点的服务被停止',
      effect: '服务被停止，也没人再启动它；运行中的 pod 照常。',
      evidence: '没有 kubelet 或 containerd 节点变成 NotReady；没有 kube-proxy 或 overlay 则到有别的变化前一切照旧。',
    },
    'node-clock-offset': {
      title: '节点的时钟不准',
      effect: '节点的时钟调快，负数则调慢。',
      evidence: '在节点上执行 date；证书像是过期或尚未生效，节点的 Lease 带着错的时间。',
    },
    'node-cordoned': {
      title: '节点不收新的 pod',
      effect: '节点被标为不可调度。',
      evidence: 'kubectl get nodes 显示 SchedulingDisabled；新的 pod 去别处或停在 Pending。',
    },
    'node-cpu-load': {
      title: '节点没有多余的处理器时间',
      effect: '节点上的程序把处理器用满。',
      evidence: 'kubectl top node；探针与 kubelet 变慢。',
    },
    'node-disk-full': {
      title: '节点的磁盘满了',
      effect: '节点磁盘上的一个文件只留下这么多空间。',
      evidence: '节点上的 df；DiskPressure 与驱逐；拉取与写入以 "no space left on device" 失败。',
    },
    'node-dns-block': {
      title: '节点上查不到名称',
      effect: '节点与它的 pod 的 DNS 得不到回应。',
      evidence: '名称查询在数秒后超时；用地址连接正常。',
    },
    'node-heartbeat-lost': {
      title: '心跳丢失',
      effect: 'kubelet 既不能续期节点的 Lease，也不能写状态；其他都正常。',
      evidence: '40 秒后节点 NotReady，之后 pod 被驱逐，但 kubectl logs 与 exec 都能用。',
    },
    'node-io-load': {
      title: '节点的磁盘很忙',
      effect: '节点上的程序不停写入磁盘并等待它。',
      evidence: 'top 的 iowait；节点上其他程序的 fsync 变慢。',
    },
    'node-isolated': {
      title: '节点与其他节点隔离',
      effect: '节点在局域网上既不收也不发；它的 API 流量照常。',
      evidence: '节点保持 Ready，但它的 pod 连不到别处，别处也连不到它。',
    },
    'node-memory-load': {
      title: '节点的内存用尽',
      effect: '节点上的程序占住这么多内存。',
      evidence: 'free -m；太多时 MemoryPressure、驱逐与 OOM killer。',
    },
    'node-mtu-black-hole': {
      title: '大包在节点上消失',
      effect: '较大的包在节点上无声丢弃。',
      evidence: '小的请求可以，大的响应卡住；ping -s 1400 失败。',
    },
    'node-overlay-block': {
      title: '节点的 overlay 被封锁',
      effect: '节点的 VXLAN、IPIP、Geneve 与 WireGuard 包被丢弃；其他都通过。',
      evidence: '节点 Ready，自己的地址连得到，但它的 pod 只有从自己的节点连得到。',
    },
    'node-packet-loss': {
      title: '节点丢包',
      effect: '节点在局域网收发的包随机丢失。',
      evidence: 'ping 统计丢失；TCP 重发。',
    },
    'node-pod-addresses-exhausted': {
      title: '节点没有 pod 地址了',
      effect: '节点 pod 网段的每个地址都标为已用。',
      evidence: '那里的新 pod 停在 ContainerCreating，FailedCreatePodSandBox 显示 "no IP addresses available"；运行中的照常。',
    },
    'node-port-block': {
      title: '节点上封锁端口',
      effect: '往这个端口的包被丢弃：到节点的、从节点出去的，以及经过它进出 pod 的。',
      evidence: '连接卡住并超时；nft list ruleset 计数包。',
    },
    'node-port-reset': {
      title: '往端口的连接被重置',
      effect: '往这个端口的 TCP 以重置回应：到节点的、从节点出去的，以及经过它进出 pod 的。',
      evidence: '连接立刻被拒绝，开着的中断："connection reset by peer"。',
    },
    'node-tainted': {
      title: '污点赶走 pod',
      effect: '节点得到一个污点，除非容忍一切，否则没有 pod 能容忍。',
      evidence: 'NoExecute 时它的 pod 立刻被驱逐；NoSchedule 时新的停在 Pending。',
    },
    'overlay-fdb-missing': {
      title: '缺少转发条目',
      effect: '说明另一节点的 VXLAN 设备在哪个地址后面的条目被拿掉（overlay 为 vxlan）。不指定节点则对全部节点。',
      evidence: '从此节点连不到另一节点的 pod；bridge fdb show dev vxlan.kubarium；kubarium inspect overlay@NODE kernel。',
    },
    'overlay-frozen': {
      title: 'overlay 代理冻结',
      effect: '节点的 overlay 代理不再做任何变更。',
      evidence: '从此节点连不到新节点的 pod；原有的照常。',
    },
    'overlay-mtu-wrong': {
      title: 'overlay 的 MTU 错误',
      effect: '节点的 overlay 以及之后创建的 pod 得到这个 MTU。',
      evidence: '小包能过，大的不行：ping 可以而 ping -s 1400 失败，下载卡住。',
    },
    'overlay-neighbour-missing': {
      title: '缺少邻居条目（ARP）',
      effect: '提供另一节点网关硬件地址的条目被拿掉（overlay 为 vxlan）。不指定节点则对全部节点。',
      evidence: '从此节点连不到另一节点的 pod；ip neigh show dev vxlan.kubarium 显示 FAILED 或没有。',
    },
    'overlay-route-missing': {
      title: '缺少到 pod 的路由',
      effect: '到另一节点 pod 的路由被拿掉。不指定节点则对全部节点。',
      evidence: 'ip route get 到另一节点的 pod 不经 overlay；从此节点连不到它的 pod。',
    },
    'pod-container-kill': {
      title: '杀掉容器',
      effect: 'pod 每个容器的第一个进程收到这个信号。',
      evidence: '重启次数增加，上次状态说明怎么结束的；多次后 CrashLoopBackOff。',
    },
    'pod-delete': {
      title: '删除 pod',
      effect: 'pod 经 API 被删除。',
      evidence: '它的控制器创建另一个；Endpoints 在它结束前就移除它的地址。',
    },
    'pod-finalizer-deadlock': {
      title: '没有人移除的终结器',
      effect: 'pod 得到没有控制器认得的终结器。',
      evidence: '删除后永远停在 Terminating；等它的 StatefulSet 或 drain 也停住。',
    },
    'pod-pause': {
      title: 'pod 停住',
      effect: 'pod 的进程被内核冻结。',
      evidence: 'pod 是 Running 但探针超时：先变成未就绪，再由存活探针杀掉。',
    },
    'probe-fails': {
      title: '探针失败',
      effect: '符合的探针不试就有这个结果。',
      evidence: '事件 Unhealthy；readiness 时 pod 离开 Service，liveness 时一再重启。',
    },
    'probe-runner-stuck': {
      title: '探针执行器卡住',
      effect: '符合的探针开始后不会结束；种类为 liveness、readiness 或 startup。',
      evidence: '卡住的容器不会重启，新的 pod 永远不会 Ready。',
    },
    'role-binding-empty': {
      title: '角色没有对象（RBAC）',
      effect: 'RoleBinding 把角色绑定给没有人。',
      evidence: '靠它取得权限的会得到 "forbidden"；kubectl auth can-i 说不行。',
    },
    'runtime-events-lost': {
      title: '生命周期事件丢失（PLEG）',
      effect: '运行时的事件到不了 kubelet，它要到下次例行巡检（最多 30 秒）才看到发生的事。',
      evidence: '结束的容器很晚才重启；pod 的状态落后。',
    },
    'runtime-unhealthy': {
      title: '运行时不健康',
      effect: 'kubelet 问不到运行时的状态。',
      evidence: '节点变成 NotReady，消息为 "container runtime is down"；运行中的 pod 照常。',
    },
    'scheduler-bind-failure': {
      title: '绑定失败',
      effect: '把 pod 绑定到节点的请求失败。',
      evidence: 'pod 停在 Pending，FailedScheduling 显示 "binding rejected"；调度器退回资源再试。',
    },
    'scheduler-cache-stale': {
      title: '调度器的缓存过期',
      effect: '调度器听不到节点或 pod 的变更。',
      evidence: '它把 pod 放到已封锁或不存在的节点，或完全看不到新的 pod。',
    },
    'scheduler-filter-rejects': {
      title: '合适的节点被排除',
      effect: '插件拒绝这些节点，不管它们有多少资源。',
      evidence: 'FailedScheduling 指出插件；kubectl describe node 却显示还有空间。',
    },
    'scheduler-plugin-error': {
      title: '调度插件失败',
      effect: '插件每次被问到节点就失败。',
      evidence: '新的 pod 得到含该错误的 FailedScheduling，并以越来越长的间隔重试。',
    },
    'scheduler-plugin-slow': {
      title: '调度插件很慢',
      effect: '插件对每个节点都要想这么久，这段时间调度器不做别的事。',
      evidence: 'scheduler_scheduling_attempt_duration_seconds；pod 一个接一个慢慢被安排。',
    },
    'scheduler-queue-held': {
      title: '调度队列被扣住',
      effect: '队列最前面的 pod 停在那里，后面的也都等着。',
      evidence: '新的 pod 一直 Pending 且没有事件；kubarium inspect kube-scheduler 显示它们在 active 队列。',
    },
    'scheduler-score-wrong': {
      title: '评分错误',
      effect: '这些插件总给这个节点这个分数，不管上面有什么。',
      evidence: 'pod 都挤到该节点，或都避开它；kubarium inspect kube-scheduler 显示每次决定的分数。',
    },
    'secret-rotated': {
      title: 'Secret 在使用中被轮换',
      effect: 'Secret 的每个值都换成别的。',
      evidence: '以环境变量取用的 pod 到重启前都是旧值，挂载的一分钟内看到新值；比对两者的会失败。',
    },
    'service-local-traffic-only': {
      title: 'Service 只在部分节点有回应',
      effect: 'Service 的 internalTrafficPolicy 变成 Local。',
      evidence: '从有它的 pod 的节点连得到，其他节点的连接被丢弃。',
    },
    'service-port-wrong': {
      title: 'Service 通往错的端口',
      effect: 'Service 的端口通往没有容器在听的端口。',
      evidence: '有端点，但连接被拒绝。',
    },
    'service-selector-wrong': {
      title: 'Service 什么都选不到',
      effect: 'Service 的选择器指定没有 pod 拥有的标签。',
      evidence: '它的 EndpointSlice 变空，连接被拒绝，而 pod 都是 Ready。',
    },
    'storage-provisioner-outage': {
      title: '供应服务中断',
      effect: '云不再创建新的卷。',
      evidence: '新的 claim 与其 pod 停在 Pending；已绑定的照常。',
    },
    'store-compacted-under-watchers': {
      title: '压缩超过了监视者',
      effect: '每次写入时，存储都告诉监视者：它们等的历史已被压缩掉。',
      evidence: 'API 服务器全部重读；客户端的每个 watch 以 410 结束，informer 重新 list（见 kubarium inspect 的 lists）。',
    },
    'store-corrupt-key': {
      title: '存储里的值损坏',
      effect: '存储读这些值时，开头几个字节是错的；磁盘上的内容仍然完好。',
      evidence: 'API 服务器在日志中写出该键并计一次解码错误；恢复前读不到该对象。',
    },
    'store-disk-failed': {
      title: '存储的磁盘坏了',
      effect: '存储写入磁盘失败；因为没人知道磁盘上有什么，存储结束，下一个也同样失败。',
      evidence: 'etcd 的重启次数增加；重启之间 API 答复存储错误。',
    },
    'store-disk-stuck': {
      title: '存储的磁盘卡住',
      effect: '存储写入磁盘的动作永远不会结束。',
      evidence: '所有经 API 的写入都卡到超时；租约无法续期，领导者退位。',
    },
    'store-lease-keepalive-lost': {
      title: '存储的租约到期',
      effect: '存储收不到租约的 keepalive，租约连同它的键一起到期。',
      evidence: 'etcdctl lease keep-alive 没有回应；时间一到，租约的键就消失。',
    },
    'store-no-space': {
      title: '存储满了',
      effect: '需要空间的写入会像 NOSPACE 告警时一样被拒绝；读取与删除照常。',
      evidence: 'kubectl apply 失败并显示 "etcdserver: mvcc: database space exceeded"；节点的心跳丢失而变成 NotReady。',
    },
    'store-slow-fsync': {
      title: '存储的磁盘很慢',
      effect: '存储每次写入磁盘都要多花这么久，写入完成前不会答复。',
      evidence: 'kubectl 的写入变慢而读取仍快；看 API 服务器的 etcd_request_duration_seconds，或 kubarium inspect etcd。',
    },
    'store-watch-withheld': {
      title: '存储不通知变更',
      effect: '变更存下来了，但不通知监视者。',
      evidence: '对象创建了，却没有控制器动作；API 的一致性读取等到超时。',
    },
    'traffic-spike': {
      title: '流量暴增',
      effect: '节点上的客户端以 HTTP 请求这个 URL，一有响应就再问。',
      evidence: 'kubectl top pods；响应变慢；HorizontalPodAutoscaler 增加 pod。',
    },
    'volume-attach-fails': {
      title: '卷挂不上',
      effect: '云拒绝把卷接到机器。',
      evidence: '有 claim 的 pod 停在 ContainerCreating，事件为 FailedAttachVolume。',
    },
    'volume-detach-stuck': {
      title: '卷卸不下',
      effect: '要把卷从机器取下时，云不回应。',
      evidence: '移动的 pod 等它的卷：Multi-Attach 错误；VolumeAttachment 不会消失。',
    },
    'webhook-bad-tls': {
      title: 'webhook 的证书有问题',
      effect: '为命名空间注册一个验证 webhook，它的证书不是来自它指定的机构。',
      evidence: '那里的写入以 "failed calling webhook … x509: certificate signed by unknown authority" 失败。',
    },
    'webhook-down': {
      title: 'webhook 停摆',
      effect: '为命名空间注册一个验证 webhook，地址上没有人在听。',
      evidence: '那里的写入以 "failed calling webhook … connection refused" 失败；policy 为 Ignore 时通过并计数。',
    },
    'webhook-slow': {
      title: 'webhook 很慢',
      effect: 'API 服务器对 webhook 的调用被拖住，超过其 timeoutSeconds 就算超时。',
      evidence: '与 webhook 有关的写入变慢，或在 failurePolicy 为 Fail 时以 "context deadline exceeded" 失败。',
    },
  },
  healings: {
    'Its impairments are taken off the link; others stay, and what is under way still arrives.': '从链路移除它的损害；其他的保留，途中的仍会到达。',
    'The API server gets its own certificate again, newly issued; clients connect by themselves.': 'API 服务器重新取得自己的新证书；客户端自行连接。',
    'The LimitRange is deleted.': '删除 LimitRange。',
    'The ResourceQuota is deleted.': '删除 ResourceQuota。',
    'The addresses that the fault took are given back.': '归还故障占用的地址。',
    'The cable is plugged in again.': '把线插回去。',
    'The clients are called back; they end with the lab host, too.': '召回客户端；它们也随实验室主机结束。',
    'The clock is set by that of the desktop.': '按桌面电脑的时钟校正。',
    'The connection is as fast as it was; what is under way still arrives.': '连接恢复原来的速度；途中的仍会到达。',
    'The connection is made again.': '重新建立连接。',
    'The file is removed.': '移除文件。',
    'The machine goes on; timers that are due inside fire at once.': '机器继续；里面到期的计时器立刻触发。',
    'The machine is started and waited for until it is Ready; where the lab stops, it stays off.': '启动机器并等到它 Ready；实验室停止时则保持关机。',
    'The namespace gets the label that it had before, or none.': '命名空间恢复原来的标签，或没有标签。',
    'The node is schedulable again, unless it was not before.': '节点恢复可调度，除非原本就不可。',
    'The process gets SIGCONT and goes on where it stood.': '进程收到 SIGCONT，从停住的地方继续。',
    'The processes go on, if the containers are still there.': '容器还在的话，进程继续。',
    'The programs are ended and their files removed.': '结束程序并移除它们的文件。',
    'The programs are ended.': '程序被结束。',
    'The rule is taken out of the component; where nobody is left to do so it lapses by itself after 20 seconds.': '从组件移除规则；若没人能移除，20 秒后自行失效。',
    'The rules are taken out of the kernel of the node.': '从节点的内核移除规则。',
    'The service is started.': '启动服务。',
    'The taint is taken away.': '移除污点。',
    'The value that was there before is put back; an object that is gone stays gone, and what somebody else has changed meanwhile is left as it is.': '放回原来的值；已消失的对象不会回来，别人期间改过的保持原样。',
    'The webhook configuration is deleted.': '删除 webhook 配置。',
    'There is nothing to heal.': '没有什么要恢复。',
    'There is nothing to heal: its controller makes another.': '没有什么要恢复：它的控制器会创建另一个。',
    'There is nothing to heal: kubelet starts the containers again.': '没有什么要恢复：kubelet 会重新启动容器。',
  },
}
