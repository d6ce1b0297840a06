/** The process that plays the kubelets of all simulated nodes: flags, credentials, sockets, wiring. */
import { readFileSync } from 'node:fs'
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { nodes as nodeType, pods as podType } from '../../../api/resources.ts'
import { errorText } from '../../../base/log.ts'
import { createClient } from '../../../machinery/client.ts'
import { Informer } from '../../../machinery/informer.ts'
import { simulatedLabel } from '../../../machinery/kubelet/simulated-label.ts'
import { componentVersion, createHttpTransport, defineFlags, readKubeconfig, runComponent } from '../../../runtime/index.ts'
import { KubeletAccess } from '../../../runtime/kubelet-access.ts'
import { LeaseKeeper } from '../nodes/lease-keeper.ts'
import { NodeKeeper } from '../nodes/node-keeper.ts'
import { slimNode } from '../nodes/node-object.ts'
import { NodeTable } from '../nodes/node-table.ts'
import { nodeNameIndex, PodKeeper } from '../pods/pod-keeper.ts'
import { slimPod } from '../pods/slim-pod.ts'
import { startSimulatedKubeletServer } from '../server/simulated-kubelet-server.ts'
import { SimulatedUsage } from '../server/simulated-usage.ts'
import { readNodesFile } from '../simulation/nodes-file.ts'
import { followFile } from './follow-file.ts'

const flags = defineFlags({
  kubeconfig: { type: 'string', required: true, help: 'Credentials for the API server.' },
  config: { type: 'string', required: true, help: 'File of kind SimulatedNodes: the nodes and how their pods behave. Followed while it runs.' },
  'bind-address': { type: 'string', default: '127.0.0.1', help: 'Address of the kubelet port.' },
  'secure-port': { type: 'number', default: 10_247, help: 'Port of all simulated kubelets, and of health, metrics and inspection.' },
  'tls-cert-file': { type: 'string', required: true, help: 'Serving certificate; names the addresses of the nodes.' },
  'tls-private-key-file': { type: 'string', required: true, help: 'Its key.' },
  'client-ca-file': { type: 'string', help: 'CA of clients that may use the port.' },
  'node-lease-duration-seconds': { type: 'number', default: 40, help: 'How long a Lease lasts; it is renewed four times as often.' },
  'node-status-report-frequency': { type: 'duration', default: 300_000, help: 'How often a status without news is posted.' },
})

