/**
 * What is mounted into one container: its volumes, the managed /etc/hosts, and the file for its last words.
 *
 *   CM1  A subPath stays inside its volume, links included; what is missing of it is made as a folder.
 *   CM2  /etc/hosts is the kubelet's unless the container mounts something there itself.
 *   CM3  Each attempt of a container has its own file for the termination message.
 */
import { chmod, mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import type { Pod, VolumeMount } from '../../../api/groups/core-v1/types.ts'
import type { Mount } from '../../../wire/cri/cri-container-messages.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { terminationMessagePathOf } from '../pod-worker/container-config.ts'
import { ConfigError, type Variable } from '../pod-worker/environment.ts'
import type { AnyContainer } from '../pod-worker/pod-containers.ts'
import { expandVariables } from '../pod-worker/variable-expansion.ts'
import { isReadOnlyClaim } from './claims.ts'

export interface ContainerMountInput {
  readonly pod: Pod
  readonly container: AnyContainer
  readonly podFolder: string
  readonly volumePaths: ReadonlyMap<string, string>
  readonly variables: readonly Variable[]
  /** Undefined when the file is not to be managed. */
  readonly hostsFile: string | undefined
  readonly attemptId: string
}

const propagations = { None: 'PROPAGATION_PRIVATE', HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER', Bidirectional: 'PROPAGATION_BIDIRECTIONAL' } as const

export async function containerMounts(input: ContainerMountInput): Promise<Sparse<Mount>[]> {
  const mounts: Sparse<Mount>[] = []
  for (const mount of input.container.volumeMounts ?? []) mounts.push(await volumeMount(input, mount))
  const taken = new Set(mounts.map(mount => normalize(mount.containerPath ?? '')))
  if (input.hostsFile !== undefined && !taken.has('/etc/hosts')) mounts.push({ containerPath: '/etc/hosts', hostPath: input.hostsFile }) // CM2
  const messagePath = terminationMessagePathOf(input.container)
  if (messagePath !== '') mounts.push({ containerPath: messagePath, hostPath: await messageFile(input) })
  return mounts
}

async function volumeMount(input: ContainerMountInput, mount: VolumeMount): Promise<Sparse<Mount>> {
  const base = input.volumePaths.get(mount.name)
  if (base === undefined) throw new ConfigError(`no volume "${mount.name}" for container "${input.container.name}"`)
  const values = new Map(input.variables.map(({ key, value }) => [key, value]))
  const subPath = mount.subPathExpr === undefined || mount.subPathExpr === '' ? (mount.subPath ?? '') : expandVariables(mount.subPathExpr, name => values.get(name))
  return {
    containerPath: isAbsolute(mount.mountPath) ? mount.mountPath : `/${mount.mountPath}`,
    hostPath: subPath === '' ? base : await insideVolume(base, subPath),
    readonly: mount.readOnly === true || isReadOnlyClaim(input.pod, mount.name),
    propagation: propagations[(mount.mountPropagation ?? 'None') as keyof typeof propagations],
  }
}

async function insideVolume(base: string, subPath: string): Promise<string> {
  if (isAbsolute(subPath) || subPath.split('/').includes('..')) throw new ConfigError(`subPath ${JSON.stringify(subPath)} must stay inside its volume`)
  const root = await realpath(base)
  const wanted = join(root, subPath)
  if ((await stat(wanted).catch(() => undefined)) === undefined) await mkdir(wanted, { recursive: true, mode: 0o750 })
  const real = await realpath(wanted)
  if (real !== root && !real.startsWith(`${root}/`)) throw new ConfigError(`subPath ${JSON.stringify(subPath)} leads out of its volume`) // CM1
  return real
}

async function messageFile(input: ContainerMountInput): Promise<string> {
  const folder = `${input.podFolder}/containers/${input.container.name}`
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const file = `${folder}/${input.attemptId}` // CM3
  await writeFile(file, '')
  await chmod(file, 0o666)
  return file
}
