/**
 * The kubelet: puts its parts together and keeps them going.
 *
 * API server: pods of this node (watch), services (watch), ConfigMaps, Secrets and tokens (when needed); status of pods and
 * node, Lease, events. Runtime: CRI and task events. See README.md for who wakes whom.
 *
 *   KL1  The node is registered and heard of before any pod is known, and as long as the process lives.
 *   KL2  Pods are looked at only when the services are known (their variables are fixed at a container's start).
 *   KL3  Nothing is cleared away before the pods of this node are known.
 *   KL4  When the runtime's events were interrupted every pod is looked at again.
 *   KL5  Until the runtime and its network are usable for the first time it is asked five times a second, so that the node
 *        is Ready as soon as it can be (upstream's fast status update).
 */
import { mkdir } from 'node:fs/promises'
import { pods as podType, services as serviceType } from '../../api/resources.ts'
import type { NodeStatus, Pod, Taint } from '../../api/groups/core-v1/types.ts'
import { sleep, type Clock } from '../../base/clock.ts'
import { errorText, type Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../machinery/client.ts'
import { EventRecorder } from '../../machinery/events.ts'
import { Informers } from '../../machinery/informers.ts'
import { keyOf } from '../../machinery/object-key.ts'
import { isConflict, isNotFound } from '../../machinery/status-error.ts'
import type { RemoteCalls } from './cri/remote-calls.ts'
import { PodObserver } from './cri/observed-pod.ts'
import { createCriRuntime, type Runtime } from './cri/runtime.ts'
import { followTaskEvents } from './cri/task-events.ts'
import { EvictionManager } from './eviction/eviction-manager.ts'
import type { Threshold } from './eviction/thresholds.ts'
import { ImageKeeper } from './images/image-keeper.ts'
import { ImagePuller } from './images/image-puller.ts'
import { fieldPathOf } from './pod-worker/container-starter.ts'
import type { CgroupDriver } from './pod-worker/cgroup-names.ts'
import type { ClusterDns, ResolverConfig } from './pod-worker/dns-config.ts'
import { ObjectReader } from './pod-worker/object-reader.ts'
import { containersOf, isMirrorPod } from './pod-worker/pod-containers.ts'
import type { PodCgroups, PodDeps } from './pod-worker/pod-deps.ts'
import { PodWorkers } from './pod-worker/pod-workers.ts'
import { StaticPods } from './pod-worker/static-pods.ts'
import { ProbeManager } from './probes/probe-manager.ts'
import { allocatableOf, nodeStatusOf, type MachineFacts } from '../../machinery/kubelet/node-object.ts'
import type { DiskTools } from './volumes/disks/disk-tools.ts'
import { tellDrivers } from './volumes/disks/csi-node.ts'
import { DiskVolumes } from './volumes/disks/disk-volumes.ts'
import { NodeRegistration } from './status/node-registration.ts'
import { StatusWriter } from './status/status-writer.ts'
import { keepLogsShort } from './server/log-rotation.ts'
import type { Mounts } from './volumes/mounts.ts'
import { PodVolumes } from './volumes/pod-volumes.ts'
import { ServiceAccountTokens } from './volumes/service-account-tokens.ts'

export interface KubeletSettings {
  readonly nodeName: string
  readonly nodeAddresses: readonly string[]
  readonly port: number
  readonly maxPods: number
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly annotations: Readonly<Record<string, string>>
  readonly providerId: string | undefined
  /** The machine can be given disks by the cloud. */
  readonly hasDisks: boolean
  readonly cgroupDriver: CgroupDriver
  readonly clusterDns: ClusterDns
  readonly rootFolder: string
  readonly logsRoot: string
  readonly containerLogsFolder: string
  /** Folder of static pods; empty for none. */
  readonly staticPodFolder: string
  readonly evictionHard: readonly Threshold[]
  readonly logMaxBytes: number
  readonly logMaxFiles: number
  readonly imageHighPercent: number
  readonly imageLowPercent: number
}

export interface KubeletDeps {
  readonly client: Client
  readonly calls: RemoteCalls
  readonly mounts: Mounts
  readonly diskTools: DiskTools
  readonly cgroups: PodCgroups
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readMachine(runtimeVersion: string): Promise<MachineFacts>
  readHostResolver(): Promise<ResolverConfig>
}

export interface Kubelet {
  readonly settings: KubeletSettings
  readonly runtime: Runtime
  readonly workers: PodWorkers
  readonly probes: ProbeManager
  readonly statuses: StatusWriter
  readonly registration: NodeRegistration
  readonly machine: MachineFacts
  /** Why the runtime or its network is not usable, or undefined. */
  problem(): string | undefined
  /** Settles when everything has ended after the signal. */
  readonly finished: Promise<void>
}

const housekeepingMs = 30_000
const imageCollectionMs = 300_000
const usableEveryMs = 200

export async function startKubelet(settings: KubeletSettings, deps: KubeletDeps, signal: AbortSignal): Promise<Kubelet> {
  const { client, clock, random, log } = deps
  await Promise.all([...(settings.staticPodFolder === '' ? [] : [mkdir(settings.staticPodFolder, { recursive: true })]), mkdir(`${settings.rootFolder}/pods`, { recursive: true, mode: 0o750 }), mkdir(settings.logsRoot, { recursive: true }), mkdir(settings.containerLogsFolder, { recursive: true })])
  const runtime = createCriRuntime(deps.calls)
  const machine = await deps.readMachine(await runtimeVersion(runtime, deps, signal))
  const events = new EventRecorder({ client, clock, component: 'kubelet', host: settings.nodeName, log, signal })
  const watcher = new RuntimeWatcher(runtime)
  const informers = new Informers({ client, clock, log, random })
  const podInformer = informers.for(podType, { fieldSelector: `spec.nodeName=${settings.nodeName}` })
  const serviceInformer = informers.for(serviceType)
  const statuses = new StatusWriter({ client, clock, log, signal })
  const reader = new ObjectReader(client, clock)
  const tokens = new ServiceAccountTokens(client, clock)
  const observer = new PodObserver(runtime)
  const disks = new DiskVolumes({
    rootFolder: settings.rootFolder, nodeName: settings.nodeName, client, mounts: deps.mounts, tools: deps.diskTools, clock, log,
    tell: (claim, reason, message) => { events.event({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, 'Warning', reason, message) },
    reportInUse: () => registration.report(status => JSON.stringify(status?.volumesInUse ?? []) === JSON.stringify(disks.inUse)),
  })
  const volumes = new PodVolumes({
    disks,
    rootFolder: settings.rootFolder, mounts: deps.mounts, clock, claims: reader,
    sourcesFor: pod => ({
      configMap: name => reader.configMap(pod.metadata.namespace ?? 'default', name),
      secret: name => reader.secret(pod.metadata.namespace ?? 'default', name),
      token: request => tokens.token(pod, request),
    }),
  })
  const tell: PodDeps['tell'] = (pod, type, reason, message, fieldPath) => { events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, type, reason, message, fieldPath === undefined ? {} : { fieldPath }) }
  const probes: ProbeManager = new ProbeManager({
    runtime, clock, log,
    tell: (pod, container, reason, message) => {
      const entry = containersOf(pod).find(({ spec }) => spec.name === container.name)
      tell(pod, 'Warning', reason, message, entry === undefined ? undefined : fieldPathOf(entry))
    },
    onVerdict: uid => { workers.byUid(uid)?.wake() },
  })
  const workers = new PodWorkers({
    runtime, observer, volumes, probes, statuses, clock, random, log, tell,
    images: new ImagePuller(runtime, clock),
    cgroups: deps.cgroups,
    sources: { configMap: (namespace, name) => reader.configMap(namespace, name), secret: (namespace, name) => reader.secret(namespace, name), services: () => serviceInformer.cache.list() },
    facts: {
      nodeName: settings.nodeName, hostAddresses: settings.nodeAddresses, memoryCapacityBytes: machine.memoryBytes,
      allocatable: allocatableOf(machine, settings.maxPods), cgroupDriver: settings.cgroupDriver, clusterDns: settings.clusterDns,
      hostResolver: deps.readHostResolver, logsRoot: settings.logsRoot, containerLogsFolder: settings.containerLogsFolder,
    },
    networkProblem: () => watcher.networkProblem,
    deletePod: pod => deletePod(client, pod, signal),
  }, signal)
  const images = new ImageKeeper({ runtime, clock, log, highPercent: settings.imageHighPercent, lowPercent: settings.imageLowPercent })
  const eviction: EvictionManager = new EvictionManager({
    runtime, workers, clock, log, tell, thresholds: settings.evictionHard, rootFolder: settings.rootFolder, imageFolder: () => images.folder,
    collectImages: () => images.collect(true), onPressure: () => { registration.nudge() },
  })
  const registration: NodeRegistration = new NodeRegistration({
    client, clock, log, nodeName: settings.nodeName, architecture: machine.systemInfo.architecture, labels: settings.labels, taints: settings.taints, annotations: settings.annotations,
    ...(settings.providerId === undefined ? {} : { providerId: settings.providerId }),
    status: present => readNodeStatus(settings, { machine, watcher, eviction, images, disks }, present, deps),
  })

  const staticPods = settings.staticPodFolder === '' ? undefined : new StaticPods({ folder: settings.staticPodFolder, nodeName: settings.nodeName, client, clock, log, statuses, workers, node: () => registration.node })
  podInformer.onChange(change => {
    if (isMirrorPod(change.object)) staticPods?.onMirror(change)
    else if (change.type === 'deleted') statuses.gone(change.object.metadata.uid)
    else statuses.observe(change.object)
  })
  const finished = Promise.all([
    registration.run(signal), // KL1
    tellWhenUsable(watcher, registration, clock, signal), // KL5
    informers.start(signal),
    followTaskEvents(deps.calls, { onTask: (id, topic) => { if (topic === '/tasks/exit') workers.onTaskEnd(id) }, onSubscribed: () => { workers.wakeAll() } }, { clock, log }, signal), // KL4
    keepPods(),
    eviction.run(signal),
    keepLogsShort({ runtime, workers, clock, log, maxBytes: settings.logMaxBytes, maxFiles: settings.logMaxFiles }, signal),
    keepImages(images, deps, signal),
  ]).then(() => {})
  finished.catch(error => { if (!signal.aborted) log.error('kubelet failed', { error: errorText(error) }) })
  return { settings, runtime, workers, probes, statuses, registration, machine, problem: () => watcher.problem, finished }

  /** The node is registered by the time its pods are known; what fails is tried again, since no disk comes before it. */
  async function tellDisks(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (registration.node !== undefined) {
          await tellDrivers(client, registration.node, signal)
          return
        }
      } catch (error) {
        log.warn('CSI driver not told', { error: errorText(error) })
      }
      await sleep(clock, housekeepingMs, signal).catch(() => {})
    }
  }

  async function keepPods(): Promise<void> {
    try {
      await serviceInformer.synced(signal) // KL2
      podInformer.onChange(change => { if (!isMirrorPod(change.object)) workers.onChange(change) })
      await staticPods?.load()
      void staticPods?.run(signal)
      await podInformer.synced(signal)
      await disks.recover()
      if (settings.hasDisks) void tellDisks()
      log.info('pods of this node are known', { pods: podInformer.cache.size })
      while (!signal.aborted) {
        await workers.keepHouse().catch(error => { log.warn('housekeeping failed', { error: errorText(error) }) }) // KL3
        await sleep(clock, housekeepingMs, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

/** KL5 */
async function tellWhenUsable(watcher: RuntimeWatcher, registration: NodeRegistration, clock: Clock, signal: AbortSignal): Promise<void> {
  while (watcher.problem !== undefined) {
    await sleep(clock, usableEveryMs, signal).catch(() => {})
    if (signal.aborted) return
    await watcher.look()
  }
  registration.nudge()
}

async function keepImages(images: ImageKeeper, { clock, log }: KubeletDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, imageCollectionMs, signal).catch(() => {})
    if (!signal.aborted) await images.collect().catch(error => { log.warn('images could not be collected', { error: errorText(error) }) })
  }
}

async function runtimeVersion(runtime: Runtime, { clock, log }: KubeletDeps, signal: AbortSignal): Promise<string> {
  for (let failures = 0; ; failures++) {
    try {
      const { runtimeName, runtimeVersion: version } = await runtime.version()
      return `${runtimeName}://${version}`
    } catch (error) {
      signal.throwIfAborted()
      if (failures % 20 === 0) log.warn('container runtime did not answer', { error: errorText(error) })
      await sleep(clock, 250, signal)
    }
  }
}

async function deletePod(client: Client, pod: Pod, signal: AbortSignal): Promise<void> {
  try {
    await client.delete(podType, keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }, signal)
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

/** Keeps the runtime's latest word on itself. */
class RuntimeWatcher {
  readonly #runtime: Runtime
  problem: string | undefined = 'container runtime status check may not have completed yet'
  networkProblem: string | undefined = 'container runtime status check may not have completed yet'

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  async look(): Promise<void> {
    try {
      const conditions = await this.#runtime.conditions()
      const problemOf = (type: string) => {
        const found = conditions.find(condition => condition.type === type)
        return found?.status === true ? undefined : `${type}=false reason:${found?.reason ?? 'Unknown'} message:${found?.message ?? ''}`
      }
      const [runtimeProblem, networkProblem] = [problemOf('RuntimeReady'), problemOf('NetworkReady')]
      this.networkProblem = networkProblem
      this.problem = runtimeProblem !== undefined ? `container runtime not ready: ${runtimeProblem}` : networkProblem !== undefined ? `container runtime network not ready: ${networkProblem}` : undefined
    } catch (error) {
      this.problem = `container runtime is down: ${errorText(error)}`
      this.networkProblem = this.problem
    }
  }
}

interface NodeParts {
  readonly machine: MachineFacts
  readonly watcher: RuntimeWatcher
  readonly eviction: EvictionManager
  readonly images: ImageKeeper
  readonly disks: DiskVolumes
}

async function readNodeStatus(settings: KubeletSettings, { machine, watcher, eviction, images, disks }: NodeParts, present: NodeStatus | undefined, deps: KubeletDeps): Promise<NodeStatus> {
  await watcher.look()
  const listed = await images.nodeImages().catch(() => present?.images)
  return nodeStatusOf({
    nodeName: settings.nodeName, addresses: settings.nodeAddresses, machine, maxPods: settings.maxPods, port: settings.port,
    problem: watcher.problem, pressure: eviction.pressure, images: listed, volumesInUse: disks.inUse, present, nowMs: deps.clock.now(),
  })
}
