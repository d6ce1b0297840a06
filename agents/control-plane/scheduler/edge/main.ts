/** The kube-scheduler process: flags and configuration, informers feeding cluster view and queue, leader election, inspection. */
import { hostname } from 'node:os'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { nodes, podDisruptionBudgets, pods } from '../../../api/resources.ts'
import { seededRandom } from '../../../base/random.ts'
import { createClient } from '../../../machinery/client.ts'
import { EventRecorder } from '../../../machinery/events.ts'
import { Informers } from '../../../machinery/informers.ts'
import { createHttpTransport, leadOrFollow, readFeatureGates, readKubeconfig, runComponent, serveSecure, tellFeatureGates } from '../../../runtime/index.ts'
import { assembleScheduler } from '../assembly.ts'
import { Extender } from '../extender/extender.ts'
import { ClusterFeed } from '../feed/cluster-feed.ts'
import { objectCaches } from '../feed/object-caches.ts'
import { configuredProfiles, knownPlugins } from '../profile/configured-profiles.ts'
import { Cluster } from '../snapshot/cluster.ts'
import { httpExtenderPost } from './http-extender.ts'
import { addInspections, answerQuestions } from './inspection.ts'
import { configurationFrom, schedulerFlags } from './scheduler-flags.ts'

await runComponent({
  name: 'kube-scheduler',
  flags: schedulerFlags,
  async start(context) {
    const { flags, log, clock, lifetime, metrics, health } = context
    const random = seededRandom(Math.floor(context.random.next() * 2 ** 32)) // drawn several times a pod, and no secret
    tellFeatureGates(metrics, readFeatureGates(flags['feature-gates']))
    const configuration = configurationFrom(flags, knownPlugins)
    if (flags['write-config-to'] !== undefined) {
      writeFileSync(flags['write-config-to'], stringify(configuration), { mode: 0o600 })
      context.stop()
      return
    }
    const client = createClient(lifetime.own(createHttpTransport(readKubeconfig(configuration.clientConnection.kubeconfig), { metrics })), { userAgent: 'kube-scheduler', clock })
    const informers = new Informers({ client, clock, log, random })
    const caches = objectCaches(informers)
    const budgetInformer = informers.for(podDisruptionBudgets)
    const nodeInformer = informers.for(nodes)
    const podInformer = informers.for(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' })
    const cluster = new Cluster(caches.lookups)
    const extenders = configuration.extenders.map(extender => new Extender(extender, lifetime.own(httpExtenderPost(extender)).post))
    const recorders = new Map(configuration.profiles.map(({ schedulerName }) => [schedulerName, new EventRecorder({ client, clock, component: schedulerName, log, signal: lifetime.signal })]))
    const budgets = () => budgetInformer.cache.list()
    const assembled = assembleScheduler({
      profiles: configuredProfiles(configuration), extenders, cluster, client, clock, random, log, metrics, signal: lifetime.signal, budgets,
      backoff: { initialMs: configuration.podInitialBackoffSeconds * 1_000, longestMs: configuration.podMaxBackoffSeconds * 1_000 },
      longestUnschedulableMs: flags['pod-max-in-unschedulable-pods-duration'],
      findPod: (namespace, name) => podInformer.cache.get({ namespace, name }),
      event: (profile, ...event) => { recorders.get(profile)?.event(...event) },
      breathe: () => new Promise(resolve => { setImmediate(resolve) }),
    })
    const { scheduler, queue, waitingPods, profiles } = assembled
    lifetime.onEnd(() => { waitingPods.clear() })
    const feed = new ClusterFeed({ cluster, queue, waitingPods, clock, metrics: assembled.metrics, isOurs: pod => profiles.has(pod.spec.schedulerName ?? 'default-scheduler') })
    lifetime.own(feed.followNodes(nodeInformer))
    lifetime.own(feed.followPods(podInformer))
    for (const followed of caches.follow(feed, cluster)) lifetime.own(followed)

    const inspected = { assembled, cluster, informers, configuration, clock, random, budgets }
    addInspections(context, inspected)
    let isSynced = false
    lifetime.own(health.add('informer-sync', () => (isSynced ? undefined : 'the caches are not filled yet'), ['readyz']))
    lifetime.own(await serveSecure(context, {
      address: flags['bind-address'],
      port: flags['secure-port'],
      cert: readFileSync(flags['tls-cert-file'], 'utf8'),
      key: readFileSync(flags['tls-private-key-file'], 'utf8'),
      ...(flags['client-ca-file'] === undefined ? {} : { clientCa: readFileSync(flags['client-ca-file'], 'utf8') }),
      extra: answerQuestions(inspected),
    }))
    const follow = async (): Promise<void> => {
      informers.start(lifetime.signal)
      await informers.synced(lifetime.signal)
      isSynced = true
    }
    if (!configuration.delayCacheUntilActive) await follow()
    leadOrFollow(context, {
      client, ...configuration.leaderElection, identity: `${hostname()}_${randomUUID()}`,
      lead: async signal => {
        if (configuration.delayCacheUntilActive) await follow()
        log.info('scheduling started', { nodes: cluster.nodes.length, profiles: [...profiles.keys()] })
        await scheduler.run(signal)
      },
    })
  },
})
