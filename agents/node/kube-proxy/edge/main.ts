/**
 * The kube-proxy process: Services, EndpointSlices and this Node in, the kernel's rules out.
 *
 * Changes are gathered for --iptables-min-sync-period and written together; everything is compared again every
 * --iptables-sync-period. When the API server cannot be reached the rules stay as they are.
 */
import { writeFile } from 'node:fs/promises'
import { endpointSlices, nodes, services } from '../../../api/resources.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import { spans, Wakers } from '../../../base/spans.ts'
import { createClient } from '../../../machinery/client.ts'
import { Informers } from '../../../machinery/informers.ts'
import { createHttpTransport, defineFlags, readKubeconfig, runComponent, servePlain } from '../../../runtime/index.ts'
import { tryRun } from '../../os/run.ts'
import { readCounters } from '../backends/iptables/counters.ts'
import { IptablesProxier } from '../backends/iptables/iptables-proxier.ts'
import { serviceChains } from '../backends/iptables/chains.ts'
import { NodePortHealth } from '../health/node-port-health.ts'
import { servicePorts } from '../model/service-map.ts'
import { onRuleFault, syncFault, withRules } from '../model/rule-faults.ts'
import type { ServicePort } from '../model/service-port.ts'
import { forgetArguments, staleFlows } from '../model/stale-flows.ts'

const flags = defineFlags({
  kubeconfig: { type: 'string', required: true, help: 'Credentials for the API server.' },
  'hostname-override': { type: 'string', required: true, help: 'Name of this Node.' },
  'proxy-mode': { type: 'string', default: 'iptables', help: 'iptables.' },
  'cluster-cidr': { type: 'string', default: '', help: "Pods' addresses; other traffic to a Service is masqueraded." },
  'healthz-bind-address': { type: 'string', default: '0.0.0.0:10256', help: 'Address of health.' },
  'metrics-bind-address': { type: 'string', default: '127.0.0.1:10249', help: 'Address of metrics and inspection.' },
  'iptables-sync-period': { type: 'duration', default: 30_000, help: 'How often rules are compared even when nothing changed.' },
  'iptables-min-sync-period': { type: 'duration', default: 1_000, help: 'Least time between two writes.' },
  'iptables-localhost-nodeports': { type: 'boolean', default: true, help: 'Node ports answer on 127.0.0.1 too.' },
})

const sliceIndex = 'service'
const keptSyncs = 50
const mostRulesTold = 200

