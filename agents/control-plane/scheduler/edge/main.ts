/** The kube-scheduler process: flags, informers feeding cluster view and queue, leader election, inspection. */
import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { nodes, podDisruptionBudgets, pods } from '../../../api/resources.ts'
import { createClient } from '../../../machinery/client.ts'
import { EventRecorder } from '../../../machinery/events.ts'
import { Informers } from '../../../machinery/informers.ts'
import { runWithLeaderElection } from '../../../machinery/leader-election.ts'
import { createHttpTransport, defineFlags, readKubeconfig, runComponent, serveSecure } from '../../../runtime/index.ts'
import { assembleScheduler } from '../assembly.ts'
import { detailsOf, summaryOf } from '../decisions/decision-log.ts'
import { extensionPoints } from '../framework/plugin-set.ts'
import { allDefaultPlugins } from '../profile/default-plugins.ts'
import { ClusterFeed } from '../feed/cluster-feed.ts'
import { objectCaches } from '../feed/object-caches.ts'
import { Cluster } from '../snapshot/cluster.ts'

const flags = defineFlags({
  kubeconfig: { type: 'string', required: true, help: 'Credentials for the API server.' },
  'authentication-kubeconfig': { type: 'string', ignored: true, help: 'Delegated authentication.' },
  'authorization-kubeconfig': { type: 'string', ignored: true, help: 'Delegated authorization.' },
  'bind-address': { type: 'string', default: '127.0.0.1', help: 'Address of the secure port.' },
  'secure-port': { type: 'number', default: 10_259, help: 'Port of health, metrics and inspection.' },
  'tls-cert-file': { type: 'string', required: true, help: 'Serving certificate.' },
  'tls-private-key-file': { type: 'string', required: true, help: 'Its key.' },
  'client-ca-file': { type: 'string', help: 'CA of clients that may read metrics and inspection.' },
  'leader-elect': { type: 'boolean', default: true, help: 'Schedule only while holding the Lease kube-system/kube-scheduler.' },
  'leader-elect-lease-duration': { type: 'duration', default: 15_000, help: 'How long a leader that went silent is waited for.' },
  'leader-elect-renew-deadline': { type: 'duration', default: 10_000, help: 'How long the leader tries to renew before it gives up.' },
  'leader-elect-retry-period': { type: 'duration', default: 2_000, help: 'Time between tries.' },
  'leader-elect-resource-name': { type: 'string', default: 'kube-scheduler', help: 'Name of the Lease.' },
  'leader-elect-resource-namespace': { type: 'string', default: 'kube-system', help: 'Namespace of the Lease.' },
})

const schedulerName = 'default-scheduler'

await runComponent({
  name: 'kube-scheduler',
  flags,
  async start(context) {
    const { flags: values, log, clock, random, lifetime, metrics } = context
    const client = createClient(lifetime.own(createHttpTransport(readKubeconfig(values.kubeconfig))), { userAgent: 'kube-scheduler', clock })
    const informers = new Informers({ client, clock, log, random })
    const caches = objectCaches(informers)
    const budgetInformer = informers.for(podDisruptionBudgets)
    const nodeInformer = informers.for(nodes)
    const podInformer = informers.for(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' })

    const cluster = new Cluster(caches.lookups)
    const recorder = new EventRecorder({ client, clock, component: schedulerName, log, signal: lifetime.signal })
    const { scheduler, queue, waitingPods, profiles, metrics: schedulerMetrics } = assembleScheduler({
      profiles: [{ name: schedulerName, percentageOfNodesToScore: 0, plugins: allDefaultPlugins }],
      cluster, client, clock, random, log, metrics, signal: lifetime.signal,
      findPod: (namespace, name) => podInformer.cache.get({ namespace, name }),
      budgets: () => budgetInformer.cache.list(),
      event: (_, subject, type, reason, message, options) => { recorder.event(subject, type, reason, message, options) },
      breathe: () => new Promise(resolve => { setImmediate(resolve) }),
    })
    lifetime.onEnd(() => { waitingPods.clear() })
    const feed = new ClusterFeed({ cluster, queue, waitingPods, clock, metrics: schedulerMetrics, isOurs: pod => profiles.has(pod.spec.schedulerName ?? schedulerName) })
    lifetime.own(feed.followNodes(nodeInformer))
    lifetime.own(feed.followPods(podInformer))
    for (const followed of caches.follow(feed, cluster)) lifetime.own(followed)

    context.inspect('queue', () => ({
      counts: queue.counts(),
      pods: queue.all().map(queued => ({ pod: `${queued.pod.metadata.namespace}/${queued.pod.metadata.name}`, place: queue.place(queued.pod.metadata.uid), attempts: queued.attempts, rejectedBy: [...queued.rejectedBy], backoffUntil: queued.backoffUntil === 0 ? null : new Date(queued.backoffUntil).toISOString() })),
    }))
    context.inspect('decisions', rest => (rest === undefined ? scheduler.decisions.list(undefined).map(summaryOf) : scheduler.decisions.list(rest, 20).map(detailsOf)))
    context.inspect('nodes', () => cluster.nodes.map(view => ({ node: view.name, pods: view.pods.size, allocatable: Object.fromEntries(view.allocatable), requested: Object.fromEntries(view.requested), taints: view.node.spec.taints ?? [], unschedulable: view.node.spec.unschedulable === true })))
    context.inspect('plugins', () => Object.fromEntries([...profiles].map(([name, { plugins }]) => [name, Object.fromEntries(extensionPoints.map(point => [point, plugins[point].map(entry => ('plugin' in entry ? { plugin: entry.plugin.name, weight: entry.weight } : { plugin: entry.name }))]))])))
    context.inspect('informers', () => informers.states)

    lifetime.own(await serveSecure(context, {
      address: values['bind-address'],
      port: values['secure-port'],
      cert: readFileSync(values['tls-cert-file'], 'utf8'),
      key: readFileSync(values['tls-private-key-file'], 'utf8'),
      ...(values['client-ca-file'] === undefined ? {} : { clientCa: readFileSync(values['client-ca-file'], 'utf8') }),
    }))
    informers.start(lifetime.signal)
    await informers.synced(lifetime.signal)

    const lead = async (signal: AbortSignal): Promise<void> => {
      log.info('scheduling started', { nodes: cluster.nodes.length })
      await scheduler.run(signal)
    }
    if (!values['leader-elect']) {
      void lead(lifetime.signal)
      return
    }
    runWithLeaderElection({
      client, clock, random, log,
      leaseName: values['leader-elect-resource-name'],
      leaseNamespace: values['leader-elect-resource-namespace'],
      identity: `${hostname()}_${randomUUID()}`,
      leaseDurationMs: values['leader-elect-lease-duration'],
      renewDeadlineMs: values['leader-elect-renew-deadline'],
      retryPeriodMs: values['leader-elect-retry-period'],
      onStartedLeading: lead,
      onStoppedLeading: () => { if (!lifetime.signal.aborted) context.stop(new Error('leadership lost')) },
    }, lifetime.signal).catch((error: unknown) => { if (!lifetime.signal.aborted) context.stop(error as Error) })
  },
})
