/**
 * metrics-server: serves metrics.k8s.io, what nodes and pods use, as an extension of the API server.
 *
 *   MS1  Only API servers are answered (front proxies); they have authenticated and authorized whoever asks.
 *   MS2  Ready when nodes and pods are listed and every node was asked once.
 */
import { readFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { nodes, pods } from '../../../api/resources.ts'
import { createClient } from '../../../machinery/client.ts'
import { Informers } from '../../../machinery/informers.ts'
import { componentVersion, createHttpTransport, readKubeconfig, runComponent, serveSecure } from '../../../runtime/index.ts'
import type { ExtraPath } from '../../../runtime/index.ts'
import { answerMetrics } from '../answers/answer-metrics.ts'
import { Scraper } from '../usage/scraper.ts'
import { UsageHistory } from '../usage/usage-history.ts'
import { metricsServerFlags } from './flags.ts'
import { frontProxyCheck } from './front-proxy.ts'

await runComponent({
  name: 'metrics-server',
  flags: metricsServerFlags,
  async start(context) {
    const { flags, log, clock, random, lifetime, metrics } = context
    const client = createClient(lifetime.own(createHttpTransport(readKubeconfig(flags.kubeconfig), { metrics })), { userAgent: `metrics-server/${componentVersion}`, clock })
    const informers = new Informers({ client, clock, log, random })
    const nodeInformer = informers.for(nodes, { transform: slimNode })
    const podInformer = informers.for(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed', transform: slimPod })
    const history = new UsageHistory(flags['metric-resolution'])
    const scraper = new Scraper({
      client, history, nodes: nodeInformer.cache, clock, random, log, metrics,
      resolutionMs: flags['metric-resolution'], timeoutMs: flags['kubelet-request-timeout'], atOnce: flags['kubelet-concurrent-requests'],
    })
    context.inspect('scraper', () => scraper.state)
    context.inspect('informers', () => informers.states)
    let hasSynced = false
    context.health.add('metric-informer-sync', () => (hasSynced ? undefined : 'nodes and pods are not listed yet'), ['readyz'])
    context.health.add('metric-storage-ready', () => (scraper.hasScraped ? undefined : 'no node was asked yet'), ['readyz']) // MS2

    const requestHeaderCa = readFileSync(flags['requestheader-client-ca-file'], 'utf8')
    const isFrontProxy = frontProxyCheck(requestHeaderCa, flags['requestheader-allowed-names'], () => clock.now())
    const own: ExtraPath = (request, response, url) => { // MS1
      if (!isFrontProxy(request.socket as TLSSocket)) return false
      const answer = answerMetrics({ method: request.method ?? 'GET', path: url.pathname, query: url.searchParams, accept: String(request.headers.accept ?? '') }, {
        nodes: () => nodeInformer.cache.list(), pods: namespace => podInformer.cache.list(namespace), history, nowMs: clock.now(),
      })
      if (answer === undefined) return false
      response.writeHead(answer.code, { 'content-type': answer.type, 'x-content-type-options': 'nosniff' })
      response.end(request.method === 'HEAD' ? undefined : JSON.stringify(answer.body))
      return true
    }
    const clientCa = flags['client-ca-file']
    lifetime.own(await serveSecure(context, {
      address: flags['bind-address'], port: flags['secure-port'], cert: readFileSync(flags['tls-cert-file'], 'utf8'), key: readFileSync(flags['tls-private-key-file'], 'utf8'),
      clientCa: [...(clientCa === undefined ? [] : [readFileSync(clientCa, 'utf8')]), requestHeaderCa].join('\n'), own,
    }))
    informers.start(lifetime.signal)
    await informers.synced(lifetime.signal)
    hasSynced = true
    const running = scraper.run(lifetime.signal)
    lifetime.onEnd(() => running)
  },
})

function slimNode({ apiVersion, kind, metadata, status }: Node): Node {
  return { apiVersion, kind, metadata: { ...metadata, annotations: {} }, spec: {}, status: { daemonEndpoints: status.daemonEndpoints } } as Node
}

/** As much as selectors may ask for. */
function slimPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  return { apiVersion, kind, metadata: { ...metadata, annotations: {}, ownerReferences: [] }, spec: { nodeName: spec.nodeName, serviceAccountName: spec.serviceAccountName, restartPolicy: spec.restartPolicy, schedulerName: spec.schedulerName, containers: [] }, status: { phase: status.phase, podIP: status.podIP } } as Pod
}