await runComponent({
  name: 'kube-proxy',
  flags,
  async start(context) {
    const { flags: values, log, clock, random, lifetime, metrics } = context
    if (values['proxy-mode'] !== 'iptables') throw new Error(`--proxy-mode=${values['proxy-mode']} is not supported: use iptables`)
    const nodeName = values['hostname-override']
    const client = createClient(lifetime.own(createHttpTransport(readKubeconfig(values.kubeconfig))), { userAgent: 'kube-proxy', clock })
    const informers = new Informers({ client, clock, log, random })
    const serviceInformer = informers.for(services)
    const sliceInformer = informers.for(endpointSlices, { labelSelector: '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name' })
    sliceInformer.cache.addIndex(sliceIndex, slice => [`${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`])
    const nodeInformer = informers.for(nodes, { fieldSelector: `metadata.name=${nodeName}` })
    const proxier = new IptablesProxier({ clusterCidr: values['cluster-cidr'] === '' ? null : values['cluster-cidr'], localhostNodePorts: values['iptables-localhost-nodeports'] })
    const syncSeconds = metrics.histogram({ name: 'kubeproxy_sync_proxy_rules_duration_seconds', help: 'Time of one write of the rules.' })

    const wakers = new Wakers()
    let dirty = Promise.withResolvers<void>()
    let ports: ServicePort[] = []
    let queuedAt = clock.now()
    let syncedAt: number | null = null
    let isBehind = true
    const syncs: { at: string; durationMs: number; wasFull: boolean; lines: number; error: string | null; text: string }[] = []
    const node = () => nodeInformer.cache.get({ name: nodeName })
    const isHealthy = () => syncedAt !== null && (!isBehind || clock.now() - queuedAt < 2 * values['iptables-sync-period'])
    const isEligible = () => node()?.metadata.deletionTimestamp === undefined && node()?.spec.taints?.some(taint => taint.key === 'ToBeDeletedByClusterAutoscaler') !== true
    const health = lifetime.own(new NodePortHealth({ isHealthy, log }))

    const onChange = () => {
      if (!isBehind) queuedAt = clock.now()
      isBehind = true
      wakers.note()
      dirty.resolve()
    }
    onRuleFault(onChange)
    for (const informer of [serviceInformer, sliceInformer]) lifetime.own(informer.onChange(onChange))
    context.inspect('services', rest => ports.filter(port => rest === undefined || port.name.startsWith(rest)).map(port => ({ ...port, chains: serviceChains(port) })))
    context.inspect('chains', rest => {
      const { nat, filter } = proxier.rules ?? { nat: new Map<string, string[]>(), filter: new Map<string, string[]>() }
      const pick = (chains: ReadonlyMap<string, readonly string[]>) => Object.fromEntries([...chains].filter(([chain]) => rest === undefined || chain === rest))
      return { nat: pick(nat), filter: pick(filter) }
    })
    context.inspect('counters', async rest => readCounters((await tryRun('iptables-save', ['-c', '-t', 'nat'], { signal: lifetime.signal })).stdout, rest))
    context.inspect('syncs', () => [...syncs].reverse())
    context.health.add('rules', () => (syncedAt === null ? 'no rules written yet' : undefined), ['readyz'])

    lifetime.own(await servePlain(context, {
      ...address(values['healthz-bind-address']),
      extra: (_, response, url) => {
        if (url.pathname !== '/healthz' && url.pathname !== '/livez') return false
        const healthy = isHealthy() && (url.pathname === '/livez' || isEligible())
        response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ lastUpdated: new Date(syncedAt ?? 0).toISOString(), currentTime: new Date(clock.now()).toISOString(), nodeEligible: isEligible() }))
        return true
      },
    }))
    lifetime.own(await servePlain(context, { ...address(values['metrics-bind-address']), extra: (_, response, url) => url.pathname === '/proxyMode' && Boolean(response.end('iptables')) }))
    await writeSettings()
    informers.start(lifetime.signal)
    await informers.synced(lifetime.signal)
    void syncForever()

    async function syncForever(): Promise<void> {
      while (!lifetime.signal.aborted) {
        dirty = Promise.withResolvers<void>()
        const startedAt = clock.monotonic()
        const isFine = await syncOnce()
        const pause = isFine ? values['iptables-min-sync-period'] : 2_000
        await sleep(clock, Math.max(0, pause - (clock.monotonic() - startedAt)), lifetime.signal).catch(() => {})
        const isDue = await Promise.race([dirty.promise.then(() => false), sleep(clock, isFine ? values['iptables-sync-period'] : 1, lifetime.signal).then(() => true, () => false)])
        if (isFine && isDue) await proxier.isIntact(lifetime.signal).catch(() => false)
      }
    }

    async function syncOnce(): Promise<boolean> {
      const startedAt = clock.monotonic()
      if (syncFault.rules !== undefined && !(await syncFault.meet({}).then(() => true, () => false))) return false
      isBehind = false
      const [links, startMs] = [wakers.take(), spans.on ? spans.now() : 0]
      const all = servicePorts({ services: serviceInformer.cache.list(), slicesOf: service => sliceInformer.cache.byIndex(sliceIndex, service), nodeName, zone: node()?.metadata.labels?.['topology.kubernetes.io/zone'] })
      const wanted = withRules(all)
      let result = { wasFull: false, text: '' }
      let error: string | null = null
      try {
        result = await proxier.sync(wanted, node()?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? null, lifetime.signal)
        for (const flow of staleFlows(ports, wanted)) await tryRun('conntrack', forgetArguments(flow), { signal: lifetime.signal })
        ports = wanted
        health.update(wanted)
        syncedAt = clock.now()
      } catch (thrown) {
        error = errorText(thrown)
        isBehind = true
        if (!lifetime.signal.aborted) log.error('rules not written', { error })
      }
      const durationMs = clock.monotonic() - startedAt
      if (startMs > 0 && (links.length > 0 || result.text !== '')) spans.add({ name: 'write rules', parent: links[0] ?? null, links, startMs, attributes: { 'proxy.services': wanted.length, 'proxy.full': result.wasFull, 'proxy.rules': changedRules(result.text) }, error: error ?? undefined })
      if (result.text === '' && error === null) return true
      syncSeconds.observe(durationMs / 1_000)
      syncs.push({ at: new Date(clock.now()).toISOString(), durationMs, wasFull: result.wasFull, lines: result.text.split('\n').length, error, text: result.text.slice(0, 20_000) })
      if (syncs.length > keptSyncs) syncs.shift()
      if (error === null) log.info('rules written', { services: ports.length, wasFull: result.wasFull, durationMs })
      return error === null
    }

    async function writeSettings(): Promise<void> {
      const settings: [string, string][] = [['/proc/sys/net/ipv4/ip_forward', '1'], ['/proc/sys/net/bridge/bridge-nf-call-iptables', '1']]
      if (values['iptables-localhost-nodeports']) settings.push(['/proc/sys/net/ipv4/conf/all/route_localnet', '1'])
      for (const [path, value] of settings) await writeFile(path, value).catch((error: unknown) => { log.warn('kernel setting not written', { path, error: errorText(error) }) })
    }
  },
})

/** The lines that add or remove rules, of what iptables-restore was given. */
function changedRules(text: string): string[] {
  return text.split('\n').filter(line => /^-[AD] /.test(line)).slice(0, mostRulesTold)
}

function address(text: string): { address: string; port: number } {
  const at = text.lastIndexOf(':')
  return { address: text.slice(0, at), port: Number(text.slice(at + 1)) }
}
