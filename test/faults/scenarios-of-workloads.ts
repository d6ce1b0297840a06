/** Stories of workloads, their Services, nodes, claims and quotas. */
import type { Node } from '../../agents/api/groups/core-v1/types.ts'
import {
  clusterRoles, configMaps, controllerRevisions, cronJobs, daemonSets, deployments, endpointSlices, endpoints, jobs, namespaces, nodes, persistentVolumeClaims, persistentVolumes, podDisruptionBudgets, pods,
  replicaSets, replicationControllers, resourceQuotas, serviceAccounts, serviceCidrs, services, statefulSets,
} from '../../agents/api/resources.ts'
import { timeText } from '../../agents/base/clock.ts'
import { budgetsAreHonest, eachIndexOnce, inOrder, neverMoreSucceeded, onePodPerOrdinal, podCidrsAreDistinct, staysAvailable, withinSurge } from './invariants.ts'
import { meta, pause, podTemplate, readyPod, type Scenario, threeNodes } from './scenario.ts'
import { failOnePod, playPods, readyNode } from './world.ts'

export const workloadScenarios: readonly Scenario[] = [
  {
    name: 'a deployment is rolled out, rolled over to another image, and grows',
    controllers: ['deployment-controller', 'replicaset-controller'],
    begin: world => {
      threeNodes(world)
      world.put(deployments, { metadata: meta('web'), spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }, template: podTemplate('web'), revisionHistoryLimit: 10, progressDeadlineSeconds: 600 } })
    },
    acts: [
      { atMs: 8_000, act: world => world.change(deployments, 'web', ({ spec }) => { spec.template.spec!.containers[0]!.image = 'v2' }) },
      { atMs: 30_000, act: world => world.change(deployments, 'web', ({ spec }) => { spec.replicas = 6 }) },
    ],
    actors: [playPods],
    invariants: () => [withinSurge('web', 1), staysAvailable('web', 4, 3)],
    compares: [deployments, replicaSets, pods],
    durationMs: 60_000,
  },
  {
    name: 'a replica set grows and shrinks',
    controllers: ['replicaset-controller'],
    begin: world => {
      threeNodes(world)
      world.put(replicaSets, { metadata: meta('web'), spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: podTemplate('web') } })
    },
    acts: [{ atMs: 10_000, act: world => world.change(replicaSets, 'web', ({ spec }) => { spec.replicas = 2 }) }],
    actors: [playPods],
    compares: [replicaSets, pods],
    durationMs: 30_000,
  },
  {
    name: 'a replication controller loses a pod and makes another',
    controllers: ['replicationcontroller-controller'],
    begin: world => {
      threeNodes(world)
      world.put(replicationControllers, { metadata: meta('web'), spec: { replicas: 3, selector: { app: 'web' }, template: podTemplate('web') } })
    },
    acts: [{ atMs: 10_000, act: world => { const [pod] = world.cluster.all(pods, 'default'); if (pod !== undefined) world.cluster.vanish(pods, meta(pod.metadata.name)) } }],
    actors: [playPods],
    compares: [replicationControllers, pods],
    durationMs: 30_000,
  },
  {
    name: 'a stateful set comes up in order, is updated and shrinks',
    controllers: ['statefulset-controller'],
    begin: world => {
      threeNodes(world)
      world.put(statefulSets, { metadata: meta('db'), spec: { serviceName: 'db', replicas: 3, podManagementPolicy: 'OrderedReady', selector: { matchLabels: { app: 'db' } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, template: podTemplate('db'), revisionHistoryLimit: 10 } })
    },
    acts: [
      { atMs: 15_000, act: world => world.change(statefulSets, 'db', ({ spec }) => { spec.template.spec!.containers[0]!.image = 'v2' }) },
      { atMs: 45_000, act: world => world.change(statefulSets, 'db', ({ spec }) => { spec.replicas = 2 }) },
    ],
    actors: [playPods],
    invariants: () => [inOrder('db'), onePodPerOrdinal('db')],
    compares: [statefulSets, controllerRevisions, pods],
    durationMs: 75_000,
  },
  {
    name: 'a daemon set is on every node, on a new one too, and is updated node by node',
    controllers: ['daemonset-controller'],
    begin: world => {
      threeNodes(world)
      world.put(daemonSets, { metadata: meta('agent'), spec: { selector: { matchLabels: { app: 'agent' } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, template: podTemplate('agent'), revisionHistoryLimit: 10 } })
    },
    acts: [
      { atMs: 8_000, act: world => { world.put(nodes, readyNode('n4')) } },
      { atMs: 15_000, act: world => world.change(daemonSets, 'agent', ({ spec }) => { spec.template.spec!.containers[0]!.image = 'v2' }) },
    ],
    actors: [playPods],
    invariants: () => [staysAvailable('agent', 4, 3)],
    compares: [daemonSets, controllerRevisions, pods],
    durationMs: 60_000,
  },
  {
    name: 'an indexed job completes, each index once',
    controllers: ['job-controller'],
    begin: world => {
      threeNodes(world)
      world.put(jobs, { metadata: { ...meta('work'), labels: { app: 'work' } }, spec: { completions: 5, parallelism: 2, completionMode: 'Indexed', backoffLimit: 6, podReplacementPolicy: 'TerminatingOrFailed', suspend: false, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-job' } }, template: { metadata: { labels: { 'batch.kubernetes.io/controller-uid': 'uid-job', 'batch.kubernetes.io/job-name': 'work' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } })
    },
    actors: [playPods],
    invariants: () => [eachIndexOnce('work', 2), neverMoreSucceeded('work', 5)],
    compares: [jobs, pods],
    traces: ['failed'], // a pod that both made for one index is taken away, and counted
    durationMs: 60_000,
  },
  {
    name: 'a job fails at its limit and stops what is left of it',
    controllers: ['job-controller'],
    begin: world => {
      threeNodes(world)
      world.put(jobs, { metadata: { ...meta('work'), labels: { app: 'work' } }, spec: { completions: 4, parallelism: 3, completionMode: 'NonIndexed', backoffLimit: 0, podReplacementPolicy: 'TerminatingOrFailed', suspend: false, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-job' } }, template: { metadata: { labels: { 'batch.kubernetes.io/controller-uid': 'uid-job', 'endless': '' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } })
    },
    acts: [{ atMs: 30_000, act: failOnePod }],
    actors: [playPods],
    compares: [jobs, pods],
    traces: ['failed'], // a pod that both made is counted too
    durationMs: 60_000,
  },
  {
    name: 'a cron job makes a job each minute and keeps the last two',
    controllers: ['cronjob-controller', 'job-controller'],
    begin: world => {
      threeNodes(world)
      world.put(cronJobs, { metadata: meta('tick'), spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid', suspend: false, successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1, jobTemplate: { spec: { completions: 1, parallelism: 1, completionMode: 'NonIndexed', backoffLimit: 6, suspend: false, selector: { matchLabels: { app: 'tick' } }, template: { metadata: { labels: { app: 'tick' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } } } })
    },
    actors: [playPods],
    compares: [cronJobs, jobs],
    durationMs: 260_000,
  },
  {
    name: 'endpoints and slices follow the pods of a service',
    controllers: ['endpoints-controller', 'endpointslice-controller'],
    begin: world => {
      threeNodes(world)
      world.put(services, { metadata: meta('web'), spec: { selector: { app: 'web' }, clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }] } })
      for (const index of [1, 2, 3]) world.put(pods, readyPod(`web-${index}`, 'web', `10.244.0.${index}`))
    },
    acts: [
      { atMs: 5_000, act: world => { world.put(pods, readyPod('web-4', 'web', '10.244.0.4')) } },
      { atMs: 8_000, act: world => { world.cluster.vanish(pods, meta('web-1')) } },
      { atMs: 11_000, act: world => world.change(services, 'web', ({ spec }) => { spec.ports![0]!.port = 81; spec.ports!.push({ name: 'metrics', port: 90, protocol: 'TCP', targetPort: 9_090 }) }) },
    ],
    compares: [endpoints, endpointSlices],
    durationMs: pause + 10_000,
  },
  {
    name: 'endpoints of a service without selector are mirrored',
    controllers: ['endpointslice-mirroring-controller'],
    begin: world => {
      world.put(services, { metadata: meta('outside'), spec: { clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8'], ipFamilies: ['IPv4'], ports: [{ port: 80, protocol: 'TCP' }] } })
      world.put(endpoints, { metadata: meta('outside'), subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80, protocol: 'TCP' }] }] })
    },
    acts: [{ atMs: 5_000, act: world => { world.put(endpoints, { metadata: meta('outside'), subsets: [{ addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }], ports: [{ port: 80, protocol: 'TCP' }] }] }) } }],
    compares: [endpointSlices],
    durationMs: pause,
  },
  {
    name: 'a disruption budget counts its pods',
    controllers: ['disruption-controller', 'replicaset-controller'],
    begin: world => {
      threeNodes(world)
      world.put(replicaSets, { metadata: meta('web'), spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: podTemplate('web') } })
      world.put(podDisruptionBudgets, { metadata: meta('web'), spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } } })
    },
    acts: [{ atMs: 10_000, act: world => world.change(replicaSets, 'web', ({ spec }) => { spec.replicas = 4 }) }],
    actors: [playPods],
    invariants: () => [budgetsAreHonest],
    compares: [podDisruptionBudgets, replicaSets, pods],
    durationMs: 30_000,
  },
  {
    name: 'a finished job goes when its time to live is over',
    controllers: ['ttl-after-finished-controller'],
    begin: world => {
      const finished = (name: string, seconds: number) => ({ metadata: meta(name), spec: { ttlSecondsAfterFinished: seconds, template: podTemplate('x') }, status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: timeText(world.clock.now()) }], completionTime: timeText(world.clock.now()) } })
      world.put(jobs, finished('short', 5))
      world.put(jobs, finished('long', 500))
    },
    compares: [jobs],
    durationMs: pause,
  },
  {
    name: 'each namespace has its default account and the CA',
    controllers: ['serviceaccount-controller', 'root-ca-certificate-publisher-controller'],
    begin: world => { world.put(namespaces, { metadata: { name: 'default' }, spec: {}, status: { phase: 'Active' } }) },
    acts: [
      { atMs: 3_000, act: world => { world.put(namespaces, { metadata: { name: 'team' }, spec: {}, status: { phase: 'Active' } }) } },
      { atMs: 6_000, act: world => { world.cluster.vanish(serviceAccounts, { namespace: 'team', name: 'default' }) } },
      { atMs: 9_000, act: world => { world.cluster.vanish(configMaps, { namespace: 'team', name: 'kube-root-ca.crt' }) } },
    ],
    compares: [serviceAccounts, configMaps],
    durationMs: pause,
  },
  {
    name: 'nodes get pod CIDRs of their own',
    controllers: ['node-ipam-controller'],
    begin: world => { for (const name of ['n1', 'n2', 'n3', 'n4']) world.put(nodes, readyNode(name)) },
    acts: [
      { atMs: 5_000, act: world => { world.cluster.vanish(nodes, { name: 'n2' }) } },
      { atMs: 8_000, act: world => { world.put(nodes, readyNode('n5')) } },
    ],
    invariants: () => [podCidrsAreDistinct],
    compares: [],
    durationMs: pause,
  },
  {
    name: 'pods leave a tainted node when their toleration ends',
    controllers: ['taint-eviction-controller'],
    begin: world => {
      threeNodes(world)
      world.put(pods, readyPod('at-once', 'web', '10.244.0.1'))
      world.put(pods, readyPod('later', 'web', '10.244.0.2', { tolerations: [{ key: 'gone', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] }))
      world.put(pods, readyPod('never', 'web', '10.244.0.3', { tolerations: [{ key: 'gone', operator: 'Exists', effect: 'NoExecute' }] }))
    },
    acts: [{ atMs: 4_000, act: world => world.change(nodes, 'n1', ({ spec }) => { spec.taints = [{ key: 'gone', effect: 'NoExecute', timeAdded: timeText(world.clock.now()) }] }) }],
    actors: [playPods],
    compares: [pods],
    durationMs: pause,
  },
  {
    name: 'a silent node becomes Unknown, is tainted, and its pods are not ready',
    controllers: ['node-lifecycle-controller'],
    begin: world => {
      threeNodes(world)
      world.put(pods, readyPod('web', 'web', '10.244.0.1'))
    },
    actors: [world => {
      for (const name of ['n2', 'n3']) {
        const node = world.cluster.peek(nodes, { name }) as Node
        const conditions = node.status.conditions!.map(condition => ({ ...condition, status: condition.type === 'Ready' ? 'True' : condition.status, lastHeartbeatTime: timeText(world.clock.now()) }))
        if (world.clock.monotonic() % 5_000 === 0) world.put(nodes, { ...node, status: { ...node.status, conditions } })
      }
    }],
    compares: [nodes, pods],
    durationMs: 150_000,
  },
  {
    name: 'pods of a node that is gone are removed',
    controllers: ['pod-garbage-collector-controller'],
    begin: world => {
      threeNodes(world)
      world.put(pods, readyPod('stays', 'web', '10.244.0.1'))
      world.put(pods, readyPod('orphan', 'web', '10.244.0.2', { nodeName: 'gone' }))
    },
    compares: [pods],
    durationMs: 120_000,
  },
  {
    name: 'claims and volumes are bound to one another',
    controllers: ['persistentvolume-binder-controller'],
    begin: world => {
      for (const [name, size] of [['small', '1Gi'], ['large', '10Gi']] as const) world.put(persistentVolumes, { metadata: { name }, spec: { capacity: { storage: size }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', hostPath: { path: `/${name}` }, storageClassName: '', volumeMode: 'Filesystem' }, status: { phase: 'Available' } })
      world.put(persistentVolumeClaims, { metadata: meta('data'), spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, storageClassName: '', volumeMode: 'Filesystem' }, status: { phase: 'Pending' } })
    },
    acts: [{ atMs: 6_000, act: world => { world.put(persistentVolumeClaims, { metadata: meta('more'), spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', volumeMode: 'Filesystem' }, status: { phase: 'Pending' } }) } }],
    compares: [persistentVolumes, persistentVolumeClaims],
    durationMs: pause,
  },
  {
    name: 'claims in use are protected, and go when they are not',
    controllers: ['persistentvolumeclaim-protection-controller'],
    begin: world => {
      world.put(persistentVolumeClaims, { metadata: meta('data'), spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
      world.put(pods, readyPod('user', 'web', '10.244.0.1', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }))
    },
    acts: [
      { atMs: 4_000, act: world => world.cluster.delete(persistentVolumeClaims, meta('data')) },
      { atMs: 10_000, act: world => { world.cluster.vanish(pods, meta('user')) } },
    ],
    compares: [persistentVolumeClaims],
    durationMs: pause,
  },
  {
    name: 'volumes are protected while they are bound',
    controllers: ['persistentvolume-protection-controller'],
    begin: world => {
      for (const [name, phase] of [['bound', 'Bound'], ['free', 'Available']] as const) world.put(persistentVolumes, { metadata: { name }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } }, status: { phase } })
    },
    acts: [{ atMs: 5_000, act: async world => { for (const name of ['bound', 'free']) await world.cluster.delete(persistentVolumes, { name }) } }],
    compares: [persistentVolumes],
    durationMs: pause,
  },
  {
    name: 'an aggregated role has the rules of those it selects',
    controllers: ['clusterrole-aggregation-controller'],
    begin: world => {
      world.put(clusterRoles, { metadata: { name: 'all' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'all' } }] }, rules: [] })
      world.put(clusterRoles, { metadata: { name: 'a', labels: { to: 'all' } }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] })
    },
    acts: [{ atMs: 5_000, act: world => { world.put(clusterRoles, { metadata: { name: 'b', labels: { to: 'all' } }, rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] }) } }],
    compares: [clusterRoles],
    durationMs: pause,
  },
  {
    name: 'a quota counts what is there',
    controllers: ['resourcequota-controller'],
    begin: world => {
      world.put(namespaces, { metadata: { name: 'default' }, spec: {}, status: { phase: 'Active' } })
      world.put(resourceQuotas, { metadata: meta('all'), spec: { hard: { 'pods': '10', 'configmaps': '5', 'requests.cpu': '4' } } })
      world.put(pods, readyPod('one', 'web', '10.244.0.1', { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '250m' } } }] }))
    },
    acts: [
      { atMs: 5_000, act: world => { world.put(configMaps, { metadata: meta('settings') }) } },
      { atMs: 8_000, act: world => { world.cluster.vanish(pods, meta('one')) } },
    ],
    compares: [resourceQuotas],
    durationMs: 330_000,
  },
  {
    name: 'nodes are told how old their secrets may be',
    controllers: ['ttl-controller'],
    begin: threeNodes,
    acts: [{ atMs: 5_000, act: world => { world.put(nodes, readyNode('n4')) } }],
    compares: [nodes],
    durationMs: pause,
  },
  {
    name: 'ephemeral volumes get claims that their pods own',
    controllers: ['ephemeral-volume-controller'],
    begin: world => {
      threeNodes(world)
      for (const name of ['one', 'two']) world.put(pods, readyPod(name, 'web', `10.244.0.${name.length}`, { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } }] }))
    },
    acts: [{ atMs: 5_000, act: world => { world.cluster.vanish(persistentVolumeClaims, meta('one-scratch')) } }],
    compares: [persistentVolumeClaims],
    durationMs: pause,
  },
  {
    name: 'a range of service addresses is ready, protected, and goes when another has it too',
    controllers: ['service-cidr-controller'],
    begin: world => { world.put(serviceCidrs, { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } }) },
    acts: [
      { atMs: 4_000, act: world => { world.put(serviceCidrs, { metadata: { name: 'more' }, spec: { cidrs: ['10.112.0.0/24'] } }) } },
      { atMs: 8_000, act: world => world.cluster.delete(serviceCidrs, { name: 'more' }) },
    ],
    compares: [serviceCidrs],
    durationMs: pause,
  },
]
