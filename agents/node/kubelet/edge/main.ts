/** The kubelet's process: flags, credentials, sockets. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import type { Taint } from '../../../api/groups/core-v1/types.ts'
import { createClient } from '../../../machinery/client.ts'
import { KubeletAccess } from '../../../runtime/kubelet-access.ts'
import { createHttpTransport, readKubeconfig, runComponent, servePlain, UsageError } from '../../../runtime/index.ts'
import { type CallRecord, RemoteCalls } from '../cri/remote-calls.ts'
import { imageService, runtimeService } from '../../../wire/cri/cri-services.ts'
import { readThresholds, type Threshold } from '../eviction/thresholds.ts'
import { startKubelet } from '../kubelet.ts'
import type { CgroupDriver } from '../pod-worker/cgroup-names.ts'
import { readResolvConf } from '../pod-worker/dns-config.ts'
import { wholeUnits } from '../pod-worker/resources.ts'
import { startKubeletServer } from '../server/kubelet-server.ts'
import { linuxDiskTools } from '../volumes/disks/disk-tools.ts'
import { linuxMounts } from '../volumes/mounts.ts'
import { kubeletFlags } from './flags.ts'
import { createLinuxCgroups } from './linux-cgroups.ts'
import { readMachineFacts } from './machine-facts.ts'

const kubeletVersion = 'v1.36.0'
const keptCalls = 200

await runComponent({
  name: 'kubelet',
  flags: kubeletFlags,
  async start({ flags, log, clock, random, lifetime, metrics, health, inspections, inspect, faults, verbosity }) {
    const cgroupDriver = flags['cgroup-driver']
    if (cgroupDriver !== 'systemd' && cgroupDriver !== 'cgroupfs') throw new UsageError(`--cgroup-driver must be systemd or cgroupfs, not ${cgroupDriver}`)
    const transport = lifetime.own(createHttpTransport(readKubeconfig(flags.kubeconfig), { metrics }))
    const client = createClient(transport, { userAgent: `kubelet/${kubeletVersion} (linux/amd64) kubernetes/kubarium`, clock })
    const recentCalls: CallRecord[] = []
    const calls = lifetime.own(new RemoteCalls(flags['container-runtime-endpoint'], {
      clock,
      onCall: record => {
        recentCalls.push(record)
        if (recentCalls.length > keptCalls) recentCalls.shift()
      },
    }))
    const view = lifetime.own(new RemoteCalls(flags['container-runtime-endpoint'])) // what people look at is no part of the kubelet's own calls
    const cloud = cloudOf(flags['cloud-provider'], flags['provider-id'], flags['node-ip'])
    const nodeName = (flags['hostname-override'] ?? hostname()).toLowerCase()
    const kubelet = await startKubelet({
      nodeName, nodeAddresses: flags['node-ip'].length > 0 ? flags['node-ip'] : [firstAddress()],
      port: flags.port, maxPods: flags['max-pods'], labels: flags['node-labels'], taints: [...flags['register-with-taints'].map(readTaint), ...cloud.taints], annotations: cloud.annotations, providerId: cloud.providerId, hasDisks: flags['cloud-provider'] === 'external',
      cgroupDriver: cgroupDriver satisfies CgroupDriver, clusterDns: { servers: flags['cluster-dns'], domain: flags['cluster-domain'] },
      rootFolder: flags['root-dir'], logsRoot: flags['pod-log-dir'], containerLogsFolder: join(dirname(flags['pod-log-dir']), 'containers'), staticPodFolder: flags['pod-manifest-path'],
      evictionHard: readEvictionFlag(flags['eviction-hard']), logMaxBytes: wholeUnits(flags['container-log-max-size']), logMaxFiles: flags['container-log-max-files'],
      imageHighPercent: flags['image-gc-high-threshold'], imageLowPercent: flags['image-gc-low-threshold'],
    }, {
      client, calls, mounts: linuxMounts, diskTools: linuxDiskTools, cgroups: await createLinuxCgroups(cgroupDriver, log), clock, random, log,
      readMachine: runtimeVersion => readMachineFacts(flags['root-dir'], runtimeVersion, kubeletVersion),
      readHostResolver: async () => readResolvConf(await readFile(flags['resolv-conf'], 'utf8').catch(() => '')),
    }, lifetime.signal)
    inspect('pods', rest => kubelet.workers.all.filter(worker => rest === undefined || `${worker.pod.metadata.namespace}/${worker.pod.metadata.name}` === rest).map(worker => worker.snapshot()))
    inspect('cri-calls', () => [...recentCalls].reverse().map(record => ({ ...record, durationMs: Math.round(record.durationMs * 100) / 100 })))
    inspect('runtime', async () => {
      const [version, { containers }, { images }] = await Promise.all([view.call(runtimeService.version, {}), view.call(runtimeService.listContainers, {}), view.call(imageService.listImages, {})])
      return { version, containers, images }
    })
    inspect('probes', () => kubelet.probes.snapshot())
    inspect('node', () => ({ machine: kubelet.machine, problem: kubelet.problem() ?? null, node: kubelet.registration.node?.status ?? null }))
    health.add('container-runtime', () => kubelet.problem(), ['readyz'])
    const [cert, key] = [flags['tls-cert-file'], flags['tls-private-key-file']]
    if (cert !== undefined && key !== undefined) {
      const ca = flags['client-ca-file']
      lifetime.own(await startKubeletServer(
        { address: flags.address, port: flags.port, cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), clientCa: ca === undefined ? undefined : readFileSync(ca, 'utf8') },
        {
          kubelet, log, access: new KubeletAccess(client, clock),
          metricsText: () => metrics.text(),
          health: query => health.answer('healthz', { verbose: query.has('verbose'), exclude: query.getAll('exclude') }),
          inspect: path => inspections.read(path === '' ? undefined : path),
          verbosity,
        },
      ))
    }
    if (flags['healthz-port'] > 0) lifetime.own(await servePlain({ health, metrics, inspections, ...(faults === undefined ? {} : { faults }) }, { address: flags['healthz-bind-address'], port: flags['healthz-port'] }))
    lifetime.onEnd(() => kubelet.finished)
  },
})

function firstAddress(): string {
  const found = Object.values(networkInterfaces()).flat().find(entry => entry !== undefined && entry.family === 'IPv4' && !entry.internal)
  return found?.address ?? '127.0.0.1'
}

function readEvictionFlag(text: string): readonly Threshold[] {
  try {
    return readThresholds(text)
  } catch (error) {
    throw new UsageError(`--eviction-hard: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readTaint(text: string): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text)
  if (match === null) throw new UsageError(`--register-with-taints: ${JSON.stringify(text)} is not key=value:effect`)
  return { key: match[1]!, ...(match[2] === undefined ? {} : { value: match[2] }), effect: match[3]! }
}

/** With --cloud-provider=external a new Node waits, by a taint, until the cloud controller manager has told it what its machine is. */
function cloudOf(provider: string, providerId: string, addresses: readonly string[]): { readonly taints: readonly Taint[]; readonly annotations: Readonly<Record<string, string>>; readonly providerId: string | undefined } {
  if (provider !== '' && provider !== 'external') throw new UsageError(`--cloud-provider must be external or empty, not ${JSON.stringify(provider)}`)
  const isExternal = provider === 'external'
  return {
    taints: isExternal ? [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' }] : [],
    annotations: isExternal && addresses.length > 0 ? { 'alpha.kubernetes.io/provided-node-ip': addresses.join(',') } : {},
    providerId: providerId === '' ? undefined : providerId,
  }
}
