/** A container as CRI wants it. Pure. Upstream: kuberuntime_container.go generateContainerConfig. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ContainerConfig, Mount } from '../../../wire/cri/cri-container-messages.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { containerLogPath, criAnnotation, criLabel } from '../cri/cri-names.ts'
import { isReadOnlyClaim } from '../volumes/claims.ts'
import { ConfigError, type Variable } from './environment.ts'
import { containerHash, podIdentity, type PodContainer } from './pod-containers.ts'
import { linuxResourcesOf } from './resources.ts'
import { linuxSecurityOf, type ImageUser } from './security.ts'
import { expandVariables } from './variable-expansion.ts'

export interface ContainerFacts {
  readonly restartCount: number
  /** What the runtime calls the image. */
  readonly imageRef: string
  readonly imageUser: ImageUser
  readonly variables: readonly Variable[]
  readonly mounts: readonly Sparse<Mount>[]
  /** Where the devices of raw volumes are on the node, by the volume's name. */
  readonly devicePaths: ReadonlyMap<string, string>
  readonly memoryCapacityBytes: number
  /** For an ephemeral container that shares another's process namespace. */
  readonly targetContainerId: string | undefined
}

export function containerConfigOf(pod: Pod, { role, spec }: PodContainer, facts: ContainerFacts): Sparse<ContainerConfig> {
  const { namespace, name, uid } = podIdentity(pod)
  const values = new Map(facts.variables.map(({ key, value }) => [key, value]))
  const expand = (text: string) => expandVariables(text, key => values.get(key))
  return {
    metadata: { name: spec.name, attempt: facts.restartCount },
    image: { image: facts.imageRef, userSpecifiedImage: spec.image ?? '' },
    command: (spec.command ?? []).map(expand),
    args: (spec.args ?? []).map(expand),
    workingDir: spec.workingDir ?? '',
    envs: facts.variables,
    mounts: facts.mounts,
    devices: (spec.volumeDevices ?? []).map(({ name: volume, devicePath }) => ({ containerPath: devicePath, hostPath: devicePathOf(facts, volume, spec.name), permissions: isReadOnlyClaim(pod, volume) ? 'r' : 'mrw' })),
    labels: { [criLabel.podName]: name, [criLabel.podNamespace]: namespace, [criLabel.podUid]: uid, [criLabel.containerName]: spec.name },
    annotations: {
      [criAnnotation.hash]: containerHash(spec),
      [criAnnotation.restartCount]: String(facts.restartCount),
      [criAnnotation.terminationMessagePath]: terminationMessagePathOf(spec),
      [criAnnotation.terminationMessagePolicy]: spec.terminationMessagePolicy ?? 'File',
      ...(spec.lifecycle?.preStop === undefined ? {} : { [criAnnotation.preStopHandler]: JSON.stringify(spec.lifecycle.preStop) }),
      ...(pod.metadata.deletionGracePeriodSeconds === undefined && pod.spec.terminationGracePeriodSeconds === undefined ? {} : { [criAnnotation.podGracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30) }),
    },
    logPath: containerLogPath(spec.name, facts.restartCount),
    stdin: spec.stdin === true,
    stdinOnce: spec.stdinOnce === true,
    tty: spec.tty === true,
    linux: {
      resources: linuxResourcesOf(pod, role === 'ephemeral' ? { name: spec.name } : spec, facts.memoryCapacityBytes),
      securityContext: linuxSecurityOf(pod, spec, facts.imageUser, facts.targetContainerId),
    },
  }
}

function devicePathOf({ devicePaths }: ContainerFacts, volume: string, container: string): string {
  const path = devicePaths.get(volume)
  if (path === undefined) throw new ConfigError(`no volume "${volume}" for container "${container}"`)
  return path
}

export function terminationMessagePathOf(container: PodContainer['spec']): string {
  return container.terminationMessagePath ?? '/dev/termination-log'
}