await runComponent({
  name: 'simulated-kubelets',
  flags,
  async start(context) {
    const { flags: values, log, clock, random, lifetime, metrics, health } = context
    const client = createClient(lifetime.own(createHttpTransport(readKubeconfig(values.kubeconfig), { metrics })), { userAgent: 'simulated-kubelets', clock })
    const table = new NodeTable()
    const podInformer = new Informer<Pod>({ client, clock, log, random, type: podType, fieldSelector: 'spec.nodeName!=', transform: pod => slimPod(pod, name => table.get(name) !== undefined) })
    const nodeInformer = new Informer<Node>({ client, clock, log, random, type: nodeType, labelSelector: `${simulatedLabel.name}=${simulatedLabel.value}`, transform: slimNode })
    podInformer.cache.addIndex(nodeNameIndex, pod => [pod.spec.nodeName ?? ''])

    const leases = new LeaseKeeper({
      client, clock, log, node: name => table.get(name), uidOf: name => nodeInformer.cache.get({ name })?.metadata.uid,
      renewals: metrics.counter({ name: 'simulated_kubelets_lease_renewals_total', help: 'Leases renewed.' }),
      late: metrics.gauge({ name: 'simulated_kubelets_lease_renewals_waiting', help: 'Renewals that are due and not sent yet.' }),
    }, { durationSeconds: values['node-lease-duration-seconds'], renewEveryMs: (values['node-lease-duration-seconds'] * 1_000) / 4 })
    const pods = new PodKeeper({ client, clock, log, metrics, cache: podInformer.cache, nodeCache: nodeInformer.cache, node: name => table.get(name), simulation: () => table.simulation })
    const usage = new SimulatedUsage({ pods: name => podInformer.cache.byIndex(nodeNameIndex, name), runOf: uid => pods.runOf(uid), rules: () => table.simulation.usage, startedAtMs: clock.now() })

    let kubeletPort = values['secure-port']
    const nodes = new NodeKeeper({
      client, clock, log, random, cache: nodeInformer.cache, node: name => table.get(name),
      kubelet: { version: componentVersion, get port() { return kubeletPort } },
      registered: name => { leases.hold(name, lifetime.signal) },
    }, values['node-status-report-frequency'])

    metrics.observed({ name: 'simulated_kubelets_nodes', help: 'Simulated nodes by power.', labels: ['power'] }, () => [...table.countByPower()].map(([power, value]) => ({ labels: { power }, value })))
    metrics.observed({ name: 'simulated_kubelets_pods', help: 'Pods of simulated nodes by state.', labels: ['state'] }, () => [...pods.counts].map(([state, value]) => ({ labels: { state }, value })))
    context.inspect('nodes', rest => [...table.all].filter(node => rest === undefined || node.name === rest).map(node => ({ ...node, registered: nodeInformer.cache.get({ name: node.name }) !== undefined, nameIsTaken: nodes.strangers.has(node.name), leaseRenewedAt: timeOrNull(leases.renewedAt(node.name)), boundPods: podInformer.cache.byIndex(nodeNameIndex, node.name).length })))
    context.inspect('pods', rest => podInformer.cache.list().filter(pod => table.get(pod.spec.nodeName ?? '') !== undefined && (rest === undefined || `${pod.metadata.namespace}/${pod.metadata.name}` === rest)).map(pod => ({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, node: pod.spec.nodeName, run: pods.runOf(pod.metadata.uid) ?? null })))
    context.inspect('simulation', () => table.simulation)
    context.inspect('informers', () => [podInformer.state, nodeInformer.state])
    health.add('informers', () => (podInformer.hasSynced && nodeInformer.hasSynced ? undefined : 'nodes and pods have not been listed yet'), ['readyz'])

    lifetime.own(podInformer.onChange(({ type, object }) => {
      if (type === 'deleted') {
        pods.gone(object)
        usage.forget(object.metadata.uid)
      } else pods.changed(object)
    }))
    lifetime.own(nodeInformer.onChange(({ type, object, previous }) => {
      nodes.look(object.metadata.name)
      if (type !== 'updated' || previous.spec.podCIDR !== object.spec.podCIDR) pods.lookAtNode(object.metadata.name)
    }))

    const server = lifetime.own(await startSimulatedKubeletServer({
      address: values['bind-address'], port: values['secure-port'],
      cert: readFileSync(values['tls-cert-file'], 'utf8'), key: readFileSync(values['tls-private-key-file'], 'utf8'),
      clientCa: values['client-ca-file'] === undefined ? undefined : readFileSync(values['client-ca-file'], 'utf8'),
    }, {
      process: context, access: new KubeletAccess(client, clock), byAddress: address => table.at(address), usage,
      pods: name => podInformer.cache.byIndex(nodeNameIndex, name), now: () => clock.now(),
    }))
    kubeletPort = server.port
    followFile(values['tls-cert-file'], clock, lifetime.signal, cert => {
      server.renew(cert, readFileSync(values['tls-private-key-file'], 'utf8')) // the key is written before its certificate
      log.info('serving certificate was read anew', { file: values['tls-cert-file'] })
    })

    const load = (text: string): void => {
      const changes = table.replace(readNodesFile(text))
      for (const name of changes.removed) leases.release(name)
      for (const name of changes.switchedOn) pods.rebootNode(name)
      for (const name of [...changes.changed, ...changes.switchedOn]) nodes.look(name)
      if (changes.changed.length + changes.switchedOn.length + changes.removed.length > 0) log.info('nodes were read', { nodes: table.size, changed: changes.changed.length, switchedOn: changes.switchedOn.length, removed: changes.removed.length })
    }
    load(readFileSync(values.config, 'utf8'))
    followFile(values.config, clock, lifetime.signal, text => {
      try {
        load(text)
      } catch (error) {
        log.error('the nodes file cannot be used; what was read before stays', { file: values.config, error: errorText(error) })
      }
    })

    void podInformer.run(lifetime.signal)
    void nodeInformer.run(lifetime.signal)
    await Promise.all([podInformer.synced(lifetime.signal), nodeInformer.synced(lifetime.signal)])
    for (const { name } of table.all) nodes.look(name)
    for (const running of [nodes.run(lifetime.signal), pods.run(lifetime.signal), leases.run(lifetime.signal)]) running.catch((error: unknown) => { context.stop(error as Error) })
    log.info('simulated nodes are played', { nodes: table.size, port: server.port })
  },
})

function timeOrNull(epochMs: number | undefined): string | null {
  return epochMs === undefined || epochMs === 0 ? null : new Date(epochMs).toISOString()
}
