/**
 * The overlay agent's process: Nodes in, the kernel's network and the CNI configuration out.
 *
 * It reconciles when Nodes change and every resync period, so that what somebody else took away comes back. When the
 * API server cannot be reached the network stays as it is.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodes } from '../../../api/resources.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import { spans, Wakers } from '../../../base/spans.ts'
import { createClient } from '../../../machinery/client.ts'
import { Informers } from '../../../machinery/informers.ts'
import { createHttpTransport, defineFlags, readKubeconfig, runComponent, servePlain } from '../../../runtime/index.ts'
import { run, tryRun } from '../../os/run.ts'
import type { Backend, Route } from '../backends/backend.ts'
import { faultyNetwork, onNetworkFault, reconcileFault } from '../backends/faulty-network.ts'
import { hostGw } from '../backends/host-gw.ts'
import { ipip } from '../backends/ipip.ts'
import { vxlan } from '../backends/vxlan.ts'
import type { Batch } from '../batches.ts'
import { batchesOf, failedAt, readAnswers, renderLines } from '../batches.ts'
import { renderConflist } from '../cni/conflist.ts'
import { ownDevices, planNetwork, routeProtocol } from '../network-plan.ts'
import { readFlows } from '../flows.ts'
import type { IpJson } from '../observe.ts'
import { readLink, readSeenNetwork } from '../observe.ts'
import type { Peers } from '../peers.ts'
import { readUnderlayRoutes } from '../underlay-routes.ts'
import { readPeers } from '../peers.ts'

const backends: Readonly<Record<string, Backend>> = { vxlan, ipip, 'host-gw': hostGw }

const flags = defineFlags({
  kubeconfig: { type: 'string', required: true, help: 'Credentials for the API server.' },
  'hostname-override': { type: 'string', required: true, help: 'Name of this Node.' },
  backend: { type: 'string', default: 'vxlan', help: 'vxlan, ipip or host-gw.' },
  'cloud-routes': { type: 'boolean', default: false, help: 'Routes to other nodes are the cloud\'s (with host-gw): write none.' },
  interface: { type: 'string', default: 'lan0', help: 'Underlay interface.' },
  'underlay-routes': { type: 'string', default: '', help: 'Networks of other nodes behind routers, as network=router with commas between: 172.31.0.0/24=172.30.0.1.' },
  'cluster-cidr': { type: 'string', default: '10.244.0.0/16', help: 'All pod addresses of the cluster.' },
  'service-cluster-ip-range': { type: 'string', default: '10.96.0.0/16', help: 'All Service addresses; routed to the underlay interface so that kube-proxy sees them.' },
  'cni-conf-dir': { type: 'string', default: '/etc/cni/net.d', help: 'Where the CNI configuration is written.' },
  'resync-period': { type: 'duration', default: 30_000, help: 'How often the kernel is compared even when nothing changed.' },
  'healthz-bind-address': { type: 'string', default: '127.0.0.1:10257', help: 'Address of health, metrics and inspection.' },
})

await runComponent({
  name: 'overlay',
  flags,
  async start(context) {
    const { flags: values, log, clock, random, lifetime } = context
    const backend = backends[values.backend]
    if (backend === undefined) throw new Error(`--backend=${values.backend} is not supported: use ${Object.keys(backends).join(', ')}`)
    const me = values['hostname-override']
    const beyond = readUnderlayRoutes(values['underlay-routes'], values.interface)
    const client = createClient(lifetime.own(createHttpTransport(readKubeconfig(values.kubeconfig))), { userAgent: 'overlay', clock })
    const informers = new Informers({ client, clock, log, random })
    const informer = informers.for(nodes)

    const wakers = new Wakers()
    let dirty = Promise.withResolvers<void>()
    const seen = { peers: null as Peers | null, commands: [] as { at: string; command: string; error: string | null }[], runs: 0, lastError: null as string | null }
    context.inspect('peers', () => seen.peers)
    context.inspect('commands', () => seen.commands)
    context.inspect('flows', async () => readFlows(await listConnections()))
    context.inspect('kernel', async () => readSeenNetwork(await observe()))
    context.health.add('network', () => (seen.lastError === null ? undefined : seen.lastError), ['readyz'])
    onNetworkFault(() => { dirty.resolve() })
    lifetime.own(informer.onChange(() => {
      wakers.note()
      dirty.resolve()
    }))

    const [host, port] = splitAddress(values['healthz-bind-address'])
    lifetime.own(await servePlain(context, { address: host, port }))
    await ensureForwarding()
    informers.start(lifetime.signal)
    await informer.synced(lifetime.signal)
    void reconcileForever()

    async function reconcileForever(): Promise<void> {
      while (!lifetime.signal.aborted) {
        dirty = Promise.withResolvers<void>()
        let waitMs = values['resync-period']
        try {
          await (spans.on ? reconcileWatched() : reconcile())
          seen.lastError = null
        } catch (error) {
          seen.lastError = error instanceof Error ? error.message : String(error)
          log.error('network reconcile failed', { error: seen.lastError })
          waitMs = 2_000
        }
        await Promise.race([dirty.promise, sleep(clock, waitMs, lifetime.signal).catch(() => {})])
      }
    }

    async function reconcileWatched(): Promise<void> {
      const links = wakers.take()
      const span = spans.begin({ name: 'network', parent: links[0] ?? null, links })
      const before = seen.commands.at(-1)
      let error: string | undefined
      try {
        await reconcile()
      } catch (thrown) {
        error = errorText(thrown)
        throw thrown
      } finally {
        span.end({ attributes: { 'network.commands': seen.commands.slice(before === undefined ? 0 : seen.commands.lastIndexOf(before) + 1).map(({ command }) => command) }, error })
      }
    }

    async function reconcile(): Promise<void> {
      if (reconcileFault.rules !== undefined) await reconcileFault.meet({})
      const peers = readPeers(informer.cache.list(), me)
      seen.peers = peers
      seen.runs++
      for (const conflict of peers.conflicts) log.warn('pod CIDR conflict found', { conflict })
      if (peers.me === undefined) return
      const seenNow = await observe()
      const parent = readLink(seenNow.addresses, values.interface)
      if (parent === undefined) throw new Error(`interface ${values.interface} does not exist`)
      const wanted = faultyNetwork(backend!.want({ me: peers.me, peers: peers.peers, parent: values.interface, parentMtu: parent.mtu }), peers.peers)
      // A Service address needs a route before kube-proxy can translate it; the underlay address is the source.
      const toServices: Route = { to: values['service-cluster-ip-range'], via: null, device: values.interface, onlink: false, source: peers.me.address }
      for (const batch of batchesOf(planNetwork({ ...wanted, routes: [...beyond, ...(values['cloud-routes'] ? [] : wanted.routes), toServices] }, readSeenNetwork(seenNow)))) await apply(batch)
      await ensureConflist(renderConflist(peers.me.podCidr, wanted.podMtu))
    }

    async function apply({ program, commands, input }: Batch): Promise<void> {
      const result = await tryRun(program, ['-batch', '-'], { input })
      const done = result.code === 0 ? commands.length : failedAt(result.stderr)
      for (const [index, { argv }] of commands.slice(0, done + 1).entries()) {
        const error = index < done ? null : result.stderr.trim()
        const command = `${program} ${argv.join(' ')}`
        seen.commands.push({ at: new Date(clock.now()).toISOString(), command, error })
        if (seen.commands.length > 200) seen.commands.shift()
        if (error !== null) throw new Error(`${command}: ${error}`)
        log.info('network changed', { command })
      }
    }

    async function ensureConflist(text: string): Promise<void> {
      const path = join(values['cni-conf-dir'], '10-kubarium.conflist')
      if ((await readFile(path, 'utf8').catch(() => '')) === text) return
      await mkdir(values['cni-conf-dir'], { recursive: true })
      await writeFile(`${path}.tmp`, text, { mode: 0o600 })
      await rename(`${path}.tmp`, path)
      log.info('cni configuration written', { path })
    }

    async function observe(): Promise<IpJson> {
      const questions = [['addr', 'show'], ['neigh', 'show', 'nud', 'permanent'], ['route', 'show', 'proto', routeProtocol]]
      const [addresses, neighbours, routes] = readAnswers(await run('ip', ['-j', '-d', '-batch', '-'], { input: renderLines(questions) }), questions.length) as [string, string, string]
      const forwarding: Record<string, string> = {}
      for (const device of ownDevices) if (readLink(addresses, device) !== undefined) forwarding[device] = await run('bridge', ['-j', 'fdb', 'show', 'dev', device])
      return { addresses, forwarding, neighbours, routes }
    }

    /** Counting is turned on by the first who looks: it counts connections that begin from then on. */
    async function listConnections(): Promise<string> {
      await writeFile('/proc/sys/net/netfilter/nf_conntrack_acct', '1').catch(() => {}) // no connection was tracked yet
      return await run('conntrack', ['-L', '-f', 'ipv4'])
    }

    async function ensureForwarding(): Promise<void> {
      for (const [path, value] of [['/proc/sys/net/ipv4/ip_forward', '1'], ['/proc/sys/net/bridge/bridge-nf-call-iptables', '1']] as const) {
        await writeFile(path, value).catch((error: unknown) => { log.warn('kernel setting not written', { path, error: String(error) }) })
      }
    }
  },
})

function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':')
  return [address.slice(0, at), Number(address.slice(at + 1))]
}
