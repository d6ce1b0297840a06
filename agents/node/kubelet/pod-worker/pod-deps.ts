/** What a pod worker leans on. */
import type { ConfigMap, Pod, PodStatus, Secret, Service } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { PodObserver } from '../cri/observed-pod.ts'
import type { Runtime } from '../cri/runtime.ts'
import type { ImagePuller } from '../images/image-puller.ts'
import type { ProbeManager } from '../probes/probe-manager.ts'
import type { PodVolumes } from '../volumes/pod-volumes.ts'
import type { CgroupDriver } from './cgroup-names.ts'
import type { ClusterDns, ResolverConfig } from './dns-config.ts'

export interface ObjectSources {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  services(): readonly Service[]
}

/** Facts of the node that pods are made with. */
export interface NodeFacts {
  readonly nodeName: string
  readonly hostAddresses: readonly string[]
  readonly memoryCapacityBytes: number
  readonly allocatable: Readonly<Record<string, string>>
  readonly cgroupDriver: CgroupDriver
  readonly clusterDns: ClusterDns
  readonly hostResolver: () => Promise<ResolverConfig>
  readonly logsRoot: string
  /** Folder of links named for pods, that log collectors read. */
  readonly containerLogsFolder: string
}

export interface PodCgroups {
  ensure(pod: Pod): Promise<void>
  remove(podUid: string): Promise<void>
}

export interface PodStatuses {
  basis(pod: Pod): Pod
  publish(uid: string, status: PodStatus): void
  flushed(uid: string): Promise<void>
}

export interface PodDeps {
  readonly runtime: Runtime
  readonly observer: PodObserver
  readonly images: ImagePuller
  readonly volumes: PodVolumes
  readonly probes: ProbeManager
  readonly cgroups: PodCgroups
  readonly statuses: PodStatuses
  readonly sources: ObjectSources
  readonly facts: NodeFacts
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  tell(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void
  /** Why pods cannot have a network of their own yet, or undefined. */
  networkProblem(): string | undefined
  /** Says which pod a container or sandbox belongs to. */
  noteOwner(runtimeId: string, podUid: string): void
  /** Asks the API server to let go of the pod. */
  deletePod(pod: Pod): Promise<void>
}
